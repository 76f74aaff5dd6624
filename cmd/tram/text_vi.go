package main

func vietnamese() *catalogue {
	return &catalogue{
		storeTexts: vietnameseStore(), queueTexts: vietnameseQueue(), explainTexts: vietnameseExplain(), traceTexts: vietnameseTrace(), sendmailTexts: vietnameseSendmail(),
		bookTexts: vietnameseBook(), mailboxTexts: vietnameseMailbox(),

		shortTram: "Máy chủ thư điện tử và lệnh quản trị nó",
		longTram: `Tram là một máy chủ thư điện tử: SMTP, gửi thư, IMAP và POP3 trong một chương
trình.

Mọi lệnh con, trừ serve, đều dùng được dù máy chủ đang chạy hay không. Với
--json kết quả ở dạng JSON, dành cho kịch bản. Mã thoát theo sysexits(3): 0 tốt,
64 dùng sai, 65 dữ liệu sai, 66 thiếu tệp vào, 67 không tìm thấy, 69 máy chủ
không chạy, 73 đã tồn tại, 74 đĩa hỏng, 75 hãy thử lại sau, 77 không có quyền,
78 cấu hình có lỗi.`,
		shortInit: "Viết tệp cấu hình, tạo thư mục dữ liệu và tài khoản đầu tiên",
		longInit: `Viết một tệp cấu hình có chú thích (vào --config), tạo thư mục dữ liệu, và thêm
tên miền đầu tiên cùng người quản trị nếu được nêu. Những gì đã có không bị thay.

  tram init --domain example.org --admin an@example.org`,
		shortServe: "Chạy máy chủ",
		longServe: `Chạy máy chủ cho đến khi nhận SIGTERM hoặc SIGINT. SIGHUP đọc lại cấu hình và
chứng chỉ, như tram reload.`,
		shortCheck:   "Kiểm tra cấu hình; mỗi lỗi được báo kèm số dòng",
		shortReload:  "Bảo máy chủ đang chạy đọc lại cấu hình và chứng chỉ",
		shortStatus:  "Xem tình trạng máy chủ; mã thoát cho biết nó có chạy và có ổn không",
		shortVersion: "Xem phiên bản",

		shortDomain:       "Các tên miền mà thư của chúng thuộc về máy này",
		shortDomainAdd:    "Thêm một tên miền",
		shortDomainSet:    "Sửa một tên miền",
		shortDomainList:   "Liệt kê các tên miền",
		shortDomainDelete: "Xóa một tên miền không còn tài khoản và bí danh",

		shortAccount:       "Tài khoản: những người có thư ở đây",
		shortAccountAdd:    "Thêm một tài khoản",
		shortAccountList:   "Liệt kê tài khoản của một tên miền hoặc của tất cả",
		shortAccountPasswd: "Đặt mật khẩu của một tài khoản",
		shortAccountQuota:  "Đặt dung lượng thư tối đa; SIZE như 2GiB, hoặc none",
		shortAccountSet:    "Sửa tên, quyền của một tài khoản, hoặc khóa nó",
		shortAccountDelete: "Xóa một tài khoản",
		longAccountDelete: `Xóa một tài khoản: từ nay không ai đăng nhập hay gửi thư đến được nữa. Thư của
nó còn trên đĩa 7 ngày, trừ khi có --purge.`,
		shortAccountImport: "Thêm nhiều tài khoản từ một tệp CSV, tất cả hoặc không gì cả",
		longAccountImport: `Thêm các tài khoản của một tệp CSV ("-" là đầu vào chuẩn). Tất cả được thêm,
hoặc không tài khoản nào nếu một trong số đó có lỗi; mỗi lỗi được báo kèm số dòng.

Các cột là address, password, name, quota, admin, hash. Dòng đầu có thể nêu tên
các cột, theo thứ tự bất kỳ; các cột cuối có thể bỏ. Hash (argon2id hoặc bcrypt)
đứng thay mật khẩu. Tài khoản không có cả hai thì không đăng nhập được, trừ khi
--generate tạo mật khẩu cho nó; các mật khẩu ấy được in ra dạng CSV.

  address,password,name,quota
  an@example.org,matkhau,Nguyễn Văn An,2GiB`,
		longPassword: `Mật khẩu được hỏi trên thiết bị đầu cuối, hoặc đọc từ dòng đầu của đầu vào
chuẩn; không bao giờ là tham số, vì ai cũng thấy được tham số.

  echo 'matkhau' | tram account add an@example.org`,

		shortAlias:       "Bí danh: địa chỉ mà thư được chuyển cho người khác",
		shortAliasAdd:    "Thêm một bí danh với một hay nhiều đích, ở đây hoặc nơi khác",
		shortAliasList:   "Liệt kê bí danh của một tên miền hoặc của tất cả",
		shortAliasDelete: "Xóa một bí danh",

		flagConfig:         "tệp cấu hình (hoặc TRAM_CONFIG)",
		flagJSON:           "in kết quả dạng JSON",
		flagHostname:       "tên đầy đủ của máy này (mặc định: mail.DOMAIN)",
		flagData:           "thư mục dữ liệu",
		flagInitDomain:     "tên miền đầu tiên",
		flagInitAdmin:      "địa chỉ của tài khoản đầu tiên, người quản trị",
		flagListen:         "địa chỉ của máy này để lắng nghe (mặc định: tất cả)",
		flagPortOffset:     "số cộng vào các cổng thông thường, khi không mở được cổng dưới 1024",
		flagCatchAll:       "địa chỉ nhận thư của các địa chỉ không tồn tại; rỗng là không có",
		flagSeparator:      "dấu ngăn địa chỉ phụ, một trong + - . _ = # ~, hoặc none (mặc định +)",
		flagName:           "họ tên",
		flagQuota:          "dung lượng thư tối đa, như 2GiB; mặc định không giới hạn",
		flagQuotaMessages:  "số thư tối đa; 0 là không giới hạn",
		flagAdmin:          "người quản trị; nhận thư của postmaster và abuse",
		flagDisabled:       "không đăng nhập, không nhận thư",
		flagPurge:          "xóa thư ngay",
		flagGenerate:       "tạo một mật khẩu và in ra",
		flagNoLogin:        "không mật khẩu: không ai đăng nhập được",
		flagPasswordStdin:  "đọc mật khẩu từ đầu vào chuẩn, kể cả khi đó là thiết bị đầu cuối",
		flagImportGenerate: "tạo mật khẩu cho tài khoản chưa có, và in ra",
		flagCreateDomains:  "thêm các tên miền còn thiếu",

		noConfig:      "không có tệp cấu hình tại %s; hãy tạo bằng tram init, hoặc nêu tệp khác với --config",
		configExists:  "%s đã tồn tại; hãy xem bằng tram check, hoặc nêu tệp khác với --config",
		checkOK:       "%s không có lỗi.",
		reloaded:      "Đã đọc lại: %s.",
		reloadRestart: "Đợi khởi động lại: %s.",
		initConfig:    "Đã viết cấu hình vào %s.",
		initData:      "Thư mục dữ liệu: %s.",
		initNext:      "Tiếp theo: xem lại %s, rồi chạy máy chủ: tram serve --config %s",

		domainAdded:          "Đã thêm tên miền %s. Các máy chủ khác tìm nó qua bản ghi MX: %s. MX 10 %s.",
		domainChanged:        "Đã sửa tên miền %s.",
		aliasAdded:           "Bí danh %s chuyển đến %s.",
		deleted:              "Đã xóa %s.",
		accountAdded:         "Đã thêm tài khoản %s.",
		accountAddedPassword: "Đã thêm tài khoản %s. Mật khẩu: %s",
		accountChanged:       "Đã sửa tài khoản %s.",
		passwordChanged:      "Đã đổi mật khẩu của %s.",
		passwordGenerated:    "Mật khẩu mới của %s: %s",
		askPassword:          "Mật khẩu cho %s: ",
		askAgain:             "Nhập lại: ",
		passwordsDiffer:      "hai mật khẩu khác nhau; chưa có gì thay đổi",
		emptyPassword:        "mật khẩu rỗng; hãy nhập, đưa qua đầu vào chuẩn, hoặc dùng --generate hay --no-login",
		imported:             "Đã thêm %d tài khoản.",

		noDomains:  "Chưa có tên miền; hãy thêm bằng tram domain add.",
		noAccounts: "Chưa có tài khoản; hãy thêm bằng tram account add.",
		noAliases:  "Chưa có bí danh.",

		protocol: "Giao thức", address: "Địa chỉ", plaintextLogin: "Đăng nhập không TLS", sessions: "Phiên",
		server: "Máy chủ", stopped: "không chạy", runningSince: "đang chạy, tiến trình %d, từ %s",
		version: "Phiên bản", memory: "Bộ nhớ", hostname: "Tên máy", dataDirectory: "Thư mục dữ liệu",
		queue: "Hàng đợi", queueCounts: "%d mục: %d mới, %d đang đợi, %d đang giao, %d bị giữ, %d hỏng", oldest: "Mục cũ nhất",
		expires: ", hết hạn %s", selfSigned: " (tự ký)", certificate: "Chứng chỉ", trouble: "SỰ CỐ",
		domain: "Tên miền", catchAll: "Hộp gom", separator: "Dấu ngăn", created: "Ngày tạo",
		alias: "Bí danh", targets: "Chuyển đến",
		name: "Họ tên", messages: "Số thư", size: "Dung lượng", rights: "Quyền", disabled: "bị khóa", admin: "quản trị",
		state: "Trạng thái", received: "Nhận lúc", sender: "Người gửi", recipients: "Người nhận", recipient: "Người nhận",
		next: "Lần thử tới", lastReply: "Trả lời cuối", origin: "Từ", expiresAt: "Hết hạn", attempts: "Số lần thử", tried: "Lần thử cuối",
	}
}
