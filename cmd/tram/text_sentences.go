package main

import "strings"

// sentence is one of the constant English sentences of the policy and of
// routing in the language of the user. What is not in the table, an address or
// a rule, stays.
func (t *explainTexts) sentence(s string) string {
	if class, ok := strings.CutPrefix(s, "class "); ok {
		return t.sentence(class)
	}
	s2, ok := sentences()[s]
	switch {
	case !ok:
		return s
	case t.explainLanguage == "vi":
		return s2.vi
	case s2.en != "":
		return s2.en
	}
	return s
}

// translated is a sentence in both languages; en is empty where the key is the
// sentence.
type translated struct{ en, vi string }

func sentences() map[string]translated {
	return map[string]translated{
		"verdict accept":  {"accepted", "được nhận"},
		"verdict refuse":  {"REFUSED", "BỊ TỪ CHỐI"},
		"verdict discard": {"taken and thrown away", "nhận rồi bỏ đi"},
		"verdict hold":    {"taken and held", "nhận và giữ lại"},

		"way local":   {"into its mailbox here", "vào hộp thư ở đây"},
		"way mx":      {"to the mail hosts of", "đến máy chủ thư của"},
		"way host":    {"to the host", "đến máy chủ"},
		"way literal": {"to the address", "đến địa chỉ"},
		"way lmtp":    {"by LMTP to", "qua LMTP đến"},
		"way file":    {"into the file", "vào tập tin"},
		"way program": {"through the program", "qua chương trình"},
		"way discard": {"thrown away", "bị bỏ đi"},
		"way hold":    {"held in the queue", "bị giữ trong hàng đợi"},
		"way fail":    {"goes back to its sender", "trả về người gửi"},
		"way refuse":  {"refused at RCPT", "bị từ chối ở RCPT"},

		"tls opportunistic": {"when the host offers it, with any certificate", "khi máy chủ có, chứng chỉ nào cũng được"},
		"tls none":          {"never", "không bao giờ"},
		"tls starttls":      {"required, with a certificate that verifies", "bắt buộc, chứng chỉ phải kiểm được"},
		"tls implicit":      {"from the first byte, with a certificate that verifies", "từ byte đầu tiên, chứng chỉ phải kiểm được"},

		"hosted":  {"one of our domains", "miền của ta"},
		"relayed": {"relayed", "miền chuyển tiếp"},
		"alias":   {"alias", "bí danh"},

		"account":         {"an account", "tài khoản"},
		"list":            {"a list", "danh sách"},
		"unknown":         {"nobody here", "không có ai ở đây"},
		"disabled":        {"a disabled account", "tài khoản bị tắt"},
		"not local":       {"not ours", "không phải của ta"},
		"seen already":    {"", "đã gặp ở trên"},
		"remote":          {"", "ở máy khác"},
		"include":         {"a file with addresses", "tập tin địa chỉ"},
		"file":            {"", "tập tin"},
		"program":         {"", "chương trình"},
		"address":         {"", "địa chỉ"},
		"access":          {"access rules", "quy tắc truy cập"},
		"domain":          {"", "tên miền"},
		"recipient route": {"route of the recipient", "đường theo người nhận"},
		"sender route":    {"route of the sender", "đường theo người gửi"},
		"default relay":   {"", "trạm chuyển mặc định"},
		"address literal": {"", "địa chỉ IP"},
		"mail hosts":      {"", "máy chủ thư"},
		"sender":          {"", "người gửi"},
		"recipient":       {"", "người nhận"},
		"no rule matches": {"", "không quy tắc nào khớp"},
		"none":            {"", "không có"},

		"an access rule says so":                              {"", "một quy tắc truy cập nói vậy"},
		"the address is an alias":                             {"", "địa chỉ là một bí danh"},
		"the address is a list":                               {"", "địa chỉ là một danh sách"},
		"the address is ours":                                 {"", "địa chỉ là của ta"},
		"the account takes mail":                              {"", "tài khoản nhận thư"},
		"the account is disabled":                             {"", "tài khoản đã bị tắt"},
		"nobody has the address":                              {"", "không ai có địa chỉ này"},
		"we relay the domain":                                 {"", "ta chuyển tiếp thư cho miền này"},
		"who has logged in may send to anybody":               {"", "ai đã đăng nhập thì được gửi cho bất kỳ ai"},
		"the client is in a network that may relay":           {"", "máy khách thuộc mạng được chuyển tiếp"},
		"an access rule lets the client relay":                {"", "một quy tắc truy cập cho máy khách chuyển tiếp"},
		"an access rule lets everybody send there":            {"", "một quy tắc truy cập cho mọi người gửi đến đó"},
		"the domain is not ours and the client may not relay": {"", "miền không phải của ta và máy khách không được chuyển tiếp"},
		"the address names a way through another host":        {"", "địa chỉ chỉ đường qua một máy khác"},
		"the next hop does not take the recipient":            {"", "trạm kế tiếp không nhận người nhận này"},
		"only members may send to the list":                   {"", "chỉ thành viên được gửi vào danh sách"},
		"the message is larger than the quota":                {"", "thư lớn hơn hạn mức"},
		"the mailbox is full":                                 {"", "hộp thư đã đầy"},
		"the null sender gets no mail":                        {"", "người gửi rỗng không nhận thư"},
		"a route says that the mail is thrown away":           {"", "một đường nói rằng thư bị bỏ đi"},
		"a route says that the mail is held":                  {"", "một đường nói rằng thư bị giữ lại"},
		"a route says that the mail is refused":               {"", "một đường nói rằng thư bị từ chối"},
		"a route of the recipient names the next hop":         {"", "đường theo người nhận chỉ ra trạm kế tiếp"},
		"a route of the sender names the next hop":            {"", "đường theo người gửi chỉ ra trạm kế tiếp"},
		"we relay the domain to its own hosts":                {"", "ta chuyển tiếp miền này đến máy chủ của nó"},
		"mail for other domains goes through the relay host":  {"", "thư cho miền khác đi qua trạm chuyển"},
		"the domain is the address of a host":                 {"", "tên miền là địa chỉ của một máy"},
		"the hosts of the domain take its mail":               {"", "máy chủ của miền nhận thư của nó"},
		"the domain has no form that the DNS knows":           {"", "tên miền không có dạng mà DNS biết"},
		"an address behind it gets no mail":                   {"", "một địa chỉ phía sau không nhận thư"},
	}
}
