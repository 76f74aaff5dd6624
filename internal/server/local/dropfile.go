package local

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A dropped message is a file: one line of JSON with the envelope, and the
// text. While it is written its name begins with a dot; the server sees only
// those that were renamed, which are whole and synced.

// maxHead bounds the line with the envelope, in octets.
const maxHead = 1 << 20

// head is the first line of a dropped message.
type head struct {
	Version  int       `json:"v"`
	Received time.Time `json:"received"`
	Envelope
}

var errFormat = errors.New("not a dropped message of this version")

// drop leaves a message for the server.
func drop(dir string, m *Message) error {
	line, err := json.Marshal(head{Version: 1, Received: time.Now().UTC(), Envelope: m.Envelope})
	if err != nil {
		return err
	}
	name := rand.Text()
	hidden := filepath.Join(dropPath(dir), "."+name)
	f, err := os.OpenFile(hidden, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := writeDrop(f, line, m); err != nil {
		return errors.Join(err, os.Remove(hidden))
	}
	if err := os.Rename(hidden, filepath.Join(dropPath(dir), name)); err != nil {
		return err
	}
	// The name must be durable too, in a directory that may not be opened by
	// its users: the file system as a whole is synced.
	return unix.Syncfs(int(f.Fd()))
}

func writeDrop(f *os.File, line []byte, m *Message) error {
	if _, err := f.Write(append(line, '\n')); err != nil {
		return err
	}
	if _, err := io.Copy(f, m.Text.Reader()); err != nil {
		return err
	}
	return f.Sync()
}

// dropped is a message that was found.
type dropped struct {
	head
	file  *os.File
	text  *io.SectionReader
	owner uint32
}

// openDrop opens a file that anybody may have put there: a regular file with
// one name, not a link to somebody else's.
func openDrop(path string, limit int64) (*dropped, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	d := &dropped{file: f}
	if err := d.read(limit); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return d, nil
}

func (d *dropped) read(limit int64) error {
	info, err := d.file.Stat()
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || !info.Mode().IsRegular() || stat.Nlink != 1:
		return fmt.Errorf("%w: not a regular file with one name", errFormat)
	case info.Size() > limit+maxHead:
		return ErrTooLarge
	}
	d.owner = stat.Uid
	in := bufio.NewReader(io.LimitReader(d.file, maxHead))
	line, err := in.ReadString('\n')
	if err != nil {
		return fmt.Errorf("%w: no envelope", errFormat)
	}
	if err := json.NewDecoder(strings.NewReader(line)).Decode(&d.head); err != nil || d.Version != 1 {
		return fmt.Errorf("%w: %v", errFormat, err)
	}
	if len(d.Rcpts) == 0 || len(d.Rcpts) > MaxRecipients {
		return fmt.Errorf("%w: %d recipients", errFormat, len(d.Rcpts))
	}
	d.text = io.NewSectionReader(d.file, int64(len(line)), info.Size()-int64(len(line)))
	return nil
}
