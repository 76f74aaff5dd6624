package message

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParseContentType(t *testing.T) {
	tests := []struct {
		in   string
		want ContentType
	}{
		{"text/plain", ContentType{Type: "text", Subtype: "plain"}},
		{" (c) TEXT (c) / HTML (c) ; (c) Charset (c) = (c) \"UTF-8\" (c) ; x=y", ContentType{"text", "html", []Param{{"charset", "UTF-8"}, {"x", "y"}}}},
		{"", ContentType{Type: "text", Subtype: "plain"}},
		{"nonsense", ContentType{Type: "text", Subtype: "plain"}},
		{"a/b c", ContentType{Type: "text", Subtype: "plain"}},
		{"a/b; ; x; y=z;", ContentType{"a", "b", []Param{{"y", "z"}}}},
		{"a/b;; charset=x", ContentType{"a", "b", []Param{{"charset", "x"}}}},
		{"a/b; name=my file.txt ;x=1", ContentType{"a", "b", []Param{{"name", "my file.txt"}, {"x", "1"}}}},
		{"a/b; name=\"=?utf-8?q?t=E1=BB=87p?=.txt\"", ContentType{"a", "b", []Param{{"name", "tệp.txt"}}}},
		{"a/b; name*=utf-8'vi'%C4%91%C6%B0%E1%BB%9Dng", ContentType{"a", "b", []Param{{"name", "đường"}}}},
		{"a/b; name*=%C4%91", ContentType{"a", "b", []Param{{"name", "đ"}}}},
		{"a/b; name*1=\"y\"; name*0=\"x\"", ContentType{"a", "b", []Param{{"name", "xy"}}}},
		{"a/b; name*1=\"y\"", ContentType{"a", "b", []Param{{"name*1", "y"}}}},
		{"a/b; name*0*=utf-8''%e1%bb; name*1*=%87", ContentType{"a", "b", []Param{{"name", "ệ"}}}},
		{"a/b; name*=x-nonsense''%41%ff", ContentType{"a", "b", []Param{{"name", "A\uFFFD"}}}},
	}
	for _, tt := range tests {
		got := ParseContentType([]byte(tt.in))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q:\n%s", tt.in, diff)
		}
	}
}

func TestParseDisposition(t *testing.T) {
	word, params := ParseDisposition([]byte("Attachment; FileName=\"a b.txt\"; size=3"))
	want := []Param{{"filename", "a b.txt"}, {"size", "3"}}
	if word != "attachment" || !slices.Equal(params, want) {
		t.Errorf("%q %v", word, params)
	}
	if name := Filename(params, nil); name != "a b.txt" {
		t.Errorf("file name %q", name)
	}
	if name := Filename(nil, []Param{{"name", "x"}}); name != "x" {
		t.Errorf("file name %q", name)
	}
}

func TestParamLimit(t *testing.T) {
	value := append([]byte("a/b"), repeated("; x=y", 3*MaxParams)...)
	if n := len(ParseContentType(value).Params); n != MaxParams {
		t.Errorf("%d parameters, want %d", n, MaxParams)
	}
}

// TestAngusParameters reads the parameter lists that JavaMail is tested with.
func TestAngusParameters(t *testing.T) {
	folder := sharedFolder(t, "data/rfc2231-angus")
	// What that parser does otherwise: it keeps the pieces before a gap
	// together, and decodes no encoded words.
	different := func(want []string) bool {
		return slices.ContainsFunc(want, func(s string) bool {
			return strings.HasPrefix(s, "title*3=") || strings.Contains(s, "=?Windows")
		})
	}
	count := 0
	for _, name := range []string{"paramdata", "paramdatanostrict"} {
		for field, want := range angusCases(t, filepath.Join(folder, name)) {
			if different(want) {
				continue
			}
			count++
			var got []string
			for _, p := range ParseContentType([]byte(field)).Params {
				got = append(got, p.Name+"="+p.Value)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%q\n got %q\nwant %q", field, got, want)
			}
		}
	}
	if count < 15 {
		t.Errorf("only %d cases", count)
	}
}

// angusCases reads "Content-Type: ..." followed by "Expect: n" and n lines.
func angusCases(t *testing.T, file string) map[string][]string {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][]string{}
	field, expect := "", 0
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		line := lines.Text()
		switch {
		case expect > 0:
			text, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.TrimSpace(line), `"`, `\"`) + `"`)
			if err != nil {
				t.Fatal(err)
			}
			cases[field] = append(cases[field], text)
			expect--
		case strings.HasPrefix(line, "Content-Type:"):
			field = strings.TrimPrefix(line, "Content-Type:")
		case strings.HasPrefix(line, "Expect:"):
			fmt.Sscanf(line, "Expect: %d", &expect)
		case field != "" && (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")):
			field += "\r\n" + line
		}
	}
	return cases
}

func FuzzParams(f *testing.F) {
	for _, s := range []string{
		"text/plain; charset=utf-8", "a/b; n*0*=utf-8''%e1; n*1=\"x\"", "a/b; x=(", "a/b; x=\"\\", "a/b;;;*=;*0=;*1*=", "a/b; x=y=z",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, p := range ParseContentType(value).Params {
			if p.Name != strings.ToLower(p.Name) || !utf8.ValidString(p.Value) {
				t.Errorf("parameter %+q", p)
			}
		}
		ParseDisposition(value)
		h := slices.Concat([]byte("Content-Disposition: "), value, []byte("\r\nContent-Type: "), value)
		checkWire(t, "structure", digestOf(t, h).BodyStructure)
	})
}
