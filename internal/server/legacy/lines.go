package legacy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// line is a logical line: a physical one with those that continue it.
type line struct {
	text string
	source
}

// logicalLines joins lines that begin with a blank to the one before them.
// Comments and empty lines go; a comment does not end a line that goes on.
func logicalLines(file string, text []byte) (lines []line) {
	n := 0
	for raw := range bytes.Lines(text) {
		n++
		s := strings.TrimRight(string(raw), "\r\n\t ")
		body := strings.TrimLeft(s, " \t")
		switch {
		case body == "" || body[0] == '#':
		case s != body && len(lines) > 0:
			lines[len(lines)-1].text += " " + body
		default:
			lines = append(lines, line{body, source{file, n}})
		}
	}
	return lines
}

// read returns the text of a file, found is false when there is none. A path
// with directories is looked for by its last element in Dir first.
func (m *importer) read(path string) (name string, text []byte, found bool, err error) {
	for _, candidate := range []string{filepath.Join(m.o.Dir, filepath.Base(path)), path} {
		if !filepath.IsAbs(path) && candidate == path {
			candidate = filepath.Join(m.o.Dir, path)
		}
		text, err = readAll(candidate)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return candidate, nil, false, err
		}
		m.out.Files = append(m.out.Files, candidate)
		return m.shown(candidate), text, true, nil
	}
	return path, nil, false, nil
}

// shown is the name of a file in notes.
func (m *importer) shown(path string) string {
	if rel, err := filepath.Rel(m.o.Dir, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}

func readAll(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > MaxFile:
		return nil, fmt.Errorf("%s has more than %d octets", path, MaxFile)
	case !utf8.Valid(text):
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	return text, nil
}

// pair is a line of a table: a key and what stands behind it.
type pair struct {
	key, value string
	source
}

// pairs reads a table: key, blanks, value.
func pairs(file string, text []byte) (out []pair) {
	for _, l := range logicalLines(file, text) {
		key, value := cutBlank(l.text)
		out = append(out, pair{key, value, l.source})
	}
	return out
}

// cutBlank splits at the first blanks outside of quotes.
func cutBlank(s string) (key, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case (c == ' ' || c == '\t') && !quoted:
			return s[:i], strings.TrimSpace(s[i:])
		}
	}
	return s, ""
}

// words splits a list at blanks and commas.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}
