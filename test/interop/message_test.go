package interop

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

const subject = "Bản tin buổi sáng: thư đã đến trạm"

// letter is a message with a Vietnamese subject and an attachment, with CRLF.
func letter(from, to string, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	attachment := make([]byte, 60_000)
	for i := range attachment {
		attachment[i] = byte(r.Uint32())
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("From: =?UTF-8?Q?Nguy=E1=BB=85n_V=C4=83n_An?= <%s>", from)
	line("To: <%s>", to)
	line("Subject: =?UTF-8?B?%s?=", base64.StdEncoding.EncodeToString([]byte(subject)))
	line("Date: Sat, 21 Nov 2026 12:00:00 +0700")
	line("Message-ID: <road-%d@interop.test>", seed)
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/mixed; boundary=\"tram=_%d\"", seed)
	line("")
	line("--tram=_%d", seed)
	line("Content-Type: text/plain; charset=utf-8")
	line("Content-Transfer-Encoding: 8bit")
	line("")
	line("Chào Bình,")
	line(".")
	line("..một dòng bắt đầu bằng hai dấu chấm")
	line("")
	line("--tram=_%d", seed)
	line("Content-Type: application/octet-stream; name*=UTF-8''t%%E1%%BB%%87p.bin")
	line("Content-Disposition: attachment; filename*=UTF-8''t%%E1%%BB%%87p.bin")
	line("Content-Transfer-Encoding: base64")
	line("")
	encoded := base64.StdEncoding.EncodeToString(attachment)
	for len(encoded) > 76 {
		line("%s", encoded[:76])
		encoded = encoded[76:]
	}
	line("%s", encoded)
	line("--tram=_%d--", seed)
	return b.String()
}

func itoa(n int) string { return fmt.Sprint(n) }
