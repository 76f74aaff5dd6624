package legacy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tram/internal/directory"
)

// forwards reads the .forward files of users.
func (m *importer) forwards() error {
	files, err := m.forwardFiles()
	if err != nil {
		return err
	}
	for _, f := range files {
		name, text, found, err := m.readForward(f.path)
		if err != nil {
			m.note(source{file: f.path}, "", "%v", err)
			continue
		}
		if found {
			m.forward(f.user, name, text)
		}
	}
	return nil
}

type forwardFile struct{ user, path string }

// forwardFiles are forward/USER, and HOMES/USER/.forward.
func (m *importer) forwardFiles() (out []forwardFile, err error) {
	for _, place := range []struct{ dir, file string }{{filepath.Join(m.o.Dir, "forward"), ""}, {m.o.Homes, ".forward"}} {
		if place.dir == "" {
			continue
		}
		entries, err := os.ReadDir(place.dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.IsDir() == (place.file != "") {
				out = append(out, forwardFile{e.Name(), filepath.Join(place.dir, e.Name(), place.file)})
			}
		}
	}
	return out, nil
}

func (m *importer) readForward(path string) (name string, text []byte, found bool, err error) {
	text, err = readAll(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, false, nil
	}
	if err == nil {
		m.out.Files = append(m.out.Files, path)
	}
	return m.shown(path), text, err == nil, err
}

// forward turns a user's file into an alias, or into copies when the user keeps
// the mail. Programs and files ran as the user, which an alias does not.
func (m *importer) forward(user, file string, text []byte) {
	s := source{file: file, line: 1}
	addr, ok := m.own(user, s)
	if !ok {
		return
	}
	var targets []string
	keeps := false
	for _, l := range logicalLines(file, text) {
		for _, t := range directory.SplitTargets(l.text) {
			if bare := strings.TrimPrefix(t, `\`); strings.EqualFold(bare, user) || strings.EqualFold(bare, addr) {
				keeps = true
				continue
			}
			to, ok := m.target(t, l.source)
			if !ok {
				continue
			}
			if p, err := directory.ParseTarget(to); err != nil || p.Kind != directory.ToAddress {
				m.note(l.source, t, "files and programs of users are not carried over: only an administrator makes such aliases")
				continue
			}
			targets = append(targets, to)
		}
	}
	switch {
	case keeps || m.hasAccount(addr):
		if !keeps {
			m.note(s, addr, "an account has this address: it keeps the mail, and a copy goes to %s", strings.Join(targets, ", "))
		}
		m.bareUser(addr, s)
		for _, t := range targets {
			m.copyOf(addr, t, s)
		}
	case len(targets) > 0:
		m.alias(addr, targets, s)
	}
}
