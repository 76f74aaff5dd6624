package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestPlainTable(t *testing.T) {
	var b bytes.Buffer
	err := plainTable(&b, []string{"Name", "Messages", "Note"}, [][]string{
		{"Trần Bình", "7", ""}, {"An", "1200", "x"},
	})
	want := "Name       Messages  Note\nTrần Bình         7\nAn             1200  x\n"
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// What strangers write cannot command the terminal.
func TestPrintable(t *testing.T) {
	if got := printable("a\x1b[2J\r\nb\u009bc"); strings.ContainsAny(got, "\x1b\r\n\u009b") {
		t.Errorf("%q", got)
	}
}

func TestSizeText(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 3 << 29: "1.5 GiB", 5 << 40: "5.0 TiB"} {
		if got := sizeText(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestGeneratePassword(t *testing.T) {
	form := regexp.MustCompile(`^[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){3}$`)
	seen := map[string]bool{}
	for range 1000 {
		p := generatePassword()
		if !form.MatchString(p) || seen[p] {
			t.Fatal(p)
		}
		seen[p] = true
	}
}
