package directory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadInclude(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), 0o600))
		must(t, os.Chmod(path, mode))
		return path
	}
	good := file("good", "# people\n an@a.example, binh@a.example\r\n\n\"|/bin/x a, b\"\nCúc <cuc@a.example>", 0o644)
	got, err := ReadInclude(t.Context(), good)
	must(t, err)
	if want := []string{"an@a.example", "binh@a.example", `"|/bin/x a, b"`, "cuc@a.example"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for path, want := range map[string]error{
		file("shared", "an@a.example", 0o664):                                 errIncludeWrite,
		file("long", strings.Repeat("#", MaxInclude+1), 0o600):                errIncludeSize,
		file("many", strings.Repeat("a@b.example\n", MaxRecipients+1), 0o600): errIncludeLines,
		dir:                                errIncludeKind,
		filepath.Join(dir, "is not there"): os.ErrNotExist,
	} {
		_, err := ReadInclude(t.Context(), path)
		wants(t, path, err, want)
	}
}

func FuzzParseInclude(f *testing.F) {
	f.Add([]byte("a@b.example, \"|/x\" # c\n<x@y>"))
	f.Fuzz(func(t *testing.T, text []byte) {
		targets, err := ParseInclude(text)
		if err == nil && len(targets) > MaxRecipients {
			t.Errorf("%d targets", len(targets))
		}
		for _, s := range targets {
			if strings.TrimSpace(s) == "" {
				t.Errorf("empty target of %q", text)
			}
		}
	})
}

// TestExpandOutlets follows files, programs and includes, and aliases that lead
// through them in a circle.
func TestExpandOutlets(t *testing.T) {
	files := map[string][]string{
		"/people": {"an@a.example", "/var/box", "all@a.example", ":include:/more"},
		"/more":   {":include:/people", "x@else.example", "not an address"},
	}
	d := newDirectory(t, Options{Include: func(_ context.Context, path string) ([]string, error) {
		if list, ok := files[path]; ok {
			return list, nil
		}
		return nil, os.ErrNotExist
	}})
	addDomain(t, d, "a.example")
	addAccount(t, d, "an@a.example")
	addAlias(t, d, "all@a.example", ":include:/people", "|/bin/x -u", "|/bin/x -u", "/var/box")
	addAlias(t, d, "gone@a.example", ":include:/gone", "an@a.example")
	x, err := d.ExpandTree(t.Context(), addr("all@a.example"))
	must(t, err)
	if got := list(x); !strings.HasPrefix(got, "an@a.example x@else.example !all@a.example: the :include: file cannot be read: /more: ") {
		t.Errorf("got %q", got)
	}
	var outlets []string
	for _, o := range x.Outlets {
		outlets = append(outlets, o.Alias+" "+o.Target.String())
	}
	if want := []string{"all@a.example /var/box", "all@a.example |/bin/x -u"}; !slices.Equal(outlets, want) {
		t.Errorf("outlets %q", outlets)
	}
	if got := tree(x.Tree, ""); got != wantTree {
		t.Errorf("tree:\n%s", got)
	}
	x, err = d.Expand(t.Context(), addr("gone@a.example"))
	must(t, err)
	if len(x.Accounts) != 1 || len(x.Failures) != 1 || !errors.Is(x.Failures[0].Err, ErrInclude) || x.Tree != nil {
		t.Errorf("%+v", x)
	}
}

const wantTree = `all@a.example: alias via all@a.example
  :include:/people: include
    an@a.example: account
    /var/box: file
    all@a.example: seen already
    :include:/more: include
      :include:/people: seen already
      x@else.example: not local
  |/bin/x -u: program
  /var/box: seen already
`

func tree(n *Node, indent string) string {
	s := indent + n.Address + ": " + n.What
	if n.Via != "" {
		s += " via " + n.Via
	}
	if strings.Contains(n.What, "cannot be read") { // the reason is another test's
		s = indent + n.Address + ": include"
	}
	s += "\n"
	for _, c := range n.Children {
		s += tree(c, indent+"  ")
	}
	return s
}

// TestIncludesAreBounded: files that name each other end at MaxDepth.
func TestIncludesAreBounded(t *testing.T) {
	d := newDirectory(t, Options{Include: func(_ context.Context, path string) ([]string, error) {
		return []string{fmt.Sprintf(":include:%sx", path)}, nil
	}})
	addDomain(t, d, "a.example")
	addAlias(t, d, "deep@a.example", ":include:/x")
	x, err := d.Expand(t.Context(), addr("deep@a.example"))
	must(t, err)
	if len(x.Failures) != 1 || x.Failures[0].Err != ErrTooDeep {
		t.Errorf("%+v", x)
	}
}
