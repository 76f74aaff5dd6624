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
		{"iso-2022-kr", "\x1b$)Ca\x0eGQ\x0f!", "a한!"},
		{"iso-2022-kr", "a\x0e\xb0\x0eG", "a\uFFFD\uFFFD"},
		{"iso-2022-cn", "\x1b$)A\x0eDc\nDc", "你\nDc"},
		{"cp932", "\x93\xfa\x96\x7b\x87\x40", "日本①"},
		{"MS932", "\x93\xfa", "日"},
		{"cp949", "\xc7\xd1\x81\x41", "한갂"},
		{"uhc", "\xc7\xd1", "한"},
		{"cp936", "\xc4\xe3", "你"},
		{"cp858", "\xd5", "€"},
		{"cp437", "\x82", "é"},
		{"TCVN3", "\xd6", "ệ"},
		{"windows1252", "\x80", "€"},
		{"win-1251", "\xef", "п"},
		{"Windows-1252http-equivContent-Type", "\x80", "€"},
		{"ISO8859_15", "\xa4", "€"},
		{"8859_2", "\xb1", "ą"},
		{"latin-1", "\xe9", "é"},
		{"utf_8", "ệ", "ệ"},
		{"utf-8; format=flowed", "ệ", "ệ"},
		{"charset=utf-8", "ệ", "ệ"},
		{"macroman", "\x8e", "é"},
		{"cp-65001", "ệ", "ệ"},
		{"8bit", "caf\xe9", "café"},
		// Guessed.
		{"", "Une d\xe9j\xe0 vieille fen\xeatre", "Une déjà vieille fenêtre"},
		{"", "Pu\xf2 darsi", "Può darsi"},
		{"", "Ti\xea\xecng Vi\xea\xf2t c\xf3 d\xe2\xecu, \xf0\xfd\xf5\xcc" + "ng", "Tiếng Việt có dấu, đường"},
		{"", "\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0!", "Привет, мир!"},
		{"", "\xf0\xd2\xc9\xd7\xc5\xd4, \xcd\xc9\xd2!", "Привет, мир!"},
		{"", "\xca\xe1\xeb\xe7\xec\xdd\xf1\xe1 \xea\xfc\xf3\xec\xe5", "Καλημέρα κόσμε"},
		{"", "\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7", "你好，世界"},
		{"", "\xc6\xfc\xcb\xdc\xb8\xec\xa4\xc7\xa4\xb9\xa4\xab", "日本語ですか"},
		{"", "\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4", "안녕하세요"},
		{"", "ệ and caf\xe9", "ệ and café"},
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
	for _, c := range []string{"", "utf-8", "utf-7", "utf-16", "utf-32", "viscii", "tcvn", "windows-1258", "iso-2022-jp", "iso-2022-kr", "hz-gb-2312", "gb18030", "big5", "x"} {
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
