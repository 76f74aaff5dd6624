package pop

import (
	"bytes"
	"context"
	"strconv"
	"strings"
)

// command is one row of the table: where a verb may be said and what it does.
type command struct {
	states  state
	args    argRule
	handler func(*session, context.Context, string)
}

// argRule is how many arguments a verb takes. A password may hold spaces, so
// PASS takes the rest of the line (RFC 1939 7).
type argRule uint8

const (
	noArg argRule = iota
	optionalArg
	oneArg
	anyArg  // anything but nothing
	freeArg // anything
)

const anyState = stateAuthorization | stateTransaction

func lookup(verb string) (command, bool) {
	switch verb {
	case "CAPA":
		return command{anyState, noArg, (*session).capa}, true
	case "LANG":
		return command{anyState, optionalArg, (*session).lang}, true
	case "UTF8":
		return command{stateAuthorization, noArg, (*session).utf8}, true
	case "STLS":
		return command{stateAuthorization, noArg, (*session).stls}, true
	case "USER":
		return command{stateAuthorization, oneArg, (*session).userName}, true
	case "PASS":
		return command{stateAuthorization, anyArg, (*session).pass}, true
	case "AUTH":
		return command{stateAuthorization, freeArg, (*session).auth}, true
	case "APOP":
		return command{stateAuthorization, anyArg, (*session).apop}, true
	case "STAT":
		return command{stateTransaction, noArg, (*session).stat}, true
	case "LIST":
		return command{stateTransaction, optionalArg, (*session).list}, true
	case "UIDL":
		return command{stateTransaction, optionalArg, (*session).uidl}, true
	case "RETR":
		return command{stateTransaction, oneArg, (*session).retr}, true
	case "TOP":
		return command{stateTransaction, anyArg, (*session).top}, true
	case "DELE":
		return command{stateTransaction, oneArg, (*session).dele}, true
	case "LAST":
		return command{stateTransaction, noArg, (*session).last}, true
	case "RSET":
		return command{stateTransaction, noArg, (*session).rset}, true
	case "NOOP":
		return command{stateTransaction, noArg, (*session).noop}, true
	case "QUIT":
		return command{anyState, noArg, (*session).leave}, true
	}
	return command{}, false
}

// maxVerb is the length of the longest verb.
const maxVerb = 4

// parse takes a command line apart. A verb is found in any case.
func parse(line []byte) (cmd command, arg string, known bool) {
	word, rest, _ := bytes.Cut(line, []byte{' '})
	if len(word) > maxVerb {
		return command{}, "", false
	}
	var verb [maxVerb]byte
	for i, c := range word {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		verb[i] = c
	}
	cmd, known = lookup(string(verb[:len(word)]))
	return cmd, string(rest), known
}

// dispatch runs one command line.
func (p *session) dispatch(ctx context.Context, line []byte) {
	if p.state == stateAuthorization {
		if p.commands++; p.commands > p.server.opts.LoginCommands {
			p.err(p.say.tooManyBefore)
			p.quit = true
			return
		}
	}
	cmd, arg, known := parse(line)
	switch {
	case !known:
		p.badCommand(p.say.unknownCommand)
	case p.state&cmd.states == 0:
		p.badCommand(p.wrongState())
	default:
		if usage := p.usage(cmd.args, arg); usage != "" {
			p.badCommand(usage)
			return
		}
		before := p.bad
		if cmd.handler(p, ctx, arg); p.bad == before {
			p.bad = 0
		}
	}
}

func (p *session) badCommand(text string) {
	p.err(text)
	if p.bad++; p.bad > p.server.opts.BadCommands {
		p.quit = true
	}
}

func (p *session) wrongState() string {
	if p.state == stateAuthorization {
		return p.say.logFirst
	}
	return p.say.loggedInAlready
}

// usage returns what is wrong with an argument, or "".
func (p *session) usage(r argRule, arg string) string {
	trimmed := strings.TrimSpace(arg)
	switch {
	case r == noArg && trimmed != "":
		return p.say.noArgument
	case r == oneArg && (trimmed == "" || strings.Contains(trimmed, " ")):
		return p.say.oneArgument
	case r == optionalArg && strings.Contains(trimmed, " "):
		return p.say.mostOneArgument
	case r == anyArg && arg == "":
		return p.say.someArgument
	}
	return ""
}

// message parses a message number: 1 … n, not marked as deleted. On a bad one
// it has replied and returns false.
func (p *session) message(arg string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(arg), 10, 31)
	if err != nil || n == 0 {
		p.err(p.say.badNumber)
		return 0, false
	}
	i := int(n) - 1
	if i >= p.drop.len() {
		p.errf(p.say.noSuchMessage, p.drop.len())
		return 0, false
	}
	if p.drop.deleted(i) {
		p.errf(p.say.marked, i+1)
		return 0, false
	}
	return i, true
}
