package sim

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Maildir is on the real file system, which does not crash: what was renamed
// into it stays, whatever becomes of the stores. That is the hard case for a
// delivery that must not be repeated.

// filesUnder makes a directory for the files of a world; in memory, where the
// machine has such a place.
func filesUnder() (string, error) {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		if dir, err := os.MkdirTemp(memory, "tram-sim"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "tram-sim")
}

// arrivedIn returns the files that a Maildir holds: name → text.
func arrivedIn(root string) (map[string]string, error) {
	dir := filepath.Join(root, maildir, "new")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	files := make(map[string]string, len(entries))
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		files[e.Name()] = string(b)
	}
	return files, nil
}

// restore writes the files of a Maildir into a new directory.
func restore(files map[string]string) (root string, err error) {
	if root, err = filesUnder(); err != nil {
		return "", err
	}
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(root, maildir, sub), 0o700); err != nil {
			return root, err
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, maildir, "new", name), []byte(text), 0o600); err != nil {
			return root, err
		}
	}
	return root, nil
}

// readFiles notes what lies in the Maildir.
func (f *findings) readFiles() error {
	files, err := arrivedIn(f.w.files)
	if err != nil {
		return err
	}
	for name, text := range files {
		text = strings.ReplaceAll(text, "\n", "\r\n")
		token := tokenOf(text)
		at := f.at(fileAccount, token)
		at.boxed = append(at.boxed, place{kind: inMailbox, mailbox: maildir})
		f.compare("file "+name, fileAccount, token, text)
	}
	return nil
}
