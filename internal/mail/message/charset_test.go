package message

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCharsets(t *testing.T) {
	tests := []struct{ charset, in, want string }{
		{"", "plain", "plain"},
		{"", "chào \xe9 \xc3", "chào é Ã"},
		{"us-ascii", "ch\xe0o", "chào"},
		{"UTF-8", "chào\xff", "chào\uFFFD"},
		{"iso-8859-1", "caf\xe9\x80", "café€"},
		{"latin1", "caf\xe9", "café"},
		{"ISO-8859-15", "\xa4", "€"},
		{"windows-1252", "\x80", "€"},
		{"KOI8-R", "\xd0\xd2\xc9", "при"},
		{"shift_jis", "\x93\xfa\x96\x7b", "日本"},
		{"euc-kr", "\xc7\xd1", "한"},
		{"ks_c_5601-1987", "\xc7\xd1", "한"},
		{"big5", "\xa7\x41", "你"},
		{"gb18030", "\xc4\xe3", "你"},
		{"utf-16", "\xfe\xff\x00a\x1e\xc7", "aệ"},
		{"utf-16le", "a\x00\xc7\x1e", "aệ"},
		{"utf-16be", "\x00a\x1e\xc7", "aệ"},
		{"utf-32be", "\x00\x00\x00a\x00\x00\x1e\xc7", "aệ"},
		{"utf-7", "1 +- 2 +HsceyQ- +2D3eAA. \xff", "1 + 2 ệỉ 😀. \uFFFD"},
		{"utf-7", "+2D0-x", "\uFFFDx"},
		{"VISCII", "\x02\xae\xff", "ẲệỮ"},
		{"tcvn-5712", "\xd6 e\xb4", "ệ ẹ"},
		{"windows-1258", "\xea\xf2", "ệ"},
		{"iso-2022-kr", "a\x0e\xb0", "a\x0e\uFFFD"},
		{"no-such-charset", "a\xe9", "a\uFFFD"},
		{"\"utf-8\"", "à", "à"},
		{"unknown-8bit", "\xe0", "à"},
	}
	for _, tt := range tests {
		if got := string(AppendUTF8([]byte("> "), tt.charset, []byte(tt.in))); got != "> "+tt.want {
			t.Errorf("%s %q gives %q, want %q", tt.charset, tt.in, got, tt.want)
		}
		r := NewCharsetReader(oneByte{strings.NewReader(tt.in)}, tt.charset)
		if got, err := io.ReadAll(r); string(got) != tt.want || err != nil {
			t.Errorf("%s %q reads %q, %v; want %q", tt.charset, tt.in, got, err, tt.want)
		}
	}
}

// TestVietnameseTables checks that the tables are complete and without doubles.
func TestVietnameseTables(t *testing.T) {
	for name, table := range map[string]*singleByte{"VISCII": &viscii, "TCVN": &tcvn} {
		seen := map[rune]bool{}
		for _, r := range table.high {
			if r == 0 || seen[r] {
				t.Errorf("%s: %q is missing or doubled", name, r)
			}
			seen[r] = true
		}
		for _, r := range table.low {
			if seen[r] {
				t.Errorf("%s: %q is doubled", name, r)
			}
			seen[r] = true
		}
		for _, r := range "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹàáãèéìíĩòóõùúũý" {
			if !seen[r] {
				t.Errorf("%s has no %q", name, r)
			}
		}
	}
}

func FuzzCharset(f *testing.F) {
	for _, c := range []string{"", "utf-8", "utf-7", "utf-16", "utf-32", "viscii", "tcvn", "windows-1258", "iso-2022-jp", "hz-gb-2312", "gb18030", "big5", "x"} {
		f.Add(c, []byte("a\xe1\xbb\x87\x1b$B\xff~{+AOA-"))
	}
	f.Fuzz(func(t *testing.T, charset string, p []byte) {
		whole := AppendUTF8(nil, charset, p)
		if !utf8.Valid(whole) || len(whole) > 16*len(p)+16 {
			t.Errorf("%q of %q gives %q", charset, p, whole)
		}
		read, err := io.ReadAll(NewCharsetReader(bytes.NewReader(p), charset))
		if err == nil && !utf8.Valid(read) {
			t.Errorf("%q of %q reads %q", charset, p, read)
		}
	})
}
