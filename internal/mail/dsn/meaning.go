package dsn

import "strings"

// meaning is what a status code says to a person who never heard of one.
type meaning struct {
	what phrases // what happened, one sentence
	next phrases // what the reader can do about it
}

// meaningOf explains the status of a recipient: by its exact code, else by the
// subject of the code, else in general. The class is left to the action, which
// the letter tells apart from the reason.
func meaningOf(status string) meaning {
	_, rest, _ := strings.Cut(status, ".")
	if m, ok := meanings[rest]; ok {
		return m
	}
	subject, _, _ := strings.Cut(rest, ".")
	if m, ok := meanings[subject]; ok {
		return m
	}
	return meanings["0"]
}

// What one can do, where several reasons share the advice.
var (
	checkAddress = phrases{
		"Check the address for typing mistakes, or ask the recipient for the right one by telephone or another way, and send the message again.",
		"Hãy kiểm tra xem địa chỉ có gõ sai không, hoặc hỏi lại người nhận địa chỉ đúng qua điện thoại hay cách khác, rồi gửi lại thư.",
	}
	checkDomain = phrases{
		"Check the part of the address behind the @ for typing mistakes. If it is right, the recipient's provider has a problem: reach the recipient another way.",
		"Hãy kiểm tra xem phần địa chỉ sau dấu @ có gõ sai không. Nếu đúng, nhà cung cấp thư của người nhận đang có trục trặc: hãy liên lạc với người nhận bằng cách khác.",
	}
	sendLater = phrases{
		"Send the message again later, or tell the recipient about it another way.",
		"Hãy gửi lại thư sau, hoặc báo cho người nhận bằng cách khác.",
	}
	makeSmaller = phrases{
		"Send less at once: leave out large attachments, or share them by a link.",
		"Hãy gửi ít dữ liệu hơn: bỏ bớt tệp đính kèm lớn, hoặc chia sẻ chúng bằng đường dẫn.",
	}
	askPostmaster = phrases{
		"You can do nothing about this yourself. Send this whole report to your own mail administrator.",
		"Bạn không tự khắc phục được lỗi này. Hãy gửi nguyên thông báo này cho người quản trị thư của bạn.",
	}
	askRecipient = phrases{
		"Ask the recipient another way to let your mail in, and show this report to your mail administrator if it happens often.",
		"Hãy liên lạc bằng cách khác và nhờ người nhận cho phép thư của bạn; nếu việc này lặp lại, hãy đưa thông báo này cho người quản trị thư của bạn.",
	}
)

// meanings are the codes of RFC 3463 and the registry of RFC 5248 that people
// meet, by "subject.detail"; "subject" alone stands for all others of it.
var meanings = map[string]meaning{
	"0": {phrases{"The other mail system refused the message and gave no exact reason.", "Hệ thống thư bên kia từ chối thư và không nêu lý do cụ thể."}, askPostmaster},

	"1":    {phrases{"There is something wrong with the recipient's address.", "Địa chỉ người nhận có vấn đề."}, checkAddress},
	"1.1":  {phrases{"There is no mailbox with this address.", "Không có hộp thư nào mang địa chỉ này."}, checkAddress},
	"1.2":  {phrases{"The domain of the address (behind the @) does not exist or cannot be found.", "Tên miền của địa chỉ (phần sau dấu @) không tồn tại hoặc không tìm thấy."}, checkDomain},
	"1.3":  {phrases{"The address is not written correctly.", "Địa chỉ viết không đúng quy cách."}, checkAddress},
	"1.4":  {phrases{"The address stands for more than one mailbox, so nobody knows whose mail this is.", "Địa chỉ ứng với nhiều hộp thư nên không rõ thư này là của ai."}, checkAddress},
	"1.6":  {phrases{"The recipient has moved to another address and left no forwarding.", "Người nhận đã chuyển sang địa chỉ khác và không để lại địa chỉ chuyển tiếp."}, checkAddress},
	"1.7":  {phrases{"Your own address, as the sender, was refused as not written correctly.", "Địa chỉ người gửi của bạn bị từ chối vì viết không đúng quy cách."}, askPostmaster},
	"1.8":  {phrases{"Your own address, as the sender, was refused: its domain cannot be found.", "Địa chỉ người gửi của bạn bị từ chối: không tìm thấy tên miền của nó."}, askPostmaster},
	"1.10": {phrases{"The domain of the address (behind the @) says that it takes no mail at all.", "Tên miền của địa chỉ (phần sau dấu @) cho biết nó không nhận thư nào."}, checkDomain},

	"2":   {phrases{"The recipient's mailbox cannot take the message.", "Hộp thư người nhận không nhận được thư này."}, sendLater},
	"2.1": {phrases{"The recipient's mailbox is switched off and takes no mail.", "Hộp thư người nhận đã bị khoá và không nhận thư."}, checkAddress},
	"2.2": {phrases{"The recipient's mailbox is full.", "Hộp thư người nhận đã đầy."}, sendLater},
	"2.3": {phrases{"The message is larger than this mailbox may take.", "Thư lớn hơn mức mà hộp thư này được nhận."}, makeSmaller},
	"2.4": {phrases{"The mailing list behind this address has a problem.", "Danh sách thư ở địa chỉ này đang có trục trặc."}, sendLater},

	"3":   {phrases{"The other mail system has a problem of its own.", "Hệ thống thư bên kia đang gặp trục trặc."}, sendLater},
	"3.1": {phrases{"The other mail system has no more room on its disks.", "Hệ thống thư bên kia đã hết dung lượng lưu trữ."}, sendLater},
	"3.4": {phrases{"The message is larger than the other mail system takes.", "Thư lớn hơn mức mà hệ thống thư bên kia cho phép."}, makeSmaller},

	"4":   {phrases{"The other mail system could not be reached.", "Không liên lạc được với hệ thống thư bên kia."}, sendLater},
	"4.1": {phrases{"The other mail system does not answer.", "Hệ thống thư bên kia không trả lời."}, sendLater},
	"4.2": {phrases{"The connection with the other mail system broke off.", "Kết nối với hệ thống thư bên kia bị đứt giữa chừng."}, sendLater},
	"4.3": {phrases{"It could not be found out where mail for this domain goes: the name service (DNS) gives no answer.", "Không xác định được nơi nhận thư của tên miền này: dịch vụ tên miền (DNS) không trả lời."}, sendLater},
	"4.4": {phrases{"No mail server is known for the domain of the address.", "Không có máy chủ thư nào được khai báo cho tên miền của địa chỉ này."}, checkDomain},
	"4.5": {phrases{"The other mail system is overloaded.", "Hệ thống thư bên kia đang quá tải."}, sendLater},
	"4.6": {phrases{"The message went in circles: forwarding leads back to where it came from.", "Thư bị chuyển vòng tròn: việc chuyển tiếp dẫn trở lại nơi xuất phát."}, askPostmaster},
	"4.7": {phrases{"The time within which the message had to be delivered is over.", "Đã hết thời hạn phải chuyển thư."}, sendLater},

	"5": {phrases{"The two mail systems did not understand each other.", "Hai hệ thống thư không hiểu nhau."}, askPostmaster},
	"5.3": {phrases{"The message has more recipients than the other mail system takes at once.", "Thư có nhiều người nhận hơn mức hệ thống thư bên kia nhận một lần."}, phrases{
		"Send it to fewer people at a time.", "Hãy gửi cho ít người hơn mỗi lần."}},

	"6": {phrases{"The other mail system cannot handle the form or the content of the message.", "Hệ thống thư bên kia không xử lý được dạng hoặc nội dung của thư."}, phrases{
		"Send it again as plain text, with attachments in ordinary formats.", "Hãy gửi lại dưới dạng văn bản thường, với tệp đính kèm ở định dạng thông dụng."}},
	"6.7": {phrases{"An address or the header of the message has letters with accents or of other scripts, and the other mail system cannot take those yet.", "Một địa chỉ hoặc phần đầu của thư có chữ có dấu hay chữ của hệ chữ khác, mà hệ thống thư bên kia chưa hỗ trợ."}, phrases{
		"Ask the recipient for an address in plain letters (a to z), and write from such an address yourself.", "Hãy hỏi người nhận một địa chỉ chỉ gồm chữ không dấu (a đến z), và dùng một địa chỉ như vậy để gửi."}},

	"7":    {phrases{"The other mail system refused the message by its rules, often because it takes it for spam.", "Hệ thống thư bên kia từ chối thư theo quy định của họ, thường vì cho là thư rác."}, askRecipient},
	"7.2":  {phrases{"Only members may write to this mailing list.", "Chỉ thành viên mới được gửi thư tới danh sách này."}, phrases{"Write from the address with which you are a member, or ask the owner of the list.", "Hãy gửi từ địa chỉ mà bạn dùng để đăng ký thành viên, hoặc hỏi người phụ trách danh sách."}},
	"7.8":  {phrases{"This mail system could not log in at the next one.", "Hệ thống thư này không đăng nhập được vào hệ thống tiếp theo."}, askPostmaster},
	"7.10": {phrases{"The message may only travel encrypted, and the other mail system does not offer that.", "Thư chỉ được truyền ở dạng mã hoá, mà hệ thống thư bên kia không hỗ trợ."}, askPostmaster},
	"7.20": unproven, "7.21": unproven, "7.22": unproven, "7.23": unproven, "7.24": unproven, "7.25": unproven, "7.26": unproven, "7.27": unproven,
	"7.28": {phrases{"Too much mail has come from here in a short time, the other mail system says.", "Hệ thống thư bên kia cho biết có quá nhiều thư gửi từ đây trong thời gian ngắn."}, sendLater},
	"7.30": {phrases{"The message may only travel by encrypted connections all the way, and the next mail system does not promise that (REQUIRETLS).", "Thư chỉ được truyền qua kết nối mã hoá trên toàn tuyến, mà hệ thống thư tiếp theo không bảo đảm điều đó (REQUIRETLS)."}, askPostmaster},
}

var unproven = meaning{
	phrases{"The other mail system could not verify that the message really comes from your domain (SPF, DKIM, DMARC or reverse DNS).", "Hệ thống thư bên kia không xác minh được thư thật sự đến từ tên miền của bạn (SPF, DKIM, DMARC hoặc DNS ngược)."},
	askPostmaster,
}
