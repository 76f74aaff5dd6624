package config

import (
	"bytes"
	"encoding"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
)

// Commented is a file that sets the given values, says what every key means
// and shows the ones left at their default as comments.
func (c *Config) Commented() []byte {
	var b bytes.Buffer
	b.WriteString("# Configuration of Tram. Check it with: tram check\n# Lines that begin with # are comments; keys in them stand at their default.\n")
	defaults := Default()
	for _, s := range sections() {
		if s.repeated {
			c.commentListeners(&b, s)
			continue
		}
		b.WriteByte('\n')
		if s.name != "" {
			comment(&b, s.doc)
			fmt.Fprintf(&b, "[%s]\n", s.name)
		}
		for _, one := range s.settings {
			comment(&b, one.doc)
			value, usual := literal(one.at(c)), literal(one.at(defaults))
			if value == usual && s.name != "" {
				b.WriteString("# ")
			}
			fmt.Fprintf(&b, "%s = %s\n", one.key, value)
		}
	}
	return b.Bytes()
}

// commentListeners writes the list, explaining the keys once.
func (c *Config) commentListeners(b *bytes.Buffer, s section) {
	b.WriteByte('\n')
	comment(b, s.doc+" Its keys:")
	for _, one := range s.settings {
		comment(b, "- "+one.key+": "+one.doc)
	}
	for _, l := range c.Listeners {
		fmt.Fprintf(b, "\n[[listener]]\nprotocol = %q\naddress = %q\n", l.Protocol, l.Address)
		if l.TLS != "" && l.TLS != usualTLS(l.Port()) {
			fmt.Fprintf(b, "tls = %q\n", l.TLS)
		}
		if l.PlaintextLogin != "" && l.PlaintextLogin != Loopback {
			fmt.Fprintf(b, "plaintext_login = %q\n", l.PlaintextLogin)
		}
		if l.Proxy {
			b.WriteString("proxy = true\n")
		}
	}
}

// Reference is the list of all keys in Markdown, for docs/configuration.md.
func Reference() []byte {
	var b bytes.Buffer
	defaults := Default()
	defaults.Listeners = []Listener{{}}
	for _, s := range sections() {
		switch {
		case s.repeated:
			fmt.Fprintf(&b, "### `[[%s]]`\n\n%s\n\n", s.name, s.doc)
		case s.name != "":
			fmt.Fprintf(&b, "### `[%s]`\n\n%s\n\n", s.name, s.doc)
		}
		b.WriteString("| Key | Default | Meaning |\n|---|---|---|\n")
		for _, one := range s.settings {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", one.key, literal(one.at(defaults)), one.doc)
		}
		b.WriteByte('\n')
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// comment writes text as comment lines of at most 100 bytes or so.
func comment(b *bytes.Buffer, text string) {
	const width = 96
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// literal is a field as it is written in the file.
func literal(field any) string {
	switch v := field.(type) {
	case *string:
		return strconv.Quote(*v)
	case *Secret:
		return strconv.Quote(string(*v))
	case *bool:
		return strconv.FormatBool(*v)
	case *int:
		return strconv.Itoa(*v)
	case *[]string:
		return list(*v, func(s string) string { return s })
	case *[]Duration:
		return list(*v, Duration.String)
	case *[]netip.Prefix:
		return list(*v, netip.Prefix.String)
	case encoding.TextMarshaler:
		text, _ := v.MarshalText()
		return strconv.Quote(string(text))
	}
	return strconv.Quote(reflect.ValueOf(field).Elem().String()) // the choices are strings
}

func list[T any](values []T, text func(T) string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = strconv.Quote(text(v))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// render is every value as it would be written.
func (c *Config) render() []byte {
	var b bytes.Buffer
	for _, s := range sections() {
		if s.repeated {
			fmt.Fprintf(&b, "%+v\n", c.Listeners)
			continue
		}
		for _, one := range s.settings {
			fmt.Fprintf(&b, "%s.%s = %s\n", s.name, one.key, literal(one.at(c)))
		}
	}
	return b.Bytes()
}
