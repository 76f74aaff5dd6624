package sessions

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// patience is how long a response may take. A machine under load is slow; a
// server that hangs is not among what is forgiven.
const patience = 60 * time.Second

// errGone says that the connection ended.
var errGone = errors.New("the connection is gone")

// client is one connection to the server.
type client struct {
	nc   net.Conn
	r    *bufio.Reader
	tags int

	// told is called for each untagged response, in order. What it returns
	// ends the command.
	told func(response) error

	recent []string // the last lines, for a report
}

// recentLines is how many lines of a connection a report shows.
const recentLines = 40

// note remembers a line, as far as a reader wants to see it.
func (c *client) note(mark, line string) {
	if len(c.recent) == recentLines {
		c.recent = c.recent[1:]
	}
	c.recent = append(c.recent, mark+line[:min(len(line), 160)])
}

// response is one untagged or tagged response, taken apart: atoms are atom,
// strings and literals are string, lists are []any.
type response struct {
	line   string // as it was sent, literals left out
	fields []any
}

type atom string

func dial(address string) (*client, error) {
	nc, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errGone, err)
	}
	c := &client{nc: nc, r: bufio.NewReader(nc)}
	if _, err := c.read(); err != nil {
		nc.Close()
		return nil, err
	}
	return c, nil
}

// result is the tagged response of a command.
type result struct {
	status string // OK, NO or BAD
	text   string
}

func (r result) ok() bool { return r.status == "OK" }

// code is the response code that begins with name, without it; "" for none.
func (r result) code(name string) string { return codeIn(r.text, name) }

func codeIn(text, name string) string {
	rest, ok := strings.CutPrefix(text, "["+name+" ")
	if !ok {
		return ""
	}
	code, _, _ := strings.Cut(rest, "]")
	return code
}

// do sends a command, which may hold non-synchronizing literals, and reads
// until it is answered.
func (c *client) do(command string) (result, error) {
	tag, err := c.begin(command)
	if err != nil {
		return result{}, err
	}
	return c.finish(tag)
}

func (c *client) begin(command string) (tag string, err error) {
	c.tags++
	tag = "t" + strconv.Itoa(c.tags)
	return tag, c.write(tag + " " + command + "\r\n")
}

func (c *client) write(text string) error {
	first, _, _ := strings.Cut(text, "\r\n")
	c.note("C: ", first)
	c.nc.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c.nc, text); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}

func (c *client) finish(tag string) (result, error) {
	for {
		r, err := c.read()
		if err != nil {
			return result{}, err
		}
		if rest, ok := strings.CutPrefix(r.line, tag+" "); ok {
			status, text, _ := strings.Cut(rest, " ")
			return result{status, text}, nil
		}
		if err := c.untagged(r); err != nil {
			return result{}, err
		}
	}
}

func (c *client) untagged(r response) error {
	switch {
	case strings.HasPrefix(r.line, "+"):
		return nil
	case !strings.HasPrefix(r.line, "* "):
		return fmt.Errorf("neither untagged nor ours: %q", r.line)
	case strings.HasPrefix(r.line, "* BYE"):
		return fmt.Errorf("%w: %s", errGone, r.line)
	case c.told == nil:
		return nil
	}
	return c.told(r)
}

// idle waits in IDLE for a while.
func (c *client) idle(d time.Duration) (result, error) {
	tag, err := c.begin("IDLE")
	if err != nil {
		return result{}, err
	}
	time.Sleep(d)
	if err := c.write("DONE\r\n"); err != nil {
		return result{}, err
	}
	return c.finish(tag)
}

// read reads one response with its literals.
func (c *client) read() (response, error) {
	c.nc.SetDeadline(time.Now().Add(patience))
	var line strings.Builder
	var literals []string
	for {
		part, err := c.r.ReadString('\n')
		if err != nil {
			return response{}, fmt.Errorf("%w: %w", errGone, err)
		}
		part, ok := strings.CutSuffix(part, "\r\n")
		if !ok {
			return response{}, fmt.Errorf("line without CRLF: %q", part)
		}
		line.WriteString(part)
		n, ok := literalSize(part)
		if !ok {
			break
		}
		text := make([]byte, n)
		if _, err := io.ReadFull(c.r, text); err != nil {
			return response{}, fmt.Errorf("%w: %w", errGone, err)
		}
		literals = append(literals, string(text))
	}
	c.note("S: ", line.String())
	p := parser{rest: line.String(), literals: literals}
	fields := p.list()
	return response{line: line.String(), fields: fields}, nil
}

func literalSize(line string) (int, bool) {
	open := strings.LastIndexByte(line, '{')
	if open < 0 || !strings.HasSuffix(line, "}") {
		return 0, false
	}
	n, err := strconv.Atoi(line[open+1 : len(line)-1])
	return n, err == nil
}

// parser takes a response apart. It is lenient: what a response may be is not
// its business.
type parser struct {
	rest     string
	literals []string
}

// list reads fields up to the closing parenthesis or the end.
func (p *parser) list() []any {
	var out []any
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		switch {
		case p.rest == "":
			return out
		case p.rest[0] == ')':
			p.rest = p.rest[1:]
			return out
		case p.rest[0] == '(':
			p.rest = p.rest[1:]
			out = append(out, p.list())
		case p.rest[0] == '"':
			out = append(out, p.quoted())
		case p.rest[0] == '{' && len(p.literals) > 0:
			_, p.rest, _ = strings.Cut(p.rest, "}")
			out = append(out, p.literals[0])
			p.literals = p.literals[1:]
		default:
			out = append(out, p.atom())
		}
	}
}

func (p *parser) quoted() string {
	var b strings.Builder
	i := 1
	for ; i < len(p.rest) && p.rest[i] != '"'; i++ {
		if p.rest[i] == '\\' && i+1 < len(p.rest) {
			i++
		}
		b.WriteByte(p.rest[i])
	}
	p.rest = p.rest[min(i+1, len(p.rest)):]
	return b.String()
}

// atom reads up to a blank or parenthesis; what stands in brackets belongs to
// it, as in BODY[HEADER.FIELDS (DATE)].
func (p *parser) atom() atom {
	depth, i := 0, 0
	for ; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth <= 0 && (c == ' ' || c == '(' || c == ')'):
			a := atom(p.rest[:i])
			p.rest = p.rest[i:]
			return a
		}
	}
	a := atom(p.rest)
	p.rest = ""
	return a
}
