package interop

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
)

// value is a word of a response: an atom, a string or a list.
type value struct {
	text   string // of atoms in upper case
	quoted bool   // a string
	list   []value
	isList bool
}

// String writes a value in the one form in which values are compared.
func (v value) String() string {
	switch {
	case v.quoted:
		return fmt.Sprintf("%q", v.text)
	case !v.isList:
		return v.text
	}
	words := make([]string, len(v.list))
	for i, w := range v.list {
		words[i] = w.String()
	}
	return "(" + strings.Join(words, " ") + ")"
}

// folded is the value with its strings in upper case.
func (v value) folded() value {
	v.text = strings.ToUpper(v.text)
	list := v.list
	v.list = make([]value, len(list))
	for i, w := range list {
		v.list[i] = w.folded()
	}
	return v
}

// parseValues takes a response apart.
func parseValues(raw []byte) []value {
	p := valueParser{raw: raw}
	return p.list()
}

type valueParser struct {
	raw []byte
	i   int
}

// list reads up to the end or a closing parenthesis.
func (p *valueParser) list() []value {
	var out []value
	for p.i < len(p.raw) {
		switch c := p.raw[p.i]; c {
		case ' ':
			p.i++
		case ')':
			p.i++
			return out
		case '(':
			p.i++
			out = append(out, value{isList: true, list: p.list()})
		case '"':
			out = append(out, p.quoted())
		case '{', '~':
			out = append(out, p.literal())
		default:
			out = append(out, p.atom())
		}
	}
	return out
}

func (p *valueParser) quoted() value {
	var b strings.Builder
	for p.i++; p.i < len(p.raw) && p.raw[p.i] != '"'; p.i++ {
		if p.raw[p.i] == '\\' {
			p.i++
		}
		if p.i < len(p.raw) {
			b.WriteByte(p.raw[p.i])
		}
	}
	p.i++
	return value{text: b.String(), quoted: true}
}

func (p *valueParser) literal() value {
	end := bytes.IndexByte(p.raw[p.i:], '\n')
	if end < 0 {
		return p.atom()
	}
	n := literalSize(p.raw[p.i : p.i+end+1])
	start := p.i + end + 1
	if n < 0 || start+n > len(p.raw) {
		return p.atom()
	}
	p.i = start + n
	return value{text: string(p.raw[start:p.i]), quoted: true}
}

// atom reads a word. What stands in brackets belongs to it.
func (p *valueParser) atom() value {
	start, depth := p.i, 0
	for p.i++; p.i < len(p.raw); p.i++ {
		c := p.raw[p.i]
		if c == '[' {
			depth++
		}
		if c == ']' {
			depth--
		}
		if depth <= 0 && (c == ' ' || c == '(' || c == ')') {
			break
		}
	}
	return value{text: strings.ToUpper(string(p.raw[start:p.i]))}
}

// fetched are the items of a FETCH response by their names. ok is false for
// other responses.
func fetched(raw []byte) (seq string, items map[string]value, ok bool) {
	v := parseValues(raw)
	if len(v) < 3 || v[1].text != "FETCH" || !v[2].isList {
		return "", nil, false
	}
	items = map[string]value{}
	list := v[2].list
	for i := 0; i+1 < len(list); i += 2 {
		items[strings.Join(strings.Fields(list[i].text), " ")] = list[i+1]
	}
	return v[0].text, items, true
}

// numbers are those of the first response with that name, in order.
func (a answer) numbers(name string) []string {
	for _, raw := range a.untagged {
		v := parseValues(raw)
		if len(v) == 0 || v[0].text != name {
			continue
		}
		out := make([]string, 0, len(v)-1)
		for _, n := range v[1:] {
			out = append(out, n.String())
		}
		return out
	}
	return nil
}

// sortedWords is a list's words in order, for lists whose order says nothing.
func sortedWords(v []value) []string {
	words := make([]string, len(v))
	for i, w := range v {
		words[i] = w.String()
	}
	sort.Strings(words)
	return words
}
