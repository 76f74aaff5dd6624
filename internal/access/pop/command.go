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

// dispatch runs one command line.
func (p *session) dispatch(ctx context.Context, line []byte) {
	if p.state == stateAuthorization {
		if p.commands++; p.commands > p.server.opts.LoginCommands {
			p.err("too many commands before login, closing")
			p.quit = true
			return
		}
	}
	verb, rest, _ := bytes.Cut(line, []byte{' '})
	var cmd command
	known := false
	if len(verb) <= maxVerb {
		cmd, known = lookup(strings.ToUpper(string(verb)))
	}
	if !known {
		p.badCommand("unknown command, CAPA lists what there is")
		return
	}
	if p.state&cmd.states == 0 {
		p.badCommand(wrongState(p.state))
		return
	}
	arg := string(rest)
	if usage := cmd.args.check(arg); usage != "" {
		p.badCommand(usage)
		return
	}
	cmd.handler(p, ctx, arg)
}

func (p *session) badCommand(text string) {
	p.err(text)
	if p.bad++; p.bad > p.server.opts.BadCommands {
		p.quit = true
	}
}

func wrongState(now state) string {
	if now == stateAuthorization {
		return "log in first, with USER and PASS or with AUTH"
	}
	return "you are logged in already"
}

// check returns what is wrong with an argument, or "".
func (r argRule) check(arg string) string {
	trimmed := strings.TrimSpace(arg)
	switch {
	case r == noArg && trimmed != "":
		return "this command takes no argument"
	case r == oneArg && (trimmed == "" || strings.Contains(trimmed, " ")):
		return "this command takes one argument"
	case r == optionalArg && strings.Contains(trimmed, " "):
		return "this command takes at most one argument"
	case r == anyArg && arg == "":
		return "this command needs an argument"
	}
	return ""
}

// message parses a message number: 1 … n, not marked as deleted. On a bad one
// it has replied and returns false.
func (p *session) message(arg string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(arg), 10, 31)
	if err != nil || n == 0 {
		p.err("a message number is a number from 1 on")
		return 0, false
	}
	i := int(n) - 1
	if i >= p.drop.len() {
		p.err("no such message, there are " + strconv.Itoa(p.drop.len()))
		return 0, false
	}
	if p.drop.deleted(i) {
		p.err("message " + strconv.Itoa(i+1) + " is marked as deleted, RSET unmarks")
		return 0, false
	}
	return i, true
}
