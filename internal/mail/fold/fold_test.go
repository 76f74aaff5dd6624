package fold

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestForms(t *testing.T) {
	for _, c := range []struct{ text, cased, bare string }{
		{"", "", ""},
		{"Plain text-1", "PLAIN TEXT-1", "PLAIN TEXT-1"},
		{"Tìm kiếm đường", "TI\u0300M KIE\u0302\u0301M ĐU\u031bO\u031b\u0300NG", "TIM KIEM DUONG"},
		{"Łódź Ørsted", "ŁO\u0301DZ\u0301 ØRSTED", "LODZ ORSTED"},
		{"ά", "Α\u0301", "Α"},
		{"й", "И\u0306", "И\u0306"},       // not of a Latin or Greek letter
		{"が", "か\u3099", "か\u3099"},       // nor these
		{"กำ", "ก\u0e4dา", "ก\u0e4dา"},    //
		{"a\u0e47", "A\u0e47", "A\u0e47"}, // a mark of Thai is no accent
		{"\u0301x", "\u0301X", "\u0301X"}, // a mark on nothing
		{"ｆｕｌｌ", "FULL", "FULL"},
		{"bad\xff", "BAD\ufffd", "BAD\ufffd"},
	} {
		cased := AppendCased(nil, []byte(c.text))
		if string(cased) != c.cased {
			t.Errorf("cased form of %q is %q, want %q", c.text, cased, c.cased)
		}
		if bare := AppendBare(nil, cased); string(bare) != c.bare {
			t.Errorf("bare form of %q is %q, want %q", c.text, bare, c.bare)
		}
	}
}

// termsOf cuts a text that comes in chunks of n bytes at least.
func termsOf(text string, n int) (bare, marked []string, tooLong bool) {
	w := Words{Term: func(term []byte, m bool) {
		if m {
			marked = append(marked, string(term))
		} else {
			bare = append(bare, string(term))
		}
	}}
	for text != "" {
		end := min(n, len(text))
		for end < len(text) && text[end]&0xc0 == 0x80 {
			end++
		}
		w.Write([]byte(text[:end]))
		text = text[end:]
	}
	w.Break()
	return bare, marked, w.TooLong
}

func TestWords(t *testing.T) {
	long := strings.Repeat("x", 70)
	for _, c := range []struct{ text, bare, marked string }{
		{"", "", ""},
		{"One, two", "ONE|TWO", ""},
		{"a.b@c.example <it's> well-known --", "A.B@C.EXAMPLE|IT'S|WELL-KNOWN", ""},
		{"end. a--b .c d_", "END|A|B|C|D", ""},
		{"Tìm đường", "TIM|DUONG", "TI\u0300M|ĐU\u031bO\u031b\u0300NG"},
		{"日本語", "日本|本語", ""},
		{"第3章x", "第|3|章|X", ""},
		{"ภาษา ไทย", "ภา|าษ|ษา|ไท|ทย", ""},
		{"😀 ok 😀😀", "😀|OK|😀😀", ""},
		{long, strings.ToUpper(long[:64] + "|" + long[32:]), ""},
	} {
		for _, n := range []int{1, 3, 1000} {
			bare, marked, _ := termsOf(c.text, n)
			if strings.Join(bare, "|") != c.bare && n == 1000 || strings.Join(marked, "|") != c.marked {
				t.Errorf("%q in chunks of %d: %q, marked %q", c.text, n, bare, marked)
			}
			for term := range strings.SplitSeq(c.bare, "|") {
				if term != "" && !slices.Contains(bare, term) {
					t.Errorf("%q in chunks of %d has no term %q: %q", c.text, n, term, bare)
				}
			}
		}
	}
}

func TestTooLong(t *testing.T) {
	if _, _, tooLong := termsOf(strings.Repeat("x", MaxWord+1), 100); !tooLong {
		t.Error("a word longer than MaxWord in chunks is no trouble")
	}
	if _, _, tooLong := termsOf(strings.Repeat("x ", 10*MaxWord)+strings.Repeat("語", MaxWord), 100); tooLong {
		t.Error("short words and a long row are too long")
	}
}

// has tells what the search for a needle without an index says.
func has(text string, n Needle) bool {
	cased := AppendCased(nil, []byte(text))
	if !n.Marked {
		cased = AppendBare(nil, cased)
	}
	return bytes.Contains(cased, n.Folded)
}

// matches tells whether an index of a text has all terms of a query.
func matches(bare, marked []string, q Query) bool {
	for _, t := range q.Terms {
		terms := bare
		if t.Marked {
			terms = marked
		}
		if !slices.ContainsFunc(terms, func(s string) bool {
			switch text := string(t.Text); {
			case t.Left && t.Right:
				return s == text
			case t.Left:
				return strings.HasPrefix(s, text)
			case t.Right:
				return strings.HasSuffix(s, text)
			default:
				return strings.Contains(s, text)
			}
		}) {
			return false
		}
	}
	return true
}

func TestNeedles(t *testing.T) {
	for _, c := range []struct {
		text, needle string
		want         bool
	}{
		{"Tìm kiếm đường", "tim kiem duong", true},
		{"Tìm kiếm đường", "TÌM KIẾM", true},
		{"Tim kiem duong", "tìm", false},
		{"Tìm kiếm đường", "đuong", false}, // one mark means all of them
		{"résumé", "resume", true},
		{"Лай", "лаи", true}, // as i;unicode-casemap: the mark follows
		{"лаи", "лай", false},
	} {
		if got := has(c.text, NewNeedle(c.needle)); got != c.want {
			t.Errorf("%q in %q: %v", c.needle, c.text, got)
		}
	}
}

// check holds the promise of the package comment against one text and needle.
func check(t *testing.T, text, needle string, chunk int) {
	t.Helper()
	text, needle = strings.ToValidUTF8(text, "\ufffd"), strings.ToValidUTF8(needle, "\ufffd")
	bare, marked, tooLong := termsOf(text, chunk)
	for _, term := range append(bare, marked...) {
		if len(term) == 0 || len(term) > MaxTerm {
			t.Fatalf("%q gives the term %q", text, term)
		}
	}
	for _, n := range []Needle{NewNeedle(needle), Exact(needle), Bare(needle)} {
		q := n.Query()
		if tooLong || len(q.Terms) == 0 {
			continue
		}
		found, indexed := has(text, n), matches(bare, marked, q)
		if found && !indexed {
			t.Fatalf("%+v is in %q, but its terms %+v are not in %q, %q", n, text, q.Terms, bare, marked)
		}
		if q.Whole && found != indexed {
			t.Fatalf("%+v in %q: %v by the text, %v by its terms %q, %q", n, text, found, indexed, bare, marked)
		}
	}
}

// alphabet has what is cut and folded in special ways.
var alphabet = []string{"a", "b", "E", "é", "đ", "ờ", "\u0301", "\u0302", "й", "ά", "語", "本", "が", "ภ", "ำ", "😀", "…", "ﬁ", "½",
	".", "-", "@", "_", " ", "\r\n", "3", "\ufffd", "≠", "한", strings.Repeat("x", 31)}

func TestIndexTellsTheTruth(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func(n int) string {
		var b strings.Builder
		for range rng.IntN(n) + 1 {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		return b.String()
	}
	for range 30_000 {
		s := text(14)
		needle := text(4)
		if r := []rune(s); rng.IntN(3) > 0 { // one that is there
			from := rng.IntN(len(r))
			needle = string(r[from : from+1+rng.IntN(min(len(r)-from, 50))])
		}
		check(t, s, needle, rng.IntN(10)+1)
	}
}

func FuzzQuery(f *testing.F) {
	f.Add("Tìm kiếm đường, a.b@c.example", "kiem duong", 3)
	f.Add(strings.Repeat("日本語", 30), "本語日", 7)
	f.Fuzz(func(t *testing.T, text, needle string, chunk int) {
		check(t, text, needle, max(chunk, 1))
	})
}

func BenchmarkWords(b *testing.B) {
	for name, text := range map[string]string{
		"ascii": strings.Repeat("the quick brown fox jumps over the lazy dog. ", 180),
		"viet":  strings.Repeat("Tìm kiếm đường về nhà trong đêm tối mịt mù. ", 140),
	} {
		b.Run(name, func(b *testing.B) {
			w := Words{Term: func([]byte, bool) {}}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				w.Write([]byte(text))
				w.Break()
			}
		})
	}
}
