package local

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
)

// Limits of a message while it is read.
const (
	// inMemory is up to what size a message is kept in memory, in octets;
	// beyond it goes to a temporary file without a name.
	inMemory = 1 << 20
	// maxLine is where longer lines are broken, well below what the doors take.
	maxLine = 1 << 19
)

// ErrTooLarge says that a message is larger than the limit of its reader.
var ErrTooLarge = errors.New("the message is too large")

// Text is a message in canonical form, wherever it lies.
type Text struct {
	head   []byte // in front of the rest
	memory []byte
	file   *os.File
	size   int64 // without head
	skip   int64 // of the rest, in front
}

// Size is the number of octets.
func (t *Text) Size() int64 { return int64(len(t.head)) + t.size - t.skip }

// Reader reads the text from its beginning.
func (t *Text) Reader() io.Reader {
	var rest io.ReaderAt = bytes.NewReader(t.memory)
	if t.file != nil {
		rest = t.file
	}
	return io.MultiReader(bytes.NewReader(t.head), io.NewSectionReader(rest, t.skip, t.size-t.skip))
}

// WithHead returns the text with head in place of its first octets. Only one of
// the two is to be closed.
func (t *Text) WithHead(head []byte, octets int64) Text {
	n := *t
	n.head, n.skip = head, octets
	return n
}

// Close gives a temporary file back.
func (t *Text) Close() {
	if t.file != nil {
		_ = t.file.Close() // it has no name any more
	}
}

// write appends octets.
func (t *Text) write(p []byte) (err error) {
	t.size += int64(len(p))
	if t.file == nil && t.size > inMemory {
		if t.file, err = unnamedFile(); err != nil {
			return err
		}
		if _, err = t.file.Write(t.memory); err != nil {
			return err
		}
		t.memory = nil
	}
	if t.file != nil {
		_, err = t.file.Write(p)
		return err
	}
	t.memory = append(t.memory, p...)
	return nil
}

func unnamedFile() (*os.File, error) {
	f, err := os.CreateTemp("", "sendmail-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// ReadText reads a message as programs write it and makes it canonical: every
// line ends in CR LF, whether it ended in LF, CR LF or CR (a progress bar);
// NUL becomes a space; a line of more than half a MiB is broken. With dotEnds
// a line of one dot ends the message (sendmail without -i). What is left of r
// then is not read. A message beyond limit octets is ErrTooLarge.
func ReadText(r io.Reader, dotEnds bool, limit int64) (*Text, error) {
	t := new(Text)
	if err := t.readFrom(r, dotEnds, limit); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *Text) readFrom(r io.Reader, dotEnds bool, limit int64) error {
	in := bufio.NewReaderSize(r, 64<<10)
	line := make([]byte, 0, 1024)
	for {
		var err error
		line, err = readLine(in, line[:0])
		ended := err == io.EOF
		if err != nil && !ended {
			return err
		}
		if ended && len(line) == 0 || dotEnds && string(line) == "." {
			return nil
		}
		if err := t.write(append(line, "\r\n"...)); err != nil {
			return err
		}
		if t.size > limit {
			return ErrTooLarge
		}
		if ended {
			return nil
		}
	}
}

// readLine reads up to a line end of any kind, which is not part of the line.
func readLine(in *bufio.Reader, line []byte) ([]byte, error) {
	for len(line) < maxLine {
		c, err := in.ReadByte()
		switch {
		case err != nil:
			return line, err
		case c == '\n':
			return line, nil
		case c == '\r':
			if next, err := in.Peek(1); err == nil && next[0] == '\n' {
				_, err = in.Discard(1)
				return line, err
			}
			return line, nil
		case c == 0:
			c = ' '
		}
		line = append(line, c)
	}
	return line, nil
}
