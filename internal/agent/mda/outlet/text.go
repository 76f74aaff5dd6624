package outlet

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"tram/internal/mail/address"
)

// textBuffer is the size of the buffers that a message goes through, in bytes.
const textBuffer = 64 << 10

// quoting says whether lines that look like a From_ line get a ">".
type quoting bool

const (
	verbatim quoting = false
	mboxrd   quoting = true
)

// copyUnix copies a message with LF line ends; the last line gets one when it
// has none. Bare CR stays what it is.
func copyUnix(ctx context.Context, dst io.Writer, src io.Reader, q quoting) error {
	r := bufio.NewReaderSize(src, textBuffer)
	w := bufio.NewWriterSize(dst, textBuffer)
	atStart := true // of a line
	for {
		piece, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = nil
			if piece[len(piece)-1] == '\r' { // its LF may come next
				piece = piece[:len(piece)-1]
				_ = r.UnreadByte() // cannot fail after a read
			}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if q == mboxrd && atStart && looksLikeFrom(piece) {
			w.WriteByte('>')
		}
		if len(piece) > 0 {
			atStart = piece[len(piece)-1] == '\n'
			writeUnix(w, piece)
		}
		if err != nil {
			if !atStart {
				w.WriteByte('\n')
			}
			return w.Flush() // bufio keeps the first error
		}
	}
}

// writeUnix writes a piece of a line, without the CR of a CRLF.
func writeUnix(w *bufio.Writer, piece []byte) {
	if line, ok := bytes.CutSuffix(piece, []byte("\r\n")); ok {
		w.Write(line)
		w.WriteByte('\n')
		return
	}
	w.Write(piece)
}

// looksLikeFrom reports whether a line is ^>*From␣. Quoting those with ">" too
// is what makes mboxrd reversible.
func looksLikeFrom(line []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From "))
}

// fromLine is the line in front of a message (RFC 4155): sender and time in
// UTC, in the form of C's asctime.
func fromLine(sender address.Address, at time.Time) string {
	name := "MAILER-DAEMON"
	if !sender.IsNull() {
		name = sender.String()
	}
	// A quoted local part may hold spaces; programs split this line at them.
	name = string(bytes.ReplaceAll([]byte(name), []byte(" "), []byte("-")))
	return "From " + name + " " + at.UTC().Format(time.ANSIC) + "\n"
}
