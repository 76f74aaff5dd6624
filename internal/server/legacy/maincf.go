package legacy

import (
	"strings"
)

// mainCF is Postfix's main.cf, postconf(5): name = value, lines that begin
// with a blank go on, $name stands for a value.
type mainCF struct {
	values map[string]parameter
	order  []string
}

type parameter struct {
	text string // as it stands there
	source
}

// maxExpand bounds the work of one value, in octets and in uses of $, loops
// included.
const maxExpand = 1 << 20

func parseMainCF(file string, text []byte) (c mainCF, bad []line) {
	c.values = make(map[string]parameter)
	for _, l := range logicalLines(file, text) {
		name, value, ok := strings.Cut(l.text, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			bad = append(bad, l)
			continue
		}
		if _, there := c.values[name]; !there {
			c.order = append(c.order, name)
		}
		c.values[name] = parameter{strings.TrimSpace(value), l.source}
	}
	return c, bad
}

// value returns a parameter with what it refers to, and where it stands.
func (c mainCF) value(name string) (string, source, bool) {
	p, ok := c.values[name]
	if !ok {
		return "", source{file: "main.cf"}, false
	}
	left := maxExpand
	return c.expand(p.text, 0, &left), p.source, true
}

// maxDepth bounds parameters that refer to each other.
const maxDepth = 10

// expand replaces $name, ${name} and $(name). What cannot be looked up is
// empty, as in Postfix.
func (c mainCF) expand(s string, depth int, left *int) string {
	var out strings.Builder
	for {
		before, after, ok := strings.Cut(s, "$")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		name, rest := variable(after)
		p, there := c.values[name]
		if *left -= 1 + len(p.text); *left < 0 || depth > maxDepth {
			return out.String()
		}
		if there {
			out.WriteString(c.expand(p.text, depth+1, left))
		}
		s = rest
	}
}

// variable cuts the name off what follows a $.
func variable(s string) (name, rest string) {
	if s != "" && (s[0] == '{' || s[0] == '(') {
		end := strings.IndexAny(s, "})")
		if end < 0 {
			return "", s[1:]
		}
		return s[1:end], s[end+1:]
	}
	end := strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	})
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// defaults are the values of parameters that others refer to.
func (c *mainCF) defaults(hostname string) {
	set := func(name, value string) {
		if _, there := c.values[name]; !there {
			c.values[name] = parameter{value, source{file: "main.cf"}}
		}
	}
	set("myhostname", hostname)
	_, domain, ok := strings.Cut(c.values["myhostname"].text, ".")
	if !ok || !strings.Contains(domain, ".") {
		domain = c.values["myhostname"].text
	}
	set("mydomain", domain)
	set("myorigin", "$myhostname")
	set("mydestination", "$myhostname, localhost.$mydomain, localhost")
}
