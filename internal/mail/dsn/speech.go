package dsn

// speech is what a letter says around its recipients.
type speech struct {
	title   phrases // subject of the report
	opening phrases // with the host that speaks
	intro   phrases // what the report is about
	closing phrases // what happens next
}

// words are those for what the report is mainly about.
func (r *Report) words() speech {
	if r.Postmaster {
		return toPostmaster
	}
	return speeches[r.verdict()]
}

var hereIs = phrases{"This is the mail system at %s.", "Đây là hệ thống thư tại %s."}

var speeches = map[Action]speech{
	Failed: {
		title:   phrases{"Undelivered mail", "Thư không chuyển được"},
		opening: hereIs,
		intro: phrases{
			"Your message could not be delivered to the recipients below. The reason, and what you can do, is said for each of them.",
			"Thư của bạn không chuyển được tới những người nhận dưới đây. Với mỗi người có nêu lý do và việc bạn có thể làm.",
		},
		closing: phrases{
			"The message will not be tried again for them. It is attached, or at least its header. If you need help, send this whole report to your mail administrator.",
			"Hệ thống sẽ không gửi lại thư cho những người này nữa. Thư (hoặc ít nhất là phần đầu thư) được đính kèm. Nếu cần giúp đỡ, hãy gửi nguyên thông báo này cho người quản trị thư của bạn.",
		},
	},
	Delayed: {
		title:   phrases{"Mail delayed, still trying", "Thư bị chậm, vẫn đang gửi lại"},
		opening: hereIs,
		intro: phrases{
			"Your message has not reached the recipients below yet. This is only a warning: you do not have to send it again.",
			"Thư của bạn chưa tới được những người nhận dưới đây. Đây chỉ là lời báo trước: bạn không cần gửi lại.",
		},
		closing: phrases{
			"The message waits here and is tried again by itself. If it cannot be delivered in the end, you will be told.",
			"Thư đang chờ ở đây và hệ thống sẽ tự gửi lại. Nếu cuối cùng vẫn không chuyển được, bạn sẽ được báo.",
		},
	},
	Delivered: {
		title:   phrases{"Mail delivered", "Thư đã được chuyển"},
		opening: hereIs,
		intro: phrases{
			"Your message is in the mailboxes of the recipients below, as you asked to be told. It does not mean that they have read it.",
			"Thư của bạn đã vào hộp thư của những người nhận dưới đây, theo yêu cầu báo tin của bạn. Điều này không có nghĩa là họ đã đọc.",
		},
		closing: phrases{"You have to do nothing.", "Bạn không cần làm gì thêm."},
	},
	Relayed: {
		title:   phrases{"Mail passed on", "Thư đã được chuyển tiếp"},
		opening: hereIs,
		intro: phrases{
			"Your message was passed on, for the recipients below, to a mail system that sends no confirmations.",
			"Thư của bạn gửi những người nhận dưới đây đã được chuyển tiếp sang một hệ thống thư không gửi xác nhận.",
		},
		closing: phrases{
			"You will hear no more about it, unless it fails there.",
			"Bạn sẽ không nhận thêm tin nào nữa, trừ khi thư không chuyển được ở hệ thống đó.",
		},
	},
	Expanded: {
		title:   phrases{"Mail distributed", "Thư đã được phân phát"},
		opening: hereIs,
		intro: phrases{
			"Your message was distributed to the people behind the addresses below.",
			"Thư của bạn đã được phân phát tới những người đứng sau các địa chỉ dưới đây.",
		},
		closing: phrases{
			"You will not get a confirmation for each of them, but you will be told if it cannot be delivered.",
			"Bạn sẽ không nhận xác nhận cho từng người, nhưng sẽ được báo nếu thư không chuyển được.",
		},
	},
}

// toPostmaster speaks to whoever runs this server.
var toPostmaster = speech{
	title:   phrases{"Undeliverable notification", "Thông báo không chuyển được"},
	opening: phrases{"This is your own mail system at %s, to its postmaster.", "Đây là hệ thống thư của bạn tại %s, gửi người quản trị."},
	intro: phrases{
		"A notification about undelivered mail could itself not be delivered. Its recipient, who had sent that mail, does not know that it was lost. The notification is attached, with the mail in it.",
		"Một thông báo về thư không chuyển được lại không chuyển được. Người nhận thông báo, tức người đã gửi thư đó, không biết là thư bị mất. Thông báo được đính kèm, trong đó có thư ấy.",
	},
	closing: phrases{
		"Nothing more happens by itself. If the address is one of your users, find out why it cannot be reached; if it is a stranger's, a wrong or forged sender is the usual reason. Nobody gets a notification about this letter.",
		"Hệ thống không tự làm gì thêm. Nếu địa chỉ là của người dùng của bạn, hãy tìm hiểu vì sao không tới được; nếu là của người lạ, lý do thường gặp là địa chỉ gửi sai hoặc giả mạo. Không ai nhận thông báo về lá thư này.",
	},
}

// actions say what became of a recipient, in a report that is mainly about
// something else.
var actions = map[Action]phrases{
	Failed:    {"The message could not be delivered.", "Thư không chuyển được."},
	Delayed:   {"The message is delayed and still tried.", "Thư bị chậm và vẫn đang được gửi lại."},
	Delivered: {"The message was delivered.", "Thư đã được chuyển."},
	Relayed:   {"The message was passed on to a mail system that sends no confirmations.", "Thư đã được chuyển tiếp sang hệ thống không gửi xác nhận."},
	Expanded:  {"The message was distributed to the people behind the address.", "Thư đã được phân phát tới những người đứng sau địa chỉ."},
}

var (
	expired      = phrases{"It was tried again and again until its time was over. The last reason:", "Hệ thống đã thử gửi nhiều lần cho đến hết thời hạn. Lý do lần cuối:"}
	triedUntil   = phrases{"It is tried until %s.", "Hệ thống sẽ thử gửi đến %s."}
	hostSaid     = phrases{"The answer of %s:", "Trả lời của %s:"}
	detail       = phrases{"In detail:", "Chi tiết:"}
	andMore      = phrases{"and %d recipients more, see the delivery report.", "và %d người nhận nữa, xem báo cáo chuyển thư."}
	subjectWord  = phrases{"Subject", "Tiêu đề"}
	receivedWord = phrases{"Received", "Nhận lúc"}
	queueNumber  = phrases{"Number of the message here", "Mã của thư tại đây"}
)
