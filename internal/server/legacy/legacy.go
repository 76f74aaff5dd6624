package legacy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tram/internal/server/control"
)

// System is whose files are read.
type System string

// The systems.
const (
	Sendmail System = "sendmail"
	Postfix  System = "postfix"
)

// Options say what is read.
type Options struct {
	System   System
	Dir      string // the directory with the files
	Hostname string // of the machine, when the files do not say
	Domain   string // gets names without a domain; "" is found in the files, or Hostname
	// Homes is where users' own files are: <Homes>/<user>/.forward. "" reads
	// Dir/forward/<user> only.
	Homes string
	// HasAccount reports whether an account of this address exists already: it
	// cannot be an alias too. nil is never.
	HasAccount func(address string) bool
}

// Result is what was read.
type Result struct {
	Book  control.Book
	Notes []Note
	Files []string // that were read
}

// Note says what could not be carried over, and why.
type Note struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"` // 0: the file as a whole
	Text string `json:"text,omitempty"`
	Why  string `json:"why"`
}

// String is "file:line: text: why".
func (n Note) String() string {
	where := n.File
	if n.Line > 0 {
		where = fmt.Sprintf("%s:%d", n.File, n.Line)
	}
	if n.Text == "" {
		return where + ": " + n.Why
	}
	return where + ": " + n.Text + ": " + n.Why
}

// MaxFile bounds each file that is read, in octets.
const MaxFile = 32 << 20

// Read reads the files of a directory. The error is about files that are there
// and cannot be read; everything else is a note.
func Read(o Options) (*Result, error) {
	m := newImporter(o)
	var err error
	if o.Domain != "" {
		m.local([]string{o.Domain}, source{file: o.Dir})
	}
	switch o.System {
	case Postfix:
		err = m.postfix()
	case Sendmail:
		err = m.sendmail()
	default:
		err = fmt.Errorf("no files of %q are known; there are sendmail and postfix", o.System)
	}
	if err == nil {
		err = m.forwards()
	}
	if err != nil {
		return nil, err
	}
	m.finish()
	return &m.out, nil
}

// ReadAliases reads one file in the form of /etc/aliases; its names are in
// o.Domain. Only o.HasAccount counts beside.
func ReadAliases(o Options, path string) (*Result, error) {
	m := newImporter(o)
	m.local([]string{o.Domain}, source{file: path})
	text, err := readAll(path)
	if err != nil {
		return nil, err
	}
	m.aliasFile(path, text)
	m.finish()
	m.out.Book.Domains = nil
	return &m.out, nil
}

// importer is the state of one import.
type importer struct {
	o         Options
	out       Result
	domains   map[string]*control.BookDomain
	order     []string // of domains
	primary   string   // domain of names without one
	separator string
	aliases   map[string]*alias // by address
	names     []string          // of aliases, in order
	bare      map[string]source // addresses of local users that were named
	routes    map[string]int    // sender's pattern → index of its route
	made      map[[3]string]bool
}

// once reports whether a rule is the first of its name.
func (m *importer) once(what, a, b string) bool {
	name := [3]string{what, a, b}
	first := !m.made[name]
	m.made[name] = true
	return first
}

// alias is one that was read, and where.
type alias struct {
	control.Alias
	source
}

// source is where something stands.
type source struct {
	file string
	line int
}

func newImporter(o Options) *importer {
	return &importer{
		o: o, domains: make(map[string]*control.BookDomain), aliases: make(map[string]*alias),
		bare: make(map[string]source), routes: make(map[string]int), made: make(map[[3]string]bool),
	}
}

func (m *importer) note(s source, text, format string, args ...any) {
	m.out.Notes = append(m.out.Notes, Note{File: s.file, Line: s.line, Text: text, Why: fmt.Sprintf(format, args...)})
}

// domain returns a domain of the book, made when it is new; nil when the name
// cannot be one.
func (m *importer) domain(name string, s source) *control.BookDomain {
	d, err := normalDomain(name)
	if err != nil {
		m.note(s, name, "not a domain: %v", err)
		return nil
	}
	if have := m.domains[d]; have != nil {
		return have
	}
	m.domains[d] = &control.BookDomain{Name: d}
	m.order = append(m.order, d)
	return m.domains[d]
}

// local makes the local domains: the first gets the users, the others stand
// for it.
func (m *importer) local(names []string, s source) {
	for _, name := range names {
		if name = strings.ToLower(strings.TrimSuffix(name, ".")); ignoredLocal(name) {
			continue
		}
		d := m.domain(name, s)
		switch {
		case d == nil:
		case m.primary == "":
			m.primary = d.Name
		case d.Name != m.primary && d.Kind == "":
			d.Kind, d.AliasOf = "alias", m.primary
		}
	}
}

// ignoredLocal reports whether a local name is no domain that mail comes for.
func ignoredLocal(name string) bool {
	return name == "" || name == "localhost" || strings.HasPrefix(name, "localhost.") || name == "localdomain" || strings.HasPrefix(name, "[")
}

// needPrimary makes the host's own name the local domain when no file said
// which it is.
func (m *importer) needPrimary(s source) bool {
	if m.primary == "" {
		m.local([]string{m.o.Hostname}, s)
	}
	return m.primary != ""
}

// finish puts what was gathered into the book.
func (m *importer) finish() {
	m.emptyAliasDomains()
	m.lists()
	for _, name := range m.order {
		d := m.domains[name]
		if m.separator != "" && d.Kind == "" {
			d.SubaddressSeparator = m.separator
		}
		m.out.Book.Domains = append(m.out.Book.Domains, *d)
	}
	for _, name := range m.names {
		if a := m.aliases[name]; a != nil {
			m.out.Book.Aliases = append(m.out.Book.Aliases, a.Alias)
		}
	}
	m.strangers()
	slices.SortStableFunc(m.out.Notes, func(a, b Note) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}

// strangers names the local users that mail goes to and that this book does
// not make.
func (m *importer) strangers() {
	known := make(map[string]bool)
	for _, a := range m.out.Book.Accounts {
		known[a.Address] = true
	}
	for _, l := range m.out.Book.Lists {
		known[l.Address] = true
	}
	for addr, s := range m.bare {
		if m.aliases[addr] == nil && !known[addr] && !m.hasAccount(addr) {
			m.note(s, addr, "mail goes to this user; make an account of it: tram account add %s", addr)
		}
	}
}

func (m *importer) hasAccount(addr string) bool {
	return m.o.HasAccount != nil && m.o.HasAccount(addr)
}
