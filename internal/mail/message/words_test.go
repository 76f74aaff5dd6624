package message

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecodeText(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{" plain \r\n\ttext ", "plain \ttext"},
		{"=?utf-8?Q?Xin_ch=C3=A0o?=", "Xin chào"},
		{"=?UTF-8?b?WGluIGNow6Bv?= bạn", "Xin chào bạn"},
		{"a =?iso-8859-1*de?q?=FC?= b", "a ü b"},
		{"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"},
		{"=?utf-8?q?a?=\r\n =?iso-8859-1?q?=FC?=", "aü"},
		{"=?utf-8?q?a?=x=?utf-8?q?b?=", "axb"},
		{"=?utf-8?b?4bs=?= =?utf-8?b?hw==?=", "ệ"}, // a character cut in two
		{"=?utf-8?q?what?what??=", "what?what?"},
		{"=?utf-8?q?two words?=", "two words"},
		{"=?utf-8?q?=zz=4?=", "=zz=4"},
		{"=?utf-8?b?!WG*lu?=", "Xin"},
		{"=?x-nonsense?q?a=FFb?=", "a\uFFFDb"},
		{"=?utf-8?x?abc?=", "=?utf-8?x?abc?="},
		{"=?utf-8?q?open", "=?utf-8?q?open"},
		{"=??q?a?=", "=??q?a?="},
		{"=?utf-8?q??=x", "x"},
		{"(=?utf-8?q?c?=)", "(c)"},
		{"caf\xe9 d\xe9j\xe0", "café déjà"},
		{"đường", "đường"},
		{"đ \xe9", "đ é"},
		{"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"},
		{"=?gb2312?B?xOO6ww==?=", "你好"},
		{"=?utf-7?Q?Xin_ch+AOA-o?=", "Xin chào"},
		{"=?viscii?q?Ti=AAng_Vi=AEt?=", "Tiếng Việt"},
		{"=?tcvn?q?Vi=D6t?=", "Việt"},
		{"=?windows-1258?q?Vi=EA=F2t?=", "Việt"},
		{"=?us-ascii?q?=C3=A0?=", "à"},
	}
	for _, tt := range tests {
		if got := DecodeText([]byte(tt.in)); got != tt.want {
			t.Errorf("%q gives %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzDecodeText(f *testing.F) {
	for _, s := range []string{
		"=?utf-8?Q?Xin_ch=C3=A0o?=", "=?utf-8?b?4bs=?= =?utf-8?b?hw==?=", "=?utf-7?q?+2D0-?=", "=?iso-2022-jp?B?GyRC?=", "=?=?=?", "\xff\xfe",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		got := DecodeText(value)
		if !utf8.ValidString(got) || strings.Contains(got, "\n") && !strings.Contains(string(value), "=?") {
			t.Errorf("%q gives %q", value, got)
		}
		base, _ := BaseSubject(got)
		if again, _ := BaseSubject(base); again != base && !strings.Contains(base, "\uFFFD") {
			t.Errorf("base subject of %q is %q, of that %q", got, base, again)
		}
	})
}

func TestBaseSubject(t *testing.T) {
	tests := []struct {
		in, want string
		reply    bool
	}{
		{"Hello", "Hello", false},
		{"  Hello \t there ", "Hello there", false},
		{"Re: Hello", "Hello", true},
		{"RE : re:Hello", "Hello", true},
		{"Fwd: Fw: Re: Hello (fwd) (FWD)", "Hello", true},
		{"[list] Hello", "Hello", false},
		{"[list] Re: [list] Hello", "Hello", true},
		{"Re[2]: Hello", "Hello", true},
		{"Re [x] : Hello", "Hello", true},
		{"[only]", "[only]", false},
		{"[a] [b]", "[b]", false},
		{"Re: [only]", "[only]", true},
		{"[Fwd: Re: Hello]", "Hello", true},
		{"[fwd: [fwd: x]]", "x", true},
		{"[not closed Re: x", "[not closed Re: x", false},
		{"Re:", "", true},
		{"Regarding: x", "Regarding: x", false},
		{"Trả lời: x", "Trả lời: x", false},
		{"", "", false},
	}
	for _, tt := range tests {
		if got, reply := BaseSubject(tt.in); got != tt.want || reply != tt.reply {
			t.Errorf("%q gives %q, %v; want %q, %v", tt.in, got, reply, tt.want, tt.reply)
		}
	}
}
