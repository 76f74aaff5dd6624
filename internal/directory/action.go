package directory

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Action is what an [Access] rule does.
type Action struct {
	Verb   Verb
	Code   int    // Reject 5yz, Defer 4yz
	Status string // enhanced status code, RFC 3463
	Text   string // of the reply, or why a message is on hold
}

// Verb is the first word of an action.
type Verb uint8

// The verbs.
const (
	AccessOK      Verb = iota // passes every check but that of relaying
	AccessRelay               // passes, and may send to anybody
	AccessReject              // refused for good
	AccessDefer               // refused for now
	AccessDiscard             // taken and thrown away
	AccessHold                // taken and kept until released
)

var verbs = [...]string{
	AccessOK: "ok", AccessRelay: "relay", AccessReject: "reject", AccessDefer: "defer",
	AccessDiscard: "discard", AccessHold: "hold",
}

// String returns ok, relay, reject, defer, discard or hold.
func (v Verb) String() string { return nameOf(verbs[:], int(v)) }

var (
	errActionVerb = fmt.Errorf("it begins with one of %q", verbs)
	errActionMore = errors.New("nothing stands after ok, relay and discard")
	errActionText = fmt.Errorf("the text is not UTF-8, holds control characters or has more than %d octets", MaxNextHop)
	errActionCode = errors.New("the code of reject begins with 5, that of defer with 4")
)

// ParseAction reads an action:
//
//	ok
//	relay
//	reject                        550 5.7.1 Access denied
//	reject 554 5.7.1 Not here     with a code, a status, a text, each if given
//	defer Come back later         450 4.7.1 …
//	discard
//	hold why
func ParseAction(s string) (Action, error) {
	a, err := parseAction(strings.TrimSpace(s))
	if err != nil {
		return Action{}, invalid(fmt.Sprintf("action %q", s), err)
	}
	return a, nil
}

func parseAction(s string) (a Action, err error) {
	if len(s) > MaxNextHop || !utf8.ValidString(s) || strings.ContainsFunc(s, isControl) {
		return a, errActionText
	}
	word, rest, _ := strings.Cut(s, " ")
	rest = strings.TrimSpace(rest)
	v, err := indexOf("action", verbs[:], strings.ToLower(word))
	if err != nil || word == "" {
		return a, errActionVerb
	}
	a = Action{Verb: Verb(v), Text: rest}
	switch a.Verb {
	case AccessReject:
		a.Code, a.Status = 550, "5.7.1"
		return a, a.reply('5', "Access denied")
	case AccessDefer:
		a.Code, a.Status = 450, "4.7.1"
		return a, a.reply('4', "Not now, try again later")
	case AccessHold:
		return a, nil
	}
	if rest != "" {
		return a, errActionMore
	}
	return a, nil
}

// reply takes a reply code and an enhanced status code off the front of Text.
func (a *Action) reply(class byte, usual string) error {
	first, rest, _ := strings.Cut(a.Text, " ")
	if len(first) == 3 && strings.Trim(first, "0123456789") == "" {
		if first[0] != class {
			return errActionCode
		}
		a.Code, _ = strconv.Atoi(first)
		a.Text = strings.TrimSpace(rest)
		first, rest, _ = strings.Cut(a.Text, " ")
	}
	if isStatus(first) {
		if first[0] != class {
			return errActionCode
		}
		a.Status, a.Text = first, strings.TrimSpace(rest)
	}
	if a.Text == "" {
		a.Text = usual
	}
	return nil
}

// String is a text that ParseAction reads.
func (a Action) String() string {
	s := a.Verb.String()
	if a.Code != 0 {
		s += " " + strconv.Itoa(a.Code) + " " + a.Status
	}
	return strings.TrimSpace(s + " " + a.Text)
}
