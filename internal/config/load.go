package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// maxFileBytes bounds the file; the largest useful one has a few KiB.
const maxFileBytes = 1 << 20

// Load reads and checks a file. Its error is Problems when the file could be
// read. Relative paths in it are relative to the file's directory.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	} else if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("read configuration: %s has %d bytes, more than %d; is it the right file?", path, info.Size(), maxFileBytes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if len(text) == 0 {
		// Somebody may be writing it right now, and the defaults are far from
		// what he will have written.
		return nil, fmt.Errorf("read configuration: %s is empty; write at least a comment into it to get the defaults", path)
	}
	return Parse(path, text)
}

// Parse reads and checks the text of a file. The name is used in problems and
// as the place that relative paths start from; it may be empty.
func Parse(name string, text []byte) (*Config, error) {
	c := Default()
	c.file = name
	c.lines = make(map[string]int)
	r := &report{config: c}
	read(r, text)
	r.syntax(text)
	c.complete()
	c.check(r)
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// syntax reports what the TOML library finds wrong and read could not see.
func (r *report) syntax(text []byte) {
	var ignored map[string]any
	err := toml.Unmarshal(text, &ignored)
	if err == nil {
		return
	}
	message := strings.TrimPrefix(err.Error(), "toml: ")
	at := new(toml.DecodeError)
	switch {
	case errors.As(err, &at):
		line, _ := at.Position()
		r.line(line, "", "%s", message)
	case len(r.problems) == 0: // without a line it only repeats what read has reported
		r.line(0, "", "%s", message)
	}
}

// complete fills in what depends on other values or on the machine.
func (c *Config) complete() {
	if c.Hostname == "" {
		c.Hostname, _ = os.Hostname()
	}
	if len(c.Listeners) == 0 {
		c.Listeners = UsualListeners("", 0)
	}
	for i := range c.Listeners {
		l := &c.Listeners[i]
		if l.TLS == "" && l.Protocol == POP2 {
			l.TLS = NoTLS // it has no STARTTLS
		}
		if l.TLS == "" {
			l.TLS = usualTLS(l.Port())
		}
		if l.Unix() {
			l.TLS = NoTLS // what does not leave the machine needs none
		}
		if l.PlaintextLogin == "" {
			l.PlaintextLogin = Loopback
		}
	}
	for _, path := range []*string{&c.Data, &c.TLS.Certificate, &c.TLS.Key, &c.Local.Directory, &c.Local.Aliases} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(filepath.Dir(c.file), *path)
		}
	}
}

// usualTLS is what clients expect on a port (RFC 8314 3).
func usualTLS(port int) TLSMode {
	switch port {
	case 465, 993, 995:
		return Implicit
	}
	return StartTLS
}
