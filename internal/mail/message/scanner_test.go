package message

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestScannerAgain uses one scanner for several messages, some abandoned.
func TestScannerAgain(t *testing.T) {
	first, second := []byte("Subject: first\r\n\r\nx"), usualMessage()
	s := NewScanner()
	for range 3 {
		s.Write(second[:1000])
		s.Reset()
		s.Write(first)
		if d := s.Close(); !strings.Contains(string(d.Envelope), "first") || d.Size != int64(len(first)) {
			t.Errorf("first message: %s", d.Envelope)
		}
		s.Write(second)
		if d := s.Close(); !strings.Contains(string(d.Envelope), "budget") || d.Size != int64(len(second)) {
			t.Errorf("second message: %s", d.Envelope)
		}
	}
}

func TestScan(t *testing.T) {
	d, err := Scan(bytes.NewReader(usualMessage()))
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 21, 5, 34, 54, 0, time.UTC); !d.SentDate.Equal(want) {
		t.Errorf("sent %v, want %v", d.SentDate, want)
	}
	broken := errors.New("disk")
	if _, err := Scan(io.MultiReader(strings.NewReader("Subject: x"), errorReader{broken})); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// TestScannerAllocates little: a message a few results, a large body nothing.
func TestScannerAllocates(t *testing.T) {
	work := new(scan)
	scanAll := func(msg []byte) func() {
		return func() {
			work.reset()
			work.write(msg)
			work.finish()
			work.trim()
		}
	}
	if n := testing.AllocsPerRun(50, scanAll(usualMessage())); n > 6 {
		t.Errorf("%v allocations a message", n)
	}
	if n := testing.AllocsPerRun(3, scanAll(largeMessage())); n > 6 {
		t.Errorf("%v allocations a large message", n)
	}
}

// FuzzScanner checks what holds for every message: offsets within bounds, valid
// IMAP syntax, the same digest however it is cut.
func FuzzScanner(f *testing.F) {
	files, _ := filepath.Glob("testdata/digest/*.eml")
	for _, file := range files {
		msg, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(msg)
	}
	f.Add([]byte("Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n\r\n----\r\n"))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=\"a\rb\"\r\n\r\n--a\rb\r\n--a\rb--"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		d := checkMessage(t, msg)
		if len(msg) < 64<<10 && !utf8.Valid(checkText(t, d, msg)) {
			t.Error("text is not UTF-8")
		}
	})
}
