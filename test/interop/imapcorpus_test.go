package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sample is a message with the name by which exceptions call it.
type sample struct {
	name string
	text []byte // with CRLF, without NUL
}

// corpus is every message of the shared folder: files that are one, and those
// that lie in files of another form.
func corpus(t testing.TB) []sample {
	t.Helper()
	root := sharedData(t)
	var all []sample
	add := func(name string, text []byte) {
		text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
		if text = bytes.ReplaceAll(text, []byte{0}, nil); len(text) > 0 {
			all = append(all, sample{name, text})
		}
	}
	for _, path := range messageFiles(t, root) {
		text := readFile(t, filepath.Join(root, path))
		switch {
		case isMessage(path):
			add(path, text)
		case strings.HasSuffix(path, ".yml"):
			for i, m := range blocks(yamlMessage, text) {
				add(fmt.Sprintf("%s#%d", path, i+1), unindent(m))
			}
		case strings.HasSuffix(path, ".svtest"):
			for i, m := range blocks(sieveMessage, text) {
				add(fmt.Sprintf("%s#%d", path, i+1), m)
			}
		case strings.HasPrefix(path, "rfc2231-angus/param"):
			for i, m := range blocks(parameterTest, text) {
				add(fmt.Sprintf("%s#%d", path, i+1), append(m, "Subject: parameters\n\nbody\n"...))
			}
		case strings.HasPrefix(path, "mime-mail-parser/"):
			for i, h := range headerTests(t, path, text) {
				add(fmt.Sprintf("%s#%d", path, i+1), []byte(h))
			}
		}
	}
	return all
}

func sharedData(t testing.TB) string {
	t.Helper()
	root, err := filepath.Abs("../../../shared/data")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root); err != nil {
		t.Skip("there is no shared folder beside the project")
	}
	return root
}

func messageFiles(t testing.TB, root string) []string {
	t.Helper()
	var paths []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	return paths
}

// isMessage tells the files that are a message by their names.
func isMessage(path string) bool {
	base := filepath.Base(path)
	switch filepath.Ext(base) {
	case ".eml", ".msg", ".raw", ".txt":
		return true
	}
	return strings.HasPrefix(base, "msg_")
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var (
	yamlMessage   = regexp.MustCompile(`(?m)^ +message: +[|>]-?\n((?: {6}.*\n|\n)+)`)
	sieveMessage  = regexp.MustCompile(`(?ms)test_set "message" text:\n(.*?)^\.$`)
	parameterTest = regexp.MustCompile(`(?m)^(Content-Type:.*\n(?:[ \t].*\n)*)`)
)

// blocks are the first groups of a pattern's matches.
func blocks(pattern *regexp.Regexp, text []byte) [][]byte {
	var out [][]byte
	for _, m := range pattern.FindAllSubmatch(text, -1) {
		out = append(out, bytes.Clone(m[1]))
	}
	return out
}

func unindent(text []byte) []byte {
	return bytes.ReplaceAll(append([]byte("\n"), text...), []byte("\n      "), []byte("\n"))[1:]
}

// headerTests puts the values that another parser is tested with into the
// fields that they are meant for.
func headerTests(t testing.TB, path string, text []byte) []string {
	t.Helper()
	fields := map[string][]string{
		"address.json": {"From", "To", "Cc"}, "content_type.json": {"Content-Type", "Content-Disposition"}, "date.json": {"Date"},
		"id.json": {"Message-ID", "In-Reply-To", "References"}, "unstructured.json": {"Subject"}, "list.json": {"Subject"},
	}[filepath.Base(path)]
	if fields == nil {
		return nil
	}
	var cases []struct{ Header string }
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var out []string
	for _, c := range cases {
		value := strings.TrimRight(c.Header, "\r\n")
		var b strings.Builder
		for _, f := range fields {
			fmt.Fprintf(&b, "%s: %s\n", f, value)
		}
		out = append(out, b.String()+"MIME-Version: 1.0\n\nbody\n")
	}
	return out
}
