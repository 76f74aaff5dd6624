package main

// storeTexts are those of tram store, and of tram account restore.
type storeTexts struct {
	shortStore                                string
	shortStoreVerify, longStoreVerify         string
	shortStoreRepair, longStoreRepair         string
	shortStoreCompact, longStoreCompact       string
	shortStoreReindex, longStoreReindex       string
	shortAccountRestore, longAccountRestore   string
	flagRepair, flagQuarantine, flagRate      string
	flagAge                                   string
	storeOK, storeNothingToRepair             string // of verify, of repair
	storeRepaired, storeProblems              string // how many
	storeDamaged, storeMoved                  string // what to do about damaged bodies; how many were moved
	compacted, compactedBodies                string // freed; bodies, before, after
	compactedRecords, compactedKept           string // before, after; garbage that stays
	compactedDamaged, reindexed               string // how many
	partDirectory, partQueue, accountRestored string
}

func englishStore() storeTexts {
	return storeTexts{
		shortStore:       "What is stored: verify, repair, compact",
		shortStoreVerify: "Check all records and read every message, of one account or of all",
		longStoreVerify: `Check the directory, the queue, the records of every account against each other,
and read every message against its checksum. It changes nothing, goes on past
problems, and ends with code 65 when there were any. The server may run: it is
read slowly then (--rate), so that nobody notices.`,
		shortStoreRepair: "Compute again what can be computed, of one account or of all",
		longStoreRepair: `Do what verify does, and compute again what can be: counters, names, flags,
structures, envelopes. A message whose text is lost cannot be computed again; it
stays where it is, and its envelope can be read. With --quarantine it goes to
the mailbox Damaged of its owner. It ends with code 65 when something is left
that could not be repaired.`,
		shortStoreCompact: "Give back the space of what was deleted",
		longStoreCompact: `Give back the space of messages that were deleted, and of records that were
removed. The server may run; it does the first half by itself every hour. While
it runs only messages older than a day are looked at (--age), for others may be
just coming in. A pack of which less than 40 % is garbage stays as it is.`,
		shortStoreReindex: "Make the search indexes again, of one account or of all",
		longStoreReindex: `Throw the search indexes away and make them again. Searches find the same
meanwhile, only slower. The server does this by itself when an index is damaged.`,
		shortAccountRestore: "Take the deletion of an account back",
		longAccountRestore: `Take the deletion of an account back: address, password and mail are as they
were. It is possible for 7 days, unless the account was deleted with --purge or
its address was given to somebody else.`,
		flagRepair:     "the same as tram store repair",
		flagQuarantine: "move messages whose text is damaged to the mailbox Damaged",
		flagRate:       "octets to read a second, as in 32MiB; max for no limit (default: 64MiB while a server runs, else max)",
		flagAge:        "age from which on messages without records are given up, as in 2h (default: 1d while a server runs, else 0)",

		storeOK:              "No problems found.",
		storeNothingToRepair: "Nothing to repair.",
		storeRepaired:        "%d repairs.",
		storeProblems:        "%d problems. tram store repair computes again what can be computed.",
		storeDamaged: `%d damaged: their text is lost on this disk, nothing else is concerned.
Stop the server and put the file of the pack back from a backup if there is one
(docs/operations/store.md), or move such messages aside: tram store repair --quarantine`,
		storeMoved:       "%d damaged messages moved to the mailbox Damaged.",
		compacted:        "%s given back.",
		compactedBodies:  "Bodies:  %[2]s, now %[3]s; %[1]d were garbage.",
		compactedRecords: "Records: %s, now %s.",
		compactedKept:    "%s of garbage stays where it is: packs of which it is less than 40 %%.",
		compactedDamaged: "%d damaged messages were met; their packs stay as they are. See tram store verify.",
		reindexed:        "%d accounts indexed.",
		partDirectory:    "directory",
		partQueue:        "queue",
		accountRestored:  "Account %s is back, with %d messages.",
	}
}

func vietnameseStore() storeTexts {
	return storeTexts{
		shortStore:       "Những gì được lưu: kiểm tra, sửa, thu gọn",
		shortStoreVerify: "Kiểm tra mọi bản ghi và đọc mọi bức thư, của một tài khoản hoặc của tất cả",
		longStoreVerify: `Kiểm tra danh bạ, hàng đợi, đối chiếu các bản ghi của mỗi tài khoản và đọc mỗi
bức thư theo tổng kiểm của nó. Lệnh không thay đổi gì, gặp lỗi vẫn đi tiếp, và
kết thúc với mã 65 nếu có lỗi. Máy chủ có thể đang chạy: khi đó lệnh đọc chậm
(--rate) để không ai bị ảnh hưởng.`,
		shortStoreRepair: "Tính lại những gì tính được, của một tài khoản hoặc của tất cả",
		longStoreRepair: `Làm như verify, và tính lại những gì tính được: số đếm, tên, cờ, cấu trúc, phần
đầu thư. Thư đã mất nội dung thì không tính lại được; thư vẫn ở chỗ cũ và vẫn
đọc được phần đầu. Với --quarantine, thư được chuyển vào hộp Damaged của chủ
thư. Lệnh kết thúc với mã 65 nếu còn điều không sửa được.`,
		shortStoreCompact: "Trả lại chỗ trống của những gì đã xóa",
		longStoreCompact: `Trả lại chỗ trống của thư đã xóa và của bản ghi đã bỏ. Máy chủ có thể đang chạy;
phần thứ nhất nó vẫn tự làm mỗi giờ. Khi máy chủ chạy, chỉ xét thư cũ hơn một
ngày (--age), vì thư khác có thể đang được nhận. Gói có ít hơn 40 % rác được giữ
nguyên.`,
		shortStoreReindex: "Lập lại chỉ mục tìm kiếm, của một tài khoản hoặc của tất cả",
		longStoreReindex: `Bỏ các chỉ mục tìm kiếm và lập lại. Trong lúc đó tìm kiếm vẫn cho kết quả như
cũ, chỉ chậm hơn. Máy chủ tự làm việc này khi một chỉ mục bị hỏng.`,
		shortAccountRestore: "Hủy việc xóa một tài khoản",
		longAccountRestore: `Hủy việc xóa một tài khoản: địa chỉ, mật khẩu và thư trở lại như cũ. Làm được
trong 7 ngày, trừ khi tài khoản bị xóa với --purge hoặc địa chỉ đã trao cho
người khác.`,
		flagRepair:     "giống như tram store repair",
		flagQuarantine: "chuyển thư đã hỏng nội dung vào hộp Damaged",
		flagRate:       "số octet đọc mỗi giây, ví dụ 32MiB; max là không giới hạn (mặc định: 64MiB khi máy chủ chạy, nếu không thì max)",
		flagAge:        "thư không còn bản ghi phải cũ chừng nào mới bị bỏ, ví dụ 2h (mặc định: 1d khi máy chủ chạy, nếu không thì 0)",

		storeOK:              "Không thấy lỗi nào.",
		storeNothingToRepair: "Không có gì phải sửa.",
		storeRepaired:        "Đã sửa %d chỗ.",
		storeProblems:        "Có %d lỗi. tram store repair tính lại những gì tính được.",
		storeDamaged: `%d chỗ hỏng: nội dung đã mất trên đĩa này, những thứ khác không bị ảnh hưởng.
Hãy dừng máy chủ và chép lại tệp gói từ bản sao lưu nếu có
(docs/operations/store.md), hoặc chuyển thư hỏng ra chỗ khác: tram store repair --quarantine`,
		storeMoved:       "Đã chuyển %d thư hỏng vào hộp Damaged.",
		compacted:        "Đã trả lại %s.",
		compactedBodies:  "Nội dung thư: %[2]s, nay %[3]s; %[1]d là rác.",
		compactedRecords: "Bản ghi: %s, nay %s.",
		compactedKept:    "%s rác được giữ lại: các gói có ít hơn 40 %% rác.",
		compactedDamaged: "Gặp %d thư hỏng; gói chứa chúng được giữ nguyên. Xem tram store verify.",
		reindexed:        "Đã lập chỉ mục cho %d tài khoản.",
		partDirectory:    "danh bạ",
		partQueue:        "hàng đợi",
		accountRestored:  "Tài khoản %s đã trở lại, với %d thư.",
	}
}
