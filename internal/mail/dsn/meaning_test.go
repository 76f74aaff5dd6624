package dsn

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestMeaning: every code has words in both languages; the nearest ones win.
func TestMeaning(t *testing.T) {
	tests := []struct{ status, english string }{
		{"5.1.1", "no mailbox with this address"},
		{"4.1.99", "something wrong with the recipient's address"},
		{"5.2.2", "is full"},
		{"5.7.26", "SPF"},
		{"5.99.1", "gave no exact reason"},
		{"nonsense", "gave no exact reason"},
		{"", "gave no exact reason"},
	}
	for _, test := range tests {
		if got := meaningOf(test.status).what.english; !strings.Contains(got, test.english) {
			t.Errorf("%q: %q", test.status, got)
		}
	}
	for code, m := range meanings {
		for _, p := range []phrases{m.what, m.next} {
			if p.english == "" || p.vietnamese == "" || p.english == p.vietnamese {
				t.Errorf("%s: %+v", code, p)
			}
		}
	}
}

// TestEverySpeech: each kind of letter says everything in both languages.
func TestEverySpeech(t *testing.T) {
	all := []speech{toPostmaster}
	for _, action := range []Action{Failed, Delayed, Delivered, Relayed, Expanded} {
		all = append(all, speeches[action])
		if actions[action].english == "" || actions[action].vietnamese == "" {
			t.Errorf("no words for %s", action)
		}
	}
	for _, s := range all {
		for _, p := range []phrases{s.title, s.opening, s.intro, s.closing} {
			if p.english == "" || p.vietnamese == "" {
				t.Errorf("%+v", p)
			}
		}
	}
}

// TestLetter: what people read, and what they are spared.
func TestLetter(t *testing.T) {
	expired := sample()
	expired.Recipients = expired.Recipients[:1]
	expired.Recipients[0].Status, expired.Recipients[0].Diagnostic = "4.4.1", "451 4.4.1 no answer"
	double := sample()
	double.Postmaster = true
	many := sample()
	for range 300 {
		many.Recipients = append(many.Recipients, many.Recipients[0])
	}
	tests := []struct {
		name          string
		report        *Report
		has, has2, no string
	}{
		{"failed", sample(), "There is no mailbox with this address", "Không có hộp thư nào", "tried again and again"},
		{"expired", expired, "tried again and again until its time was over", "does not answer", "no mailbox"},
		{"postmaster", double, "A notification about undelivered mail", "gửi người quản trị", "Your message could not"},
		{"many", many, "and 202 recipients more", "và 202 người nhận nữa", "%d"},
	}
	for _, test := range tests {
		got := letterText(test.report)
		plain := strings.Join(strings.Fields(got), " ")
		if !strings.Contains(plain, test.has) || !strings.Contains(plain, test.has2) || strings.Contains(plain, test.no) {
			t.Errorf("%s:\n%s", test.name, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if utf8.RuneCountInString(line) > letterWidth {
				t.Errorf("%s: long line %q", test.name, line)
			}
		}
	}
}
