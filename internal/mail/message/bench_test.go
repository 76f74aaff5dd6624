package message

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// usualMessage is a 4 KiB message as it comes from another server.
func usualMessage() []byte {
	header := "Received: from mail.example.org (mail.example.org [192.0.2.1])\r\n" +
		"\tby mx.example.net (Postfix) with ESMTPS id 4Xabc1234Zz\r\n" +
		"\tfor <bob@example.net>; Sat, 21 Nov 2026 12:34:56 +0700 (+07)\r\n" +
		"Received: by mail-wr1-f41.example.org with SMTP id ffacd0b85a97d-3856abc\r\n" +
		"        for <bob@example.net>; Fri, 20 Nov 2026 21:34:55 -0800 (PST)\r\n" +
		"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=2026;\r\n" +
		"        h=to:subject:message-id:date:from:mime-version:from:to:cc:subject;\r\n" +
		"        bh=g3zLYH4xKxcPrHOD18z9YfpQcnk/GaJedfustWU5uGs=;\r\n" +
		"        b=" + strings.Repeat("Zm9vYmFyYmF6", 20) + "\r\n" +
		"X-Google-Smtp-Source: " + strings.Repeat("AGHT+IE", 9) + "\r\n" +
		"MIME-Version: 1.0\r\n" +
		"From: =?utf-8?Q?Nguy=E1=BB=85n?= Lan <lan@example.org>\r\n" +
		"Date: Sat, 21 Nov 2026 12:34:54 +0700\r\n" +
		"Message-ID: <CAF=abcdef0123456789@mail.example.org>\r\n" +
		"In-Reply-To: <20261120.1234@example.net>\r\n" +
		"References: <20261119.1@example.net> <20261120.1234@example.net>\r\n" +
		"Subject: Re: Meeting on Monday about the budget\r\n" +
		"To: Bob <bob@example.net>, \"Carol, Dr.\" <carol@example.com>\r\n" +
		"Cc: dave@example.com\r\n" +
		"Content-Type: multipart/alternative; boundary=\"000000000000abcdef0123456789\"\r\n" +
		"\r\n"
	text := strings.Repeat("These are some words of a letter that has lines of a usual length.\r\n", 17)
	return []byte(header + "--000000000000abcdef0123456789\r\n" +
		"Content-Type: text/plain; charset=\"UTF-8\"\r\n\r\n" + text +
		"--000000000000abcdef0123456789\r\n" +
		"Content-Type: text/html; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + text +
		"--000000000000abcdef0123456789--\r\n")
}

// largeMessage has one base64 attachment of 8 MiB.
func largeMessage() []byte {
	raw := make([]byte, 6<<20)
	random := rand.NewChaCha8([32]byte{})
	random.Read(raw)
	encoded := base64.StdEncoding.EncodeToString(raw)
	var b bytes.Buffer
	b.WriteString("From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n" +
		"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for len(encoded) > 76 {
		b.WriteString(encoded[:76] + "\r\n")
		encoded = encoded[76:]
	}
	fmt.Fprintf(&b, "%s\r\n--b--\r\n", encoded)
	return b.Bytes()
}

func BenchmarkScan(b *testing.B) {
	for _, bench := range []struct {
		name string
		msg  []byte
	}{
		{"usual", usualMessage()},
		{"base64", largeMessage()},
		{"emptyLines", append([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n"), repeated("\r\n", 1<<20)...)},
		{"dashes", append([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n"), repeated("-- \r\n", 1<<18)...)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.msg)))
			b.ReportAllocs()
			s := NewScanner()
			for b.Loop() {
				for p := bench.msg; len(p) > 0; {
					n := min(len(p), 32<<10)
					s.Write(p[:n])
					p = p[n:]
				}
				s.Close()
			}
		})
	}
}

func BenchmarkFieldSet(b *testing.B) {
	d := digestOf(b, usualMessage())
	set := NewFieldSet("Date", "From", "To", "Subject", "Message-ID", "References", "Content-Type")
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		set.Append(dst, d.Header)
	}
}

func BenchmarkFind(b *testing.B) {
	table, _ := Parts(digestOf(b, usualMessage()).Parts)
	path := []int{2}
	b.ReportAllocs()
	for b.Loop() {
		table.Find(path)
	}
}

func BenchmarkBody(b *testing.B) {
	d := digestOf(b, usualMessage())
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		AppendBody(dst, d.BodyStructure)
	}
}

func BenchmarkText(b *testing.B) {
	msg := usualMessage()
	table, _ := Parts(digestOf(b, msg).Parts)
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		Text(bytes.NewReader(msg), table, func([]byte) bool { return true })
	}
}

func BenchmarkDecoder(b *testing.B) {
	msg := largeMessage()
	table, _ := Parts(digestOf(b, msg).Parts)
	part, _ := table.Find([]int{2})
	buf := make([]byte, 32<<10)
	b.SetBytes(part.BodyEnd - part.BodyStart)
	b.ReportAllocs()
	for b.Loop() {
		r, _ := OpenPart(bytes.NewReader(msg), part)
		for {
			if _, err := r.Read(buf); err != nil {
				break
			}
		}
	}
}
