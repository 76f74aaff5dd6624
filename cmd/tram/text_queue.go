package main

// queueTexts are those of tram queue.
type queueTexts struct {
	shortQueue, shortQueueList, shortQueueShow, shortQueueDestinations               string
	shortQueueRetry, shortQueueHold, shortQueueRelease, shortQueueDelete             string
	shortQueueRedirect, shortQueueStats, longQueueSelect                             string
	flagFrom, flagTo, flagDomain, flagReply, flagState                               string
	flagOlder, flagYounger, flagLarger, flagAll, flagLimit, flagMessage              string
	flagYes, flagDryRun, flagReason, flagMost                                        string
	queueRetried, queueHeld, queueReleased, queueDeleted, queueRedirected            string
	queueEmpty, queueListCut, queueNoneChosen, queueWould, queueMore, queueAskDelete string
	queueAskRedirect, queueLeft, queueNeedsYes                                       string
	priority, release, deadline, holdReason, blocked, original, outlet               string
	entries, waiting, fresh, inFlight, held, damagedEntries, below, older            string
	several, domainsShown, addedSinceStart, domains, domainsBlocked                  string
	spaceFree, spaceWanted, newMail, mailTaken, mailRefused                          string
}

func englishQueue() queueTexts {
	return queueTexts{
		shortQueue:             "The queue: mail that is on its way",
		shortQueueList:         "List the entries, oldest first",
		shortQueueShow:         "Show one entry, or its message with --message",
		shortQueueDestinations: "Count the queue by domain, the largest first",
		shortQueueRetry:        "Try entries now",
		shortQueueHold:         "Stop entries until they are released",
		shortQueueRelease:      "Let held entries go on",
		shortQueueDelete:       "Delete entries; their senders are not told",
		shortQueueRedirect:     "Send entries to another address; the recipients chosen with --to, --domain or --reply, or all",
		shortQueueStats:        "Count the queue, and what there is room for",
		longQueueSelect: `Entries are named, or chosen with flags; all flags that are given must fit.
A text chooses what contains it, in any case; with * it is a pattern for the
whole: --from '*@example.org'. A domain is whole; --domain .example.org means
its subdomains.`,
		flagFrom:    "sender's address; <> for bounces",
		flagTo:      "recipient's address",
		flagDomain:  "domain of a recipient",
		flagReply:   "last reply about a recipient",
		flagState:   "fresh, waiting, in flight, held or damaged",
		flagOlder:   "received longer ago than this, as in 2h or 3d",
		flagYounger: "received less long ago than this",
		flagLarger:  "larger than this, as in 10MiB",
		flagAll:     "all entries",
		flagLimit:   "most entries to list; 0 for all",
		flagMessage: "write the message itself",
		flagYes:     "do it without asking",
		flagDryRun:  "only show what would be touched",
		flagReason:  "why, for those who look at the entries later",
		flagMost:    "most domains to show; 0 for all",

		queueRetried:     "%d entries are tried now.",
		queueHeld:        "%d entries held.",
		queueReleased:    "%d entries released.",
		queueDeleted:     "%d entries deleted.",
		queueRedirected:  "%d entries redirected.",
		queueEmpty:       "The queue is empty.",
		queueListCut:     "These are the first %d; choose with flags, or say --limit 0.",
		queueNoneChosen:  "No entry is chosen.",
		queueWould:       "%d entries, %s, the oldest from %s:",
		queueMore:        "… and %d more",
		queueAskDelete:   "Delete them? Their senders are not told. [y/N] ",
		queueAskRedirect: "Redirect them to %s? [y/N] ",
		queueLeft:        "Nothing was done.",
		queueNeedsYes:    "%d entries are chosen; look with --dry-run, then say --yes",

		priority: "Priority", release: "Not before", deadline: "Deadline", holdReason: "Held because",
		blocked: "Unreachable until", original: "Originally", outlet: "Into",
		entries: "Entries", waiting: "Waiting", fresh: "Fresh", inFlight: "In flight", held: "Held", damagedEntries: "Damaged",
		below: "<%s", older: "Older", several: "(several)",
		domainsShown: "%d of %d domains.", addedSinceStart: "Added since start",
		domains: "Domains", domainsBlocked: "%d, of which %d cannot be reached",
		spaceFree: "Free space", spaceWanted: "%s, of which %s are kept free",
		newMail: "New mail", mailTaken: "is taken", mailRefused: "IS REFUSED: %s",
	}
}

func vietnameseQueue() queueTexts {
	return queueTexts{
		shortQueue:             "Hàng đợi: thư đang trên đường",
		shortQueueList:         "Liệt kê các mục, cũ nhất trước",
		shortQueueShow:         "Xem một mục, hoặc cả bức thư với --message",
		shortQueueDestinations: "Đếm hàng đợi theo tên miền, nhiều nhất trước",
		shortQueueRetry:        "Thử giao các mục ngay",
		shortQueueHold:         "Giữ các mục lại cho đến khi được thả",
		shortQueueRelease:      "Thả các mục đang bị giữ",
		shortQueueDelete:       "Xóa các mục; người gửi không được báo",
		shortQueueRedirect:     "Chuyển các mục sang địa chỉ khác; những người nhận chọn bằng --to, --domain hay --reply, hoặc tất cả",
		shortQueueStats:        "Đếm hàng đợi, và còn chỗ bao nhiêu",
		longQueueSelect: `Gọi mục bằng ID, hoặc chọn bằng cờ; mục được chọn phải hợp với mọi cờ đã cho.
Một đoạn chữ chọn những gì chứa nó, không kể hoa thường; có dấu * thì là mẫu cho
toàn bộ: --from '*@example.org'. Tên miền phải trùng hẳn; --domain .example.org
là các tên miền con.`,
		flagFrom:    "địa chỉ người gửi; <> là thư báo trả",
		flagTo:      "địa chỉ người nhận",
		flagDomain:  "tên miền của người nhận",
		flagReply:   "trả lời cuối về người nhận",
		flagState:   "fresh, waiting, in flight, held hoặc damaged",
		flagOlder:   "nhận đã lâu hơn, như 2h hay 3d",
		flagYounger: "nhận chưa lâu đến thế",
		flagLarger:  "lớn hơn, như 10MiB",
		flagAll:     "mọi mục",
		flagLimit:   "số mục nhiều nhất; 0 là tất cả",
		flagMessage: "in chính bức thư",
		flagYes:     "làm luôn, không hỏi",
		flagDryRun:  "chỉ cho xem những mục sẽ bị tác động",
		flagReason:  "lý do, cho người xem sau này",
		flagMost:    "số tên miền nhiều nhất; 0 là tất cả",

		queueRetried:     "%d mục được thử ngay.",
		queueHeld:        "Đã giữ %d mục.",
		queueReleased:    "Đã thả %d mục.",
		queueDeleted:     "Đã xóa %d mục.",
		queueRedirected:  "Đã chuyển hướng %d mục.",
		queueEmpty:       "Hàng đợi trống.",
		queueListCut:     "Đây là %d mục đầu; hãy chọn bằng cờ, hoặc thêm --limit 0.",
		queueNoneChosen:  "Không có mục nào được chọn.",
		queueWould:       "%d mục, %s, cũ nhất từ %s:",
		queueMore:        "… và %d mục nữa",
		queueAskDelete:   "Xóa chúng? Người gửi không được báo. [y/N] ",
		queueAskRedirect: "Chuyển chúng sang %s? [y/N] ",
		queueLeft:        "Không làm gì cả.",
		queueNeedsYes:    "đã chọn %d mục; hãy xem bằng --dry-run rồi thêm --yes",

		priority: "Ưu tiên", release: "Không trước", deadline: "Hạn", holdReason: "Bị giữ vì",
		blocked: "Chưa tới được trước", original: "Ban đầu", outlet: "Vào",
		entries: "Mục", waiting: "Đang đợi", fresh: "Mới", inFlight: "Đang giao", held: "Bị giữ", damagedEntries: "Hỏng",
		below: "<%s", older: "Cũ hơn", several: "(nhiều)",
		domainsShown: "%d trong %d tên miền.", addedSinceStart: "Đã thêm từ lúc chạy",
		domains: "Tên miền", domainsBlocked: "%d, trong đó %d chưa tới được",
		spaceFree: "Chỗ trống", spaceWanted: "%s, trong đó %s được để dành",
		newMail: "Thư mới", mailTaken: "được nhận", mailRefused: "BỊ TỪ CHỐI: %s",
	}
}
