package main

// mailboxTexts are those of tram mailbox and tram public, and of the quotas of
// domains.
type mailboxTexts struct {
	shortMailbox, shortMailboxList, shortMailboxRights, longRights    string
	shortPublic, shortPublicCreate, longPublicCreate, shortPublicList string
	shortPublicRights, shortPublicRename, shortPublicDelete           string
	flagRights, flagDomainQuota, flagDomainQuotaMessages              string
	noMailboxes, noPublic, noGrants, publicCreated, publicRenamed     string
	mailbox, unseen, who, limit                                       string
}

func englishMailbox() mailboxTexts {
	return mailboxTexts{
		shortMailbox:       "Show mailboxes and who may do what with them",
		shortMailboxList:   "List the mailboxes of an account",
		shortMailboxRights: "Show or change who may do what with a mailbox",
		longRights: `Without WHO, show who may do what with a mailbox. With WHO and RIGHTS, change it:
RIGHTS are letters, with "+" or "-" in front those more or less than before, or
none. It takes effect at once, also for sessions that run.

WHO is an address, @example.org for all users of a domain, anyone, or owner;
with "-" in front the rights are taken away from them. Write -- before the
account when something begins with "-".

  l  see it in the list          k  make mailboxes below it
  r  read it                     x  delete or rename it
  s  mark messages as read       t  mark messages as deleted
  w  set other flags             e  remove deleted messages
  i  put messages into it        a  change these rights
  p  post to it`,
		shortPublic:       "Manage the public folders of a domain",
		shortPublicCreate: "Make a public folder",
		longPublicCreate: `Make a public folder of a domain. Its users find it as Public/FOLDER. It has the
rights of the folder above it; the first ones can be read by all users of the
domain. See tram public rights --help.

  tram public create example.org Notices
  tram public create example.org Orders --rights @example.org=lrs --rights an@example.org=lrswipkxtea`,
		shortPublicList:         "List the public folders of a domain",
		shortPublicRights:       "Show or change who may do what with a public folder",
		shortPublicRename:       "Rename a public folder and those below it",
		shortPublicDelete:       "Delete a public folder and its messages",
		flagRights:              "WHO=RIGHTS; may be given more than once",
		flagDomainQuota:         "most mail of all accounts together, as in 50GiB, or none",
		flagDomainQuotaMessages: "most messages of all accounts together; 0 for no limit",
		noMailboxes:             "There are no mailboxes.",
		noPublic:                "There are no public folders. Make one: tram public create DOMAIN FOLDER",
		noGrants:                "Only the owner.",
		publicCreated:           "Public folder %s is there.",
		publicRenamed:           "%s is now %s.",
		mailbox:                 "Mailbox", unseen: "Unread", who: "Who", limit: "Quota",
	}
}

func vietnameseMailbox() mailboxTexts {
	return mailboxTexts{
		shortMailbox:       "Xem các hộp thư và ai được làm gì với chúng",
		shortMailboxList:   "Liệt kê hộp thư của một tài khoản",
		shortMailboxRights: "Xem hoặc đổi quyền trên một hộp thư",
		longRights: `Không có WHO: cho xem ai được làm gì với hộp thư. Có WHO và RIGHTS: đổi quyền.
RIGHTS là các chữ cái; có "+" hay "-" đứng trước là thêm hay bớt so với trước,
hoặc none. Có hiệu lực ngay, kể cả với những phiên đang chạy.

WHO là một địa chỉ, @example.org là mọi người dùng của một miền, anyone, hoặc
owner; có "-" đứng trước là lấy quyền đi. Khi có gì bắt đầu bằng "-", viết --
trước tài khoản.

  l  thấy trong danh sách        k  tạo hộp thư bên dưới
  r  đọc                         x  xóa hoặc đổi tên
  s  đánh dấu đã đọc             t  đánh dấu xóa
  w  đặt các cờ khác             e  bỏ hẳn thư đã đánh dấu xóa
  i  đưa thư vào                 a  đổi các quyền này
  p  gửi thư đến`,
		shortPublic:       "Quản lý thư mục công cộng của một miền",
		shortPublicCreate: "Tạo thư mục công cộng",
		longPublicCreate: `Tạo một thư mục công cộng của miền. Người dùng của miền thấy nó là
Public/FOLDER. Nó có quyền như thư mục bên trên; thư mục ở tầng đầu thì mọi
người dùng của miền đọc được. Xem tram public rights --help.

  tram public create example.org Notices
  tram public create example.org Orders --rights @example.org=lrs --rights an@example.org=lrswipkxtea`,
		shortPublicList:         "Liệt kê thư mục công cộng của một miền",
		shortPublicRights:       "Xem hoặc đổi quyền trên một thư mục công cộng",
		shortPublicRename:       "Đổi tên một thư mục công cộng cùng các thư mục bên dưới",
		shortPublicDelete:       "Xóa một thư mục công cộng cùng thư trong đó",
		flagRights:              "WHO=RIGHTS; có thể viết nhiều lần",
		flagDomainQuota:         "dung lượng tối đa của mọi tài khoản cộng lại, như 50GiB, hoặc none",
		flagDomainQuotaMessages: "số thư tối đa của mọi tài khoản cộng lại; 0 là không giới hạn",
		noMailboxes:             "Không có hộp thư nào.",
		noPublic:                "Chưa có thư mục công cộng. Tạo: tram public create DOMAIN FOLDER",
		noGrants:                "Chỉ chủ hộp thư.",
		publicCreated:           "Đã có thư mục công cộng %s.",
		publicRenamed:           "%s nay là %s.",
		mailbox:                 "Hộp thư", unseen: "Chưa đọc", who: "Ai", limit: "Hạn mức",
	}
}
