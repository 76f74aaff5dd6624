package message

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestFind names parts as RFC 3501 6.4.5 does.
func TestFind(t *testing.T) {
	files := map[string]map[string]string{ // section path: the body begins with
		"plain": {
			"": "One line", "1": "One line", "2": "-", "1.1": "-", "0": "-",
		},
		"nested": {
			"": "preamble", "1": "--outer-inner", "1.1": "Xin", "1.2": "<p>", "1.3": "-", "2": "aGVs", "3": "-", "2.1": "-", "1.1.1": "-",
		},
		"embedded": {
			"1": "see", "2": "From: \"Inner", "2.1": "text", "2.2": "<b>", "2.3": "-", "2.1.1": "-",
		},
		"embedded-root": {
			"": "From: inner", "1": "From: inner", "1.1": "Subject: innermost", "1.1.1": "text", "1.1.1.1": "-", "2": "-",
		},
		"no-boundary-parameter": {"": "--x", "1": "", "2": "-", "1.1": "-"},
	}
	for file, sections := range files {
		msg, table := goldenMessage(t, file)
		for path, want := range sections {
			got := "-"
			if p, ok := table.Find(sectionPath(path)); ok {
				got = string(msg[p.BodyStart:p.BodyEnd])
			}
			if !strings.HasPrefix(got, want) || want == "-" && got != "-" {
				t.Errorf("%s %q: %.40q, want %q", file, path, got, want)
			}
		}
	}
}

// TestFindMessage names embedded messages.
func TestFindMessage(t *testing.T) {
	files := map[string]map[string]string{ // section path: the header begins with
		"embedded":      {"": "From: a@b", "2": "From: \"Inner", "1": "-", "2.1": "-", "3": "-"},
		"embedded-root": {"": "From: a@b", "1": "From: inner", "1.1": "Subject: innermost", "1.1.1": "-"},
		"digest":        {"1": "From: one", "2": "-", "3": "From: two"},
	}
	for file, sections := range files {
		msg, table := goldenMessage(t, file)
		for path, want := range sections {
			got := "-"
			if p, ok := table.Message(sectionPath(path)); ok {
				got = string(msg[p.HeaderStart:p.BodyStart])
			}
			if !strings.HasPrefix(got, want) {
				t.Errorf("%s %q: %.40q, want %q", file, path, got, want)
			}
		}
	}
}

func goldenMessage(t *testing.T, name string) ([]byte, PartTable) {
	msg, err := os.ReadFile("testdata/digest/" + name + ".eml")
	if err != nil {
		t.Fatal(err)
	}
	table, err := Parts(digestOf(t, msg).Parts)
	if err != nil {
		t.Fatal(err)
	}
	return msg, table
}

func sectionPath(s string) (path []int) {
	for _, number := range strings.Split(s, ".") {
		var n int
		if _, err := fmt.Sscan(number, &n); err == nil {
			path = append(path, n)
		}
	}
	return path
}

func TestFindAllocates(t *testing.T) {
	_, table := goldenMessage(t, "embedded")
	path := []int{2, 2}
	if n := testing.AllocsPerRun(100, func() { table.Find(path) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPartsRefuses(t *testing.T) {
	for _, table := range [][]byte{nil, {}, {partsVersion}, {0, 0, 0}, {partsVersion + 1, 0, 0, 0}} {
		if _, err := Parts(table); !errors.Is(err, ErrParts) {
			t.Errorf("%x: %v", table, err)
		}
	}
}

// TestPartsCharset keeps known and unknown charsets.
func TestPartsCharset(t *testing.T) {
	for charset, want := range map[string]string{
		"; charset=UTF-8": "utf-8", "; charset=x-Mine": "x-mine", "": "", "; charset=" + longWord: "",
	} {
		table, _ := Parts(digestOf(t, []byte("Content-Type: text/plain"+charset+"\r\n\r\nx")).Parts)
		if p, ok := table.Find(nil); !ok || string(p.Charset) != want {
			t.Errorf("%.30q: charset %q, %v", charset, p.Charset, ok)
		}
	}
}

// FuzzParts reads damaged tables.
func FuzzParts(f *testing.F) {
	for _, file := range []string{"plain", "nested", "embedded"} {
		msg, err := os.ReadFile("testdata/digest/" + file + ".eml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(digestOf(f, msg).Parts, 2, 1)
	}
	f.Fuzz(func(t *testing.T, raw []byte, a, b int) {
		table, err := Parts(raw)
		if err != nil {
			return
		}
		table.Find([]int{a, b})
		table.Message([]int{a})
		n := 0
		table.Walk(func(_ int, p *Part) bool {
			n++
			if p.HeaderStart < 0 || p.BodyStart < p.HeaderStart || p.BodyEnd < p.BodyStart {
				t.Fatalf("part %+v", p)
			}
			return true
		})
		if n > len(raw) {
			t.Fatalf("%d parts in %d octets", n, len(raw))
		}
	})
}
