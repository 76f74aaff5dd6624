package main

// explainTexts are those of tram explain. The sentences of the policy and of
// routing come from there in English, see sentence.
type explainTexts struct {
	explainLanguage                                                      string
	shortExplain, longExplain                                            string
	flagExplainFrom, flagExplainClient, flagExplainHelo, flagExplainSize string
	explainTitle, byUser, byClient                                       string
	rewriting, policy, theAddress, inDomain, through, aliases, copies    string
	filter, nothing, asksNextHop, memberOf                               string
	quota, noQuota, messagesOf, route, leavesAs, hosts, login, inQueue   string
	nothingWaits, explainWaiting, pausedUntil, moreEnds                  string
}

func englishExplain() explainTexts {
	return explainTexts{
		explainLanguage: "en",
		shortExplain:    "Explain what would become of mail to an address, and why",
		longExplain: `Tell the whole road of mail to an address, without sending any: what the policy
says at RCPT, what the address is, whom an alias leads to, which rules rewrite
or route it, its next hop with hosts and addresses, and what waits for it. The
functions that answer are those that decide about real mail.

Without --client the mail comes from a user who has logged in, or from this
machine. With --client it comes from that address to port 25, where strangers
are.

  tram explain an@example.org
  tram explain an@example.org --from binh@example.net --client 192.0.2.7`,
		flagExplainFrom:   "envelope sender; without it the null sender <>, as in notifications",
		flagExplainClient: "IP address of the host that brings the mail to port 25",
		flagExplainHelo:   "name that this host gives in EHLO",
		flagExplainSize:   "size of the message in bytes, for quotas",

		explainTitle: "Mail from %s to %s", byUser: "from a user who has logged in", byClient: "from %s to port 25",
		rewriting: "Rewriting", policy: "At RCPT", theAddress: "Address", inDomain: " in %s (%s)", through: ", through %s",
		aliases: "Goes to", copies: "Copies", filter: "Filter", nothing: "none",
		asksNextHop: "the next hop is asked whether the recipient exists", memberOf: "  (member of %s)",
		quota: "Quota", noQuota: "no limit", messagesOf: "%s messages", route: "Route", leavesAs: "Sender",
		hosts: "Hosts", login: "Login", inQueue: "Queue",
		nothingWaits: "nothing waits", explainWaiting: "%d entries wait, the oldest from %s",
		pausedUntil: "left alone until %s: %s", moreEnds: "… and %d more",
	}
}

func vietnameseExplain() explainTexts {
	return explainTexts{
		explainLanguage: "vi",
		shortExplain:    "Giải thích thư gửi đến một địa chỉ sẽ đi đâu, và vì sao",
		longExplain: `Kể toàn bộ đường đi của thư gửi đến một địa chỉ mà không gửi gì cả: chính sách
nói gì ở lệnh RCPT, địa chỉ đó là gì, bí danh dẫn đến ai, quy tắc nào viết lại
hay chỉ đường, trạm kế tiếp với máy chủ và địa chỉ, và những gì đang chờ. Các
hàm trả lời ở đây chính là các hàm quyết định cho thư thật.

Không có --client thì thư đến từ người dùng đã đăng nhập, hay từ máy này. Có
--client thì thư đến từ địa chỉ ấy qua cổng 25, nơi người lạ gõ cửa.

  tram explain an@example.org
  tram explain an@example.org --from binh@example.net --client 192.0.2.7`,
		flagExplainFrom:   "người gửi trên phong bì; không có thì là người gửi rỗng <>, như thư báo",
		flagExplainClient: "địa chỉ IP của máy mang thư đến cổng 25",
		flagExplainHelo:   "tên máy đó xưng ở EHLO",
		flagExplainSize:   "cỡ thư tính bằng byte, để xét hạn mức",

		explainTitle: "Thư từ %s đến %s", byUser: "từ người dùng đã đăng nhập", byClient: "từ %s qua cổng 25",
		rewriting: "Viết lại", policy: "Ở RCPT", theAddress: "Địa chỉ", inDomain: " trong %s (%s)", through: ", qua %s",
		aliases: "Dẫn đến", copies: "Bản sao", filter: "Bộ lọc", nothing: "không có",
		asksNextHop: "trạm kế tiếp được hỏi xem người nhận có thật không", memberOf: "  (thành viên của %s)",
		quota: "Hạn mức", noQuota: "không giới hạn", messagesOf: "%s thư", route: "Đường", leavesAs: "Người gửi",
		hosts: "Máy chủ", login: "Đăng nhập", inQueue: "Hàng đợi",
		nothingWaits: "không có gì chờ", explainWaiting: "%d mục đang chờ, cũ nhất từ %s",
		pausedUntil: "tạm để yên đến %s: %s", moreEnds: "… và %d nữa",
	}
}
