package imap

import (
	"bytes"
	"io"
)

// lineEnds passes a message on with a CR in front of each LF that has none:
// the rest of the system keeps and sends nothing else. Dovecot shows such
// messages in the same way.
type lineEnds struct {
	w    io.Writer
	last byte
}

var cr = []byte{'\r'}

func (l *lineEnds) Write(p []byte) (int, error) {
	start := 0
	for i := 0; i < len(p); i++ {
		lf := bytes.IndexByte(p[i:], '\n')
		if lf < 0 {
			break
		}
		i += lf
		before := l.last
		if i > 0 {
			before = p[i-1]
		}
		if before == '\r' {
			continue
		}
		if _, err := l.w.Write(p[start:i]); err != nil {
			return start, err
		}
		if _, err := l.w.Write(cr); err != nil {
			return i, err
		}
		start = i
	}
	if len(p) > 0 {
		l.last = p[len(p)-1]
	}
	if _, err := l.w.Write(p[start:]); err != nil {
		return start, err
	}
	return len(p), nil
}
