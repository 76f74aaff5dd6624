package config

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite generated files")

// The commented file reads back as the values it was made from.
func TestCommentedRoundTrip(t *testing.T) {
	for name, text := range map[string]string{"full": full, "little": "hostname = 'mail.example.org'"} {
		c, err := Parse("/x/tram.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("/x/tram.toml", c.Commented())
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, c.Commented())
		}
		if !c.Same(again) {
			t.Errorf("%s\n%s", c.render(), again.render())
		}
	}
}

func TestSame(t *testing.T) {
	a, _ := Parse("", []byte(full))
	b, _ := Parse("", bytes.Replace([]byte(full), []byte(`"10MiB"`), []byte(`"11MiB"`), 1))
	if a == nil || b == nil || !a.Same(a) || a.Same(b) {
		t.Error("a change of the message size was not seen")
	}
}

// docs/configuration.md holds the reference between two marks; go test
// ./internal/config -update writes it.
func TestReferenceIsInTheManual(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "configuration.md")
	begin, end := []byte("<!-- begin: made by go test ./internal/config -update -->\n"), []byte("\n<!-- end -->")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	i, j := bytes.Index(text, begin), bytes.Index(text, end)
	if i < 0 || j < i {
		t.Fatalf("%s lacks the marks around the reference", path)
	}
	i += len(begin)
	if bytes.Equal(text[i:j], Reference()) {
		return
	}
	if !*update {
		t.Fatalf("the reference in %s is out of date; run go test ./internal/config -update", path)
	}
	fresh := append(append(append([]byte{}, text[:i]...), Reference()...), text[j:]...)
	if err := os.WriteFile(path, fresh, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every example in the manual and every file below examples/ is a valid
// configuration.
func TestExamplesParse(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for _, part := range bytes.Split(text, []byte("```toml\n"))[1:] {
		example, _, _ := bytes.Cut(part, []byte("```"))
		if _, err := Parse("docs/configuration.md", example); err != nil {
			t.Errorf("%v\n%s", err, example)
		}
		examples++
	}
	files, _ := filepath.Glob(filepath.Join("..", "..", "examples", "*.toml"))
	for _, file := range files {
		if _, err := Load(file); err != nil {
			t.Error(err)
		}
	}
	if examples == 0 {
		t.Error("the manual has no example")
	}
}
