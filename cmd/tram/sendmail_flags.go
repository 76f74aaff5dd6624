package main

import (
	"slices"
	"strings"
)

// sendmailMode is what sendmail is called for.
type sendmailMode uint8

const (
	modeSend    sendmailMode = iota // -bm
	modeSMTP                        // -bs: SMTP on standard input and output
	modeQueue                       // -bp: mailq
	modeAliases                     // -bi: newaliases
	modeServer                      // -bd: run the server
	modeVerify                      // -bv: check addresses
	modeRun                         // -q: try what waits
)

// sendmailOptions is what the command line of sendmail says.
type sendmailOptions struct {
	mode       sendmailMode
	fromHeader bool // -t
	ignoreDots bool // -i, -oi
	verbose    bool // -v
	from       string
	fromSet    bool   // -f, -r
	fullName   string // -F
	notify     string // -N
	ret        string // -R
	envid      string // -V
	rcpts      []string
}

// sendmailValues are the letters that take a value, in the same argument or
// the next. Those in sendmailAttached take it only in the same one.
const (
	sendmailValues   = "fFrRNVBCLhMOX"
	sendmailAttached = "obqdpAe"
	sendmailSwitches = "tivnmsUGIxQ"
)

// parseSendmail reads the command line. Options that mean something to other
// mail servers only are passed over, as all replacements of sendmail do.
func parseSendmail(args []string) (*sendmailOptions, error) {
	o := new(sendmailOptions)
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			args = append([]string{arg}, args...)
			break
		}
		rest, err := o.letters(arg[1:], args)
		if err != nil {
			return nil, err
		}
		args = rest
	}
	o.rcpts = slices.Concat(o.rcpts, splitRecipients(args))
	return o, nil
}

// letters reads one argument of options: "ti", "fname", "oi".
func (o *sendmailOptions) letters(arg string, next []string) ([]string, error) {
	for i := range len(arg) {
		letter, value := arg[i], arg[i+1:]
		switch {
		case strings.IndexByte(sendmailSwitches, letter) >= 0:
			o.set(letter)
			continue
		case strings.IndexByte(sendmailAttached, letter) >= 0:
		case strings.IndexByte(sendmailValues, letter) >= 0:
			if value == "" {
				if len(next) == 0 {
					return nil, usageErrorf("sendmail: option -%c needs a value", letter)
				}
				value, next = next[0], next[1:]
			}
		default:
			return nil, usageErrorf("sendmail: unknown option -%c", letter)
		}
		return next, o.setValue(letter, value)
	}
	return next, nil
}

func (o *sendmailOptions) set(letter byte) {
	switch letter {
	case 't':
		o.fromHeader = true
	case 'i':
		o.ignoreDots = true
	case 'v':
		o.verbose = true
	}
}

func (o *sendmailOptions) setValue(letter byte, value string) error {
	switch letter {
	case 'f', 'r':
		o.from, o.fromSet = strings.Trim(value, "<>"), true
	case 'F':
		o.fullName = value
	case 'o':
		o.ignoreDots = o.ignoreDots || value == "i"
	case 'q':
		// With -bd it is how often the queue is looked at, which the server
		// knows by itself.
		if o.mode == modeSend {
			o.mode = modeRun
		}
	case 'b':
		return o.setMode(value)
	case 'N':
		return o.setNotify(value)
	case 'R':
		if o.ret = strings.ToUpper(value); o.ret != "FULL" && o.ret != "HDRS" {
			return usageErrorf("sendmail: -R takes full or hdrs, not %q", value)
		}
	case 'V':
		o.envid = value
	}
	return nil
}

func (o *sendmailOptions) setMode(value string) error {
	modes := map[string]sendmailMode{
		"m": modeSend, "s": modeSMTP, "p": modeQueue, "i": modeAliases, "d": modeServer, "D": modeServer, "l": modeServer, "v": modeVerify,
	}
	mode, ok := modes[value]
	if !ok {
		return usageErrorf("sendmail: unknown mode -b%s", value)
	}
	o.mode = mode
	return nil
}

// setNotify reads -N (RFC 3461): never, or a list of success, failure, delay.
func (o *sendmailOptions) setNotify(value string) error {
	o.notify = strings.ToUpper(value)
	words := strings.Split(o.notify, ",")
	for _, word := range words {
		if !slices.Contains([]string{"SUCCESS", "FAILURE", "DELAY", "NEVER"}, word) || word == "NEVER" && len(words) > 1 {
			return usageErrorf("sendmail: -N takes never, or a list of success, failure, delay, not %q", value)
		}
	}
	return nil
}

// splitRecipients takes "a,b" apart, which some callers write.
func splitRecipients(args []string) (all []string) {
	for _, arg := range args {
		for _, one := range strings.Split(arg, ",") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, one)
			}
		}
	}
	return all
}
