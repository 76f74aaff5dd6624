package config

import (
	"bytes"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// reader walks over the syntax tree of the file. It goes on after a mistake,
// so that all of them are found at once; that is why it does not use the
// library's decoder, which stops at the first.
type reader struct {
	*report
	text     []byte
	sections map[string]section

	current section // the table being read
	known   bool    // whether its name is known; keys of an unknown one are not reported again
}

// read fills in r.config from the text.
func read(r *report, text []byte) {
	in := &reader{report: r, text: text, sections: make(map[string]section), known: true}
	for _, s := range sections() {
		in.sections[s.name] = s
	}
	in.current = in.sections[""]

	var parser unstable.Parser
	parser.Reset(text)
	for parser.NextExpression() {
		node := parser.Expression()
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			path, line := in.path(node)
			in.enter(path, line, node.Kind == unstable.ArrayTable)
		case unstable.KeyValue:
			if in.known {
				in.keyValue(in.current, node)
			}
		}
	}
	// An error of the parser is one of syntax and has been reported already.
}

// path is the dotted key of a node and the line where it stands.
func (in *reader) path(node *unstable.Node) ([]string, int) {
	var parts []string
	line := 0
	for it := node.Key(); it.Next(); {
		key := it.Node()
		if line == 0 {
			line = 1 + bytes.Count(in.text[:key.Raw.Offset], []byte("\n"))
		}
		parts = append(parts, string(key.Data))
	}
	return parts, line
}

// enter begins the table [name] or [[name]].
func (in *reader) enter(path []string, line int, double bool) {
	name := strings.Join(path, ".")
	var ok bool
	in.current, ok = in.sections[name]
	in.known = ok && name != ""
	switch {
	case !in.known:
		in.line(line, name, "no such table%s", in.suggestTable(name))
	case in.current.repeated && !double:
		in.line(line, name, "stands for a list; write [[%s]] with two brackets", name)
		in.begin(line)
	case !in.current.repeated && double:
		in.line(line, name, "stands once; write [%s] with one bracket", name)
	case double:
		in.begin(line)
	default:
		if first := in.config.lines[name]; first != 0 {
			in.line(line, name, "stands twice; the first [%s] is on line %d", name, first)
		}
		in.config.lines[name] = line
	}
}

// begin adds an entry to the one list there is.
func (in *reader) begin(line int) {
	in.config.Listeners = append(in.config.Listeners, Listener{})
	in.config.lines[strings.TrimSuffix(ListenerKey(len(in.config.Listeners)-1, ""), ".")] = line
}

// keyValue reads key = value inside a table.
func (in *reader) keyValue(table section, node *unstable.Node) {
	path, line := in.path(node)
	if inner, ok := in.sections[path[0]]; ok && table.name == "" {
		in.inlineTable(inner, path, line, node)
		return
	}
	key := strings.Join(path, ".")
	for _, s := range table.settings {
		if s.key == key {
			in.set(table, s, line, node.Value())
			return
		}
	}
	in.line(line, in.fullKey(table, key), "no such key%s", suggest(key, keysOf(table)))
}

// inlineTable reads the other spellings of a table: limits.recipients = 1,
// limits = {recipients = 1} and listener = [{…}, {…}].
func (in *reader) inlineTable(table section, path []string, line int, node *unstable.Node) {
	value := node.Value()
	switch {
	case len(path) == 2 && !table.repeated:
		in.dotted(table, path[1], line, value)
	case len(path) == 1 && !table.repeated && value.Kind == unstable.InlineTable:
		in.config.lines[table.name] = line
		in.children(table, value)
	case len(path) == 1 && table.repeated && value.Kind == unstable.Array:
		for it := value.Children(); it.Next(); {
			if it.Node().Kind != unstable.InlineTable {
				in.line(line, table.name, "is a list of tables; write [[%s]] for each", table.name)
				return
			}
			in.begin(line)
			in.children(table, it.Node())
		}
	default:
		in.line(line, strings.Join(path, "."), "is a table; write [%s] on a line of its own and its keys below", table.name)
	}
}

// dotted reads table.key = value in front of the first table.
func (in *reader) dotted(table section, key string, line int, value *unstable.Node) {
	for _, s := range table.settings {
		if s.key == key {
			in.set(table, s, line, value)
			return
		}
	}
	in.line(line, in.fullKey(table, key), "no such key%s", suggest(key, keysOf(table)))
}

// children reads the pairs of an inline table.
func (in *reader) children(table section, node *unstable.Node) {
	for it := node.Children(); it.Next(); {
		in.keyValue(table, it.Node())
	}
}

// set stores a value and where it stands.
func (in *reader) set(table section, s setting, line int, value *unstable.Node) {
	key := in.fullKey(table, s.key)
	if first := in.config.lines[key]; first != 0 {
		in.line(line, key, "stands twice; the first one is on line %d", first)
	}
	in.config.lines[key] = line
	if err := decode(value, s.at(in.config)); err != nil {
		in.line(line, key, "%s", err)
	}
}

// fullKey is the key as Problem wants it.
func (in *reader) fullKey(table section, key string) string {
	switch {
	case table.repeated:
		return ListenerKey(len(in.config.Listeners)-1, key)
	case table.name == "":
		return key
	}
	return table.name + "." + key
}
