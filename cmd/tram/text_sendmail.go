package main

// sendmailTexts are those of sendmail and its kin.
type sendmailTexts struct {
	shortSendmail, longSendmail, shortMailq, shortNewaliases, longNewaliases, shortRmail string
}

func englishSendmail() sendmailTexts {
	return sendmailTexts{
		shortSendmail: "Send a message from standard input, as programs have always done",
		longSendmail: `Read a message from standard input and send it. It works for every user of the
machine while the server runs; when it does not, the message is kept in a file
that the server picks up. A link called sendmail that points to tram does the
same; so do mailq, newaliases and rmail.

  -t            recipients from the fields To, Cc and Bcc, and those named
  -i, -oi       a line of one dot does not end the message
  -f ADDRESS    envelope sender; "<>" for none (-r is the same)
  -F NAME       full name of the sender, when there is no From field
  -N WORDS      notifications: never, or a list of success, failure, delay
  -R full|hdrs  how much of the message a notification brings back
  -V ID         envelope id, which a notification repeats
  -B TYPE       accepted and not needed: the text itself says what it is
  -v            say what became of the message
  -bs           speak SMTP on standard input and output
  -bv           check the addresses, send nothing
  -bp, -bi, -bd list the queue, read the aliases, run the server
  -q            try now what waits

Needed for it: local.directory in the configuration.`,
		shortMailq:      "List the queue in the form of sendmail and Postfix",
		shortNewaliases: "Read the file of aliases of this machine",
		longNewaliases: `Read the file of aliases (local.aliases, /etc/aliases) and make its entries the
aliases of the local domain. Others that exist stay.`,
		shortRmail: "Take a message that came by UUCP",
	}
}

func vietnameseSendmail() sendmailTexts {
	return sendmailTexts{
		shortSendmail: "Gửi một thư đọc từ đầu vào chuẩn, như các chương trình vẫn làm xưa nay",
		longSendmail: `Đọc một thư từ đầu vào chuẩn rồi gửi đi. Mọi người dùng trên máy đều dùng được
khi máy chủ đang chạy; khi máy chủ không chạy, thư được giữ trong một tệp để
máy chủ lấy sau. Một liên kết tên là sendmail trỏ tới tram cũng làm như vậy;
mailq, newaliases và rmail cũng thế.

  -t            người nhận lấy từ các trường To, Cc, Bcc và trên dòng lệnh
  -i, -oi       dòng chỉ có một dấu chấm không kết thúc thư
  -f ĐỊACHỈ     người gửi trên phong bì; "<>" là không có (-r cũng vậy)
  -F TÊN        tên đầy đủ của người gửi, khi không có trường From
  -N TỪ         thư báo: never, hoặc danh sách gồm success, failure, delay
  -R full|hdrs  thư báo kèm lại cả thư hay chỉ phần đầu
  -V MÃ         mã phong bì, thư báo sẽ nhắc lại
  -B KIỂU       chấp nhận nhưng không cần: nội dung tự cho biết
  -v            cho biết thư đã ra sao
  -bs           nói SMTP qua đầu vào và đầu ra chuẩn
  -bv           kiểm tra địa chỉ, không gửi gì
  -bp, -bi, -bd liệt kê hàng đợi, đọc bí danh, chạy máy chủ
  -q            thử gửi ngay những thư đang chờ

Cần có: local.directory trong cấu hình.`,
		shortMailq:      "Liệt kê hàng đợi theo dạng của sendmail và Postfix",
		shortNewaliases: "Đọc tệp bí danh của máy này",
		longNewaliases: `Đọc tệp bí danh (local.aliases, /etc/aliases) và lấy các mục của nó làm bí danh
của miền cục bộ. Những bí danh khác đang có vẫn giữ nguyên.`,
		shortRmail: "Nhận một thư đến bằng UUCP",
	}
}
