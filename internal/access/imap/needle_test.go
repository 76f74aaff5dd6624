package imap

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tram/internal/mail/fold"
)

func TestNeedle(t *testing.T) {
	for _, c := range []struct {
		text, needle string
		want         bool
	}{
		{"", "", true}, {"abc", "", true}, {"", "a", false},
		{"The Quick brown", "quick", true}, {"The Quick brown", "QUICK B", true}, {"The Quick brown", "quicker", false},
		{"aab", "ab", true}, {"xyz", "z", true}, {"xyz", "xyz", true}, {"xy", "xyz", false},
		{"zzyzzyvazyzzyva", "zyzzyva", true},
		{"Été", "été", true}, {"E\u0301te\u0301", "été", true}, {"Été", "ete", true}, {"café", "cafe", true}, {"Ete", "été", false}, {"Été", "eté", false},
		{"Tìm kiếm đường", "ĐƯỜNG", true}, {"Tìm kiếm đường", "tim kiem duong", true}, {"Tìm kiếm đường", "đuong", false}, {"straße", "strasse", false}, {"ΣΊΣΥΦΟΣ", "σίσυφοσ", true},
		{"日本語", "本", true}, {"\xff\xfe", "x", false},
	} {
		n := newNeedle(c.needle)
		if got := n.inText([]byte(c.text), new(foldRoom)); got != c.want {
			t.Errorf("%q in %q: %v", c.needle, c.text, got)
		}
		// In chunks of every size the answer is the same.
		for size := 1; size <= len(c.text) && c.needle != ""; size++ {
			s := needleStream{needle: n, form: textForm{room: new(foldRoom)}}
			for _, chunk := range runeChunks(c.text, size) {
				s.write([]byte(chunk))
			}
			if s.found != c.want {
				t.Errorf("%q in %q by %d: %v", c.needle, c.text, size, s.found)
			}
		}
	}
	s := needleStream{needle: newNeedle("ab"), form: textForm{room: new(foldRoom)}}
	for _, chunk := range []string{"a", "", "b"} {
		s.write([]byte(chunk))
	}
	if s.found {
		t.Error("a match across two texts")
	}
}

// runeChunks cuts a text between characters.
func runeChunks(s string, size int) (chunks []string) {
	for len(s) > 0 {
		n := len(s)
		for i := range s {
			if i >= size {
				n = i
				break
			}
		}
		chunks, s = append(chunks, s[:n]), s[n:]
	}
	return chunks
}

// TestNeedleHostile stays linear on a text and needle that are made to be slow.
func TestNeedleHostile(t *testing.T) {
	text := bytes.Repeat([]byte("a"), 4<<20)
	n := newNeedle(strings.Repeat("a", maxSearchText-1) + "b")
	start := time.Now()
	if n.inText(text, new(foldRoom)) {
		t.Error("found")
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
}

// FuzzNeedle compares the search with a plain one.
func FuzzNeedle(f *testing.F) {
	f.Add("The quick brown fox", "QUICK")
	f.Add("Été", "t")
	f.Fuzz(func(t *testing.T, text, needle string) {
		if len(needle) > 100 || len(text) > 10_000 {
			return
		}
		n := newNeedle(needle)
		want := bytes.Contains(fold.AppendCased(nil, []byte(text)), n.Folded)
		if got := n.inText([]byte(text), new(foldRoom)); got != want {
			t.Errorf("%q in %q: %v, want %v", needle, text, got, want)
		}
	})
}

func TestMatchPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "a/b", true}, {"%", "a", true}, {"%", "a/b", false}, {"a/%", "a/b", true}, {"a/%", "a/b/c", false},
		{"a*c", "abc", true}, {"a*c", "ac", true}, {"a*c", "ab", false}, {"*/c", "a/b/c", true}, {"%/%", "a/b", true},
		{"", "", true}, {"", "a", false}, {"a", "ab", false}, {"%%", "abc", true}, {"**", "a/b", true}, {"%a%", "bab", true},
		{"a%b*c", "axb/yc", true}, {"a%b*c", "a/b/c", false}, {"*%", "a/b", true}, {"%*", "a/b", true},
	} {
		if got := matchPattern(c.pattern, c.name); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.name, got)
		}
	}
	start := time.Now()
	matchPattern(strings.Repeat("%*a", 170), strings.Repeat("a", 480)+"b")
	if took := time.Since(start); took > time.Second {
		t.Errorf("a hostile pattern took %v", took)
	}
}

func TestLineEnds(t *testing.T) {
	for in, want := range map[string]string{
		"":           "",
		"a\r\nb":     "a\r\nb",
		"a\nb\n":     "a\r\nb\r\n",
		"\n\n":       "\r\n\r\n",
		"a\r\n\nb\r": "a\r\n\r\nb\r",
		"\r\r\n":     "\r\r\n",
	} {
		for size := 1; size <= len(in)+1; size++ {
			var out bytes.Buffer
			l := lineEnds{w: &out}
			for rest := in; rest != ""; {
				n := min(size, len(rest))
				if k, err := l.Write([]byte(rest[:n])); k != n || err != nil {
					t.Fatal(k, err)
				}
				rest = rest[n:]
			}
			if out.String() != want {
				t.Errorf("%q by %d: %q, want %q", in, size, out.String(), want)
			}
		}
	}
}
