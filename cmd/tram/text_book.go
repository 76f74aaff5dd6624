package main

// bookTexts are those of domains, lists, rules, export, apply and import.
type bookTexts struct {
	shortExport, longExport, shortApply, longApply                          string
	shortDomainRecipients, longDomainRecipients                             string
	shortAliasSet, longAlias                                                string
	shortList, longList, shortListAdd, shortListDelete, shortListShow       string
	shortListSet, shortListMembers, shortListList                           string
	shortRoute, longRoute, shortRouteAdd, shortRouteDelete, shortRouteList  string
	shortRewrite, longRewrite, shortRewriteAdd, shortRewriteDelete          string
	shortRewriteList, shortCopy, longCopy, shortCopyAdd, shortCopyDelete    string
	shortCopyList, shortAccess, longAccess, shortAccessAdd                  string
	shortAccessDelete, shortAccessList, shortCredential, longCredential     string
	shortCredentialAdd, shortCredentialDelete, shortCredentialList          string
	flagHashes, flagApplyAdd, flagApplyDryRun, flagRemoveAccounts           string
	flagRelay, flagHosted, flagAliasOf, flagVerify, flagFooterFile          string
	flagAdd, flagRemove, flagFile, flagOwner, flagMembersOnly               string
	flagDescription, flagMember, flagBySender, flagBy, flagKind, flagExcept string
	flagPasswordFile                                                        string
	shortImport, longImport, shortImportSystem, shortImportAliases          string
	longImportAliases, flagHomes, flagLocalDomain, importNotes              string
	importClean, needLocalDomain                                            string
	applied, applyWould, applyNothing, verbAdd, verbChange, verbRemove      string
	verbKeep, recipientsChanged, membersChanged, aliasSet, listAdded        string
	listChanged, routeSet, rewriteSet, copySet, accessSet, credentialSet    string
	noRecipients, noLists, noRoutes, noRewrites, noCopies, noAccess         string
	noCredentials, kind, verify, standsFor, list, owner, members            string
	membersOnly, description, yes, match, by, nextHop, to, except, action   string
	host, user                                                              string
}

func englishBook() bookTexts {
	return bookTexts{
		shortExport: "Print domains, accounts, aliases, lists and rules as TOML",
		longExport: `Print everything that was written down about addresses, in the form that tram
apply reads. Passwords are not in it; with --hashes the hashes of accounts are.
Logins at other hosts are printed without their passwords.`,
		shortApply: "Make domains, accounts, aliases, lists and rules as a file says",
		longApply: `Read a file ("-" is standard input) in the form that tram export prints, compare
it with what there is, make the changes in one step and print them. What is not
in the file goes, except accounts. With --add nothing goes. An account that
exists keeps its password unless the file has another one, in plain (password)
or as argon2id or bcrypt (hash).

  [[domain]]
  name = "example.org"

  [[account]]
  address = "an@example.org"
  password = "secret"
  quota = "2GiB"

  [[alias]]
  address = "info@example.org"
  targets = ["an@example.org", "|/usr/local/bin/ticket --new"]

  [[route]]
  match = "partner.example"
  next_hop = "smtp:[192.0.2.7]:2525 tls=starttls"`,
		shortDomainRecipients: "List the recipients of a relayed domain, add some or remove some",
		longDomainRecipients: `A relayed domain that is verified by a list takes mail for these recipients only.
Addresses may be given without the domain; --file reads them from a file, one a
line, "-" is standard input.

  tram domain recipients example.org --add an --add binh
  tram domain recipients example.org --file recipients.txt`,
		shortAliasSet: "Make an alias, or replace the targets of one",
		longAlias: `A target is one of

  an@example.org        an address, here or elsewhere
  :include:/path        the addresses in a file, read at each delivery
  /path/of/mbox         a file that messages are appended to
  /path/of/Maildir/     a Maildir
  "|/path/program arg"  a program that reads the message; no shell is started`,
		shortList: "Distribution lists: one address, many members",
		longList: `Mail for a list goes to each member with an envelope sender of the list, so that
bounces come back to the owner and not to the author. LIST-owner@ and
LIST-bounces@ exist with it.`,
		shortListAdd: "Add a list", shortListDelete: "Delete a list", shortListShow: "Show a list with its members",
		shortListSet: "Change owner, description or who may post", shortListMembers: "Add members, or remove some",
		shortListList: "List the lists of a domain, or of all",
		shortRoute:    "Routes: where mail goes that would else go to the MX or stay here",
		longRoute: `Patterns: user@domain, domain, .domain for its subdomains, * for all; the most
specific one counts. Next hops:

  smtp:example.org[:PORT]    its MX
  smtp:[HOST][:PORT]         this host, by name or IP address
  lmtp:[HOST][:PORT], lmtp:/path/of/socket
  local, discard, hold [WHY], error:5.1.1 TEXT

After a host: tls=none|opportunistic|starttls|implicit and auth=USER, whose
password is that of tram credential.

  tram route add partner.example 'smtp:[mail.partner.example] tls=starttls'
  tram route add --sender an@example.org 'smtp:[smtp.provider.example]:587 auth=an'`,
		shortRouteAdd: "Add or replace a route", shortRouteDelete: "Delete a route", shortRouteList: "List the routes",
		shortRewrite: "Rewriting: addresses that become others",
		longRewrite: `Kinds:

  canonical            senders and recipients, envelope and header, all mail
  sender-canonical     senders only
  recipient-canonical  recipients only
  generic              senders of mail that leaves for other hosts
  masquerade           senders in a domain and its subdomains; --except keeps
                       users, domains or addresses as they are`,
		shortRewriteAdd: "Add or replace a rule", shortRewriteDelete: "Delete a rule", shortRewriteList: "List the rules",
		shortCopy: "Copies: one more recipient whom no header names",
		longCopy: `By default of mail from senders that match; with --by recipient of mail to them,
with --by always of all mail (write * as the pattern).`,
		shortCopyAdd: "Add a copy", shortCopyDelete: "Delete a copy", shortCopyList: "List the copies",
		shortAccess: "Access: clients and addresses that are taken or refused beforehand",
		longAccess: `The pattern is an IP address, a network, a host name or .suffix (--by client or
helo), or one of addresses (--by sender or recipient; <> is the null sender).
Actions: ok, relay, reject [CODE] [STATUS] [TEXT], defer …, discard, hold [WHY].

  tram access add 192.0.2.0/24 reject
  tram access add --by sender .spam.example 'reject 554 5.7.1 Not here'`,
		shortAccessAdd: "Add or replace a rule", shortAccessDelete: "Delete a rule", shortAccessList: "List the rules",
		shortCredential: "Logins at other hosts, for routes with auth=",
		longCredential: `The password is read from the terminal, from standard input or from a file; it is
never an argument and never shown again.

  tram credential add smtp.provider.example:587 an --password-file secret`,
		shortCredentialAdd: "Add or replace a login", shortCredentialDelete: "Delete a login", shortCredentialList: "List the logins, without passwords",

		flagHashes:         "print the password hashes of accounts too",
		flagApplyAdd:       "remove nothing",
		flagApplyDryRun:    "only print what would change",
		flagRemoveAccounts: "remove accounts that are not in the file; their mail stays for 7 days",
		flagRelay:          "mail is taken and passed on: backup MX, inner hosts",
		flagHosted:         "mail is kept here",
		flagAliasOf:        "domain that this one stands for, address by address",
		flagVerify:         "how recipients of a relayed domain are checked: none, list or callout",
		flagFooterFile:     `file with text for the end of mail that accounts send; "-" is standard input, "" is none`,
		flagAdd:            "add this one; may be repeated",
		flagRemove:         "remove this one; may be repeated",
		flagFile:           `add those in a file, one a line; "-" is standard input`,
		flagOwner:          "address that gets complaints and bounces; default: the postmaster of the domain",
		flagMembersOnly:    "only members may post",
		flagDescription:    "what the list is for",
		flagMember:         "a member; may be repeated",
		flagBySender:       "route by sender instead of recipient",
		flagBy:             "what the pattern is about: %s",
		flagKind:           "kind of rewriting: canonical, sender-canonical, recipient-canonical, generic or masquerade",
		flagExcept:         "user, domain or address that stays; may be repeated",
		flagPasswordFile:   "read the password from the first line of a file",

		shortImport: "Take over what sendmail or Postfix know about addresses",
		longImport: `Read the files of another mail server, turn them into domains, aliases, lists and
rules, and add those. Nothing that exists is removed. Each line that cannot be
carried over is printed with its reason; users of the old machine are named, for
they are no accounts yet.

  tram import postfix /etc/postfix --dry-run
  tram import sendmail /etc/mail --homes /home`,
		shortImportSystem:  "Read the files of %s in a directory",
		shortImportAliases: "Read a file of aliases; what newaliases does",
		longImportAliases: `Read a file in the form of /etc/aliases and make its entries aliases of the local
domain. Aliases that are not in the file stay. Without a name it is the one of
local.aliases in the configuration.`,
		flagHomes:       "directory with the users' directories, for their .forward",
		flagLocalDomain: "domain of names without one",
		importNotes:     "%d things could not be carried over:",
		importClean:     "Everything was carried over.",
		needLocalDomain: "neither %s nor the domain above it is a domain of this server; name one with --domain, or add it: tram domain add",

		applied: "%d changes made.", applyWould: "%d changes would be made.", applyNothing: "Everything is as the file says.",
		verbAdd: "add", verbChange: "change", verbRemove: "remove", verbKeep: "keep",
		recipientsChanged: "%s: %d recipients added, %d removed.",
		membersChanged:    "%s: %d members added, %d removed.",
		aliasSet:          "Alias %s leads to %s.",
		listAdded:         "List %s added with %d members.",
		listChanged:       "List %s changed.",
		routeSet:          "Mail by %s %s goes to %s.",
		rewriteSet:        "%s: %s becomes %s.",
		copySet:           "Mail by %s %s is copied to %s.",
		accessSet:         "%s %s: %s.",
		credentialSet:     "Login of %s at %s set.",
		noRecipients:      "No recipients are listed.", noLists: "There are no lists.", noRoutes: "There are no routes.",
		noRewrites: "There is no rewriting.", noCopies: "There are no copies.", noAccess: "There are no access rules.",
		noCredentials: "There are no logins.",
		kind:          "Kind", verify: "Verified by", standsFor: "Stands for", list: "List", owner: "Owner", members: "Members",
		membersOnly: "Members only", description: "Description", yes: "yes", match: "Pattern", by: "By", nextHop: "Next hop",
		to: "To", except: "Except", action: "Action", host: "Host", user: "User",
	}
}

func vietnameseBook() bookTexts {
	return bookTexts{
		shortExport: "In tên miền, tài khoản, bí danh, danh sách và quy tắc dạng TOML",
		longExport: `In mọi điều đã ghi về các địa chỉ, theo dạng mà tram apply đọc. Không có mật
khẩu; với --hashes thì có mã băm mật khẩu của tài khoản. Đăng nhập ở máy khác
được in không kèm mật khẩu.`,
		shortApply: "Làm cho tên miền, tài khoản, bí danh, danh sách và quy tắc đúng như một tệp",
		longApply: `Đọc một tệp ("-" là đầu vào chuẩn) theo dạng mà tram export in ra, so với những
gì đang có, thực hiện các thay đổi trong một bước và in chúng ra. Những gì
không có trong tệp sẽ bị xóa, trừ tài khoản. Với --add không gì bị xóa. Tài
khoản đã có giữ mật khẩu cũ, trừ khi tệp có mật khẩu khác, dạng thường
(password) hoặc argon2id hay bcrypt (hash).

  [[domain]]
  name = "example.org"

  [[account]]
  address = "an@example.org"
  password = "matkhau"
  quota = "2GiB"

  [[alias]]
  address = "info@example.org"
  targets = ["an@example.org", "|/usr/local/bin/ticket --new"]

  [[route]]
  match = "partner.example"
  next_hop = "smtp:[192.0.2.7]:2525 tls=starttls"`,
		shortDomainRecipients: "Liệt kê, thêm hoặc bớt người nhận của một tên miền chuyển tiếp",
		longDomainRecipients: `Tên miền chuyển tiếp được kiểm tra theo danh sách chỉ nhận thư cho những người
này. Có thể bỏ phần tên miền; --file đọc địa chỉ từ một tệp, mỗi dòng một địa
chỉ, "-" là đầu vào chuẩn.

  tram domain recipients example.org --add an --add binh
  tram domain recipients example.org --file nguoinhan.txt`,
		shortAliasSet: "Tạo một bí danh, hoặc thay các đích của nó",
		longAlias: `Một đích là một trong

  an@example.org        một địa chỉ, ở đây hoặc nơi khác
  :include:/path        các địa chỉ trong một tệp, đọc ở mỗi lần giao
  /path/of/mbox         một tệp, thư được nối vào cuối
  /path/of/Maildir/     một Maildir
  "|/path/program arg"  một chương trình đọc thư; không qua shell`,
		shortList: "Danh sách phân phối: một địa chỉ, nhiều thành viên",
		longList: `Thư gửi đến danh sách được gửi cho từng thành viên với người gửi là danh sách,
nên thư báo lỗi về tay người quản lý chứ không về người viết. LIST-owner@ và
LIST-bounces@ có sẵn cùng danh sách.`,
		shortListAdd: "Thêm một danh sách", shortListDelete: "Xóa một danh sách", shortListShow: "Xem một danh sách và các thành viên",
		shortListSet: "Sửa người quản lý, mô tả hoặc ai được gửi", shortListMembers: "Thêm hoặc bớt thành viên",
		shortListList: "Liệt kê danh sách của một tên miền hoặc của tất cả",
		shortRoute:    "Tuyến: nơi thư đi thay vì đến MX hoặc ở lại đây",
		longRoute: `Mẫu: user@domain, domain, .domain cho các tên miền con, * cho tất cả; mẫu cụ thể
nhất được chọn. Chặng tiếp theo:

  smtp:example.org[:PORT]    theo MX của nó
  smtp:[HOST][:PORT]         đúng máy này, theo tên hoặc địa chỉ IP
  lmtp:[HOST][:PORT], lmtp:/path/of/socket
  local, discard, hold [WHY], error:5.1.1 TEXT

Sau tên máy: tls=none|opportunistic|starttls|implicit và auth=USER, với mật khẩu
đặt bằng tram credential.

  tram route add partner.example 'smtp:[mail.partner.example] tls=starttls'
  tram route add --sender an@example.org 'smtp:[smtp.provider.example]:587 auth=an'`,
		shortRouteAdd: "Thêm hoặc thay một tuyến", shortRouteDelete: "Xóa một tuyến", shortRouteList: "Liệt kê các tuyến",
		shortRewrite: "Viết lại: địa chỉ này thành địa chỉ khác",
		longRewrite: `Các loại:

  canonical            người gửi và người nhận, phong bì và đầu thư, mọi thư
  sender-canonical     chỉ người gửi
  recipient-canonical  chỉ người nhận
  generic              người gửi của thư rời đến máy khác
  masquerade           người gửi ở một tên miền và các tên miền con; --except
                       giữ nguyên người dùng, tên miền hoặc địa chỉ`,
		shortRewriteAdd: "Thêm hoặc thay một quy tắc", shortRewriteDelete: "Xóa một quy tắc", shortRewriteList: "Liệt kê các quy tắc",
		shortCopy: "Bản sao: thêm một người nhận mà không đầu thư nào nêu",
		longCopy: `Mặc định là của thư từ người gửi khớp mẫu; với --by recipient là của thư đến họ,
với --by always là của mọi thư (mẫu viết là *).`,
		shortCopyAdd: "Thêm một bản sao", shortCopyDelete: "Xóa một bản sao", shortCopyList: "Liệt kê các bản sao",
		shortAccess: "Truy cập: máy và địa chỉ được nhận hoặc từ chối ngay từ đầu",
		longAccess: `Mẫu là một địa chỉ IP, một mạng, tên máy hoặc .suffix (--by client hoặc helo),
hoặc mẫu địa chỉ (--by sender hoặc recipient; <> là thư báo lỗi). Hành động: ok,
relay, reject [CODE] [STATUS] [TEXT], defer …, discard, hold [WHY].

  tram access add 192.0.2.0/24 reject
  tram access add --by sender .spam.example 'reject 554 5.7.1 Not here'`,
		shortAccessAdd: "Thêm hoặc thay một quy tắc", shortAccessDelete: "Xóa một quy tắc", shortAccessList: "Liệt kê các quy tắc",
		shortCredential: "Đăng nhập ở máy khác, cho các tuyến có auth=",
		longCredential: `Mật khẩu được hỏi trên thiết bị đầu cuối, đọc từ đầu vào chuẩn hoặc từ một tệp;
không bao giờ là tham số và không bao giờ hiện lại.

  tram credential add smtp.provider.example:587 an --password-file matkhau`,
		shortCredentialAdd: "Thêm hoặc thay một đăng nhập", shortCredentialDelete: "Xóa một đăng nhập", shortCredentialList: "Liệt kê các đăng nhập, không kèm mật khẩu",

		flagHashes:         "in cả mã băm mật khẩu của tài khoản",
		flagApplyAdd:       "không xóa gì",
		flagApplyDryRun:    "chỉ in những gì sẽ thay đổi",
		flagRemoveAccounts: "xóa các tài khoản không có trong tệp; thư của chúng còn 7 ngày",
		flagRelay:          "thư được nhận rồi chuyển đi: MX dự phòng, máy bên trong",
		flagHosted:         "thư được giữ ở đây",
		flagAliasOf:        "tên miền mà tên này thay cho, từng địa chỉ một",
		flagVerify:         "cách kiểm tra người nhận của tên miền chuyển tiếp: none, list hoặc callout",
		flagFooterFile:     `tệp với phần chữ cuối thư do tài khoản gửi; "-" là đầu vào chuẩn, "" là không có`,
		flagAdd:            "thêm; có thể lặp lại",
		flagRemove:         "bớt; có thể lặp lại",
		flagFile:           `thêm những gì trong một tệp, mỗi dòng một địa chỉ; "-" là đầu vào chuẩn`,
		flagOwner:          "địa chỉ nhận khiếu nại và thư báo lỗi; mặc định: postmaster của tên miền",
		flagMembersOnly:    "chỉ thành viên được gửi",
		flagDescription:    "danh sách dùng để làm gì",
		flagMember:         "một thành viên; có thể lặp lại",
		flagBySender:       "chọn tuyến theo người gửi thay vì người nhận",
		flagBy:             "mẫu nói về: %s",
		flagKind:           "loại viết lại: canonical, sender-canonical, recipient-canonical, generic hoặc masquerade",
		flagExcept:         "người dùng, tên miền hoặc địa chỉ giữ nguyên; có thể lặp lại",
		flagPasswordFile:   "đọc mật khẩu từ dòng đầu của một tệp",

		shortImport: "Lấy những gì sendmail hoặc Postfix biết về các địa chỉ",
		longImport: `Đọc các tệp của một máy chủ thư khác, đổi chúng thành tên miền, bí danh, danh
sách và quy tắc, rồi thêm vào. Không gì đang có bị xóa. Mỗi dòng không chuyển
được đều được in ra kèm lý do; người dùng của máy cũ được nêu tên, vì họ chưa
phải là tài khoản.

  tram import postfix /etc/postfix --dry-run
  tram import sendmail /etc/mail --homes /home`,
		shortImportSystem:  "Đọc các tệp của %s trong một thư mục",
		shortImportAliases: "Đọc một tệp bí danh; việc của newaliases",
		longImportAliases: `Đọc một tệp theo dạng /etc/aliases và lấy các mục của nó làm bí danh của tên
miền ở đây. Bí danh không có trong tệp vẫn còn. Không nêu tên thì là tệp của
local.aliases trong cấu hình.`,
		flagHomes:       "thư mục chứa thư mục của người dùng, để đọc .forward",
		flagLocalDomain: "tên miền của những tên không có tên miền",
		importNotes:     "%d điều không chuyển được:",
		importClean:     "Mọi điều đã được chuyển.",
		needLocalDomain: "cả %s và tên miền trên nó đều không thuộc máy chủ này; hãy nêu bằng --domain, hoặc thêm: tram domain add",

		applied: "Đã thực hiện %d thay đổi.", applyWould: "Sẽ có %d thay đổi.", applyNothing: "Mọi thứ đã đúng như tệp.",
		verbAdd: "thêm", verbChange: "sửa", verbRemove: "xóa", verbKeep: "giữ",
		recipientsChanged: "%s: thêm %d người nhận, bớt %d.",
		membersChanged:    "%s: thêm %d thành viên, bớt %d.",
		aliasSet:          "Bí danh %s chuyển đến %s.",
		listAdded:         "Đã thêm danh sách %s với %d thành viên.",
		listChanged:       "Đã sửa danh sách %s.",
		routeSet:          "Thư theo %s %s đi đến %s.",
		rewriteSet:        "%s: %s thành %s.",
		copySet:           "Thư theo %s %s được sao đến %s.",
		accessSet:         "%s %s: %s.",
		credentialSet:     "Đã đặt đăng nhập của %s ở %s.",
		noRecipients:      "Chưa liệt kê người nhận nào.", noLists: "Chưa có danh sách.", noRoutes: "Chưa có tuyến.",
		noRewrites: "Chưa có quy tắc viết lại.", noCopies: "Chưa có bản sao.", noAccess: "Chưa có quy tắc truy cập.",
		noCredentials: "Chưa có đăng nhập.",
		kind:          "Loại", verify: "Kiểm tra", standsFor: "Thay cho", list: "Danh sách", owner: "Người quản lý", members: "Thành viên",
		membersOnly: "Chỉ thành viên", description: "Mô tả", yes: "có", match: "Mẫu", by: "Theo", nextHop: "Chặng tiếp",
		to: "Thành", except: "Trừ", action: "Hành động", host: "Máy", user: "Người dùng",
	}
}
