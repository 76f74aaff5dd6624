package outlet

import (
	"bytes"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxDiagnostic is how much of a program's first line is told, in bytes.
const maxDiagnostic = 300

// output keeps the beginning of what a program writes, and calls over once it
// has written more than it may.
type output struct {
	limit int64
	over  func()

	mu      sync.Mutex // standard output and error are one
	written int64
	start   []byte
}

// Write implements io.Writer. It never fails: a program that is about to be
// killed must not get an error that it could take for something else.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if room := maxDiagnostic*2 - len(o.start); room > 0 {
		o.start = append(o.start, p[:min(room, len(p))]...)
	}
	before := o.written
	o.written += int64(len(p))
	if before <= o.limit && o.written > o.limit {
		o.over()
	}
	return len(p), nil
}

func (o *output) exceeded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.written > o.limit
}

// firstLine is the first line that is not empty, fit for a reply.
func (o *output) firstLine() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for line := range bytes.Lines(o.start) {
		text := strings.TrimSpace(strings.Map(printable, strings.ToValidUTF8(string(line), "?")))
		if text == "" {
			continue
		}
		if len(text) > maxDiagnostic {
			text = strings.ToValidUTF8(text[:maxDiagnostic], "")
		}
		return text
	}
	return ""
}

// printable makes spaces of control characters.
func printable(r rune) rune {
	if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError {
		return ' '
	}
	return r
}
