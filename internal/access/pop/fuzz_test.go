package pop

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzCommand: whatever a client sends is a command of the table with its
// argument, or none.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{"RETR 1", "top 1 10", "PASS a b ", "", " ", "USERX a", "stat "} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		cmd, arg, known := parse(line)
		if known != (cmd.handler != nil) {
			t.Fatal("a command without a handler")
		}
		if !known {
			return
		}
		verb, rest, _ := strings.Cut(string(line), " ")
		if _, ok := lookup(strings.ToUpper(verb)); !ok || rest != arg {
			t.Fatalf("%q is taken for another command, with %q", line, arg)
		}
	})
}

// FuzzStuffed holds the two ways to write a message against each other: in
// place, and as a stream in two pieces.
func FuzzStuffed(f *testing.F) {
	for _, s := range []string{".", "a\r\n.\r\n..b", "\r\n.", "x\n.\n.\n.", "h: 1\r\n\r\nb\r\n.c\r\nd"} {
		f.Add([]byte(s), 3, 1)
	}
	f.Fuzz(func(t *testing.T, text []byte, cut, lines int) {
		cut = max(0, min(cut, len(text)))
		lines = max(-1, min(lines, 10))
		var stream bytes.Buffer
		s := stuffer{w: &stream, body: lines}
		s.write(text[:cut])
		if !s.done {
			s.write(text[cut:])
		}
		s.end()

		out := append([]byte("+OK\n"), text...)
		if lines >= 0 {
			out = out[:4+topEnd(text, lines)]
		}
		out = appendEnd(stuffed(out, 4), 4)
		if !bytes.Equal(out[4:], stream.Bytes()) {
			t.Fatalf("in place %q, streamed %q", out[4:], stream.Bytes())
		}
	})
}
