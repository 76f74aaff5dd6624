package imap

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"tram/internal/mail/imapwire"
)

// maxNotifyNames limits the mailbox names in one NOTIFY.
const maxNotifyNames = 1000

// notifyEvents is a set of the events of RFC 5465 5.
type notifyEvents uint8

const (
	eventMessageNew notifyEvents = 1 << iota
	eventMessageExpunge
	eventFlagChange
	eventMailboxName
	eventSubscriptionChange
	eventMailboxMetadata
	eventServerMetadata
	eventUnknown // something that the server does not know

	messageEvents = eventMessageNew | eventMessageExpunge | eventFlagChange
)

// notifyEventNames are the events as they are listed in BADEVENT.
// AnnotationChange is not among them: there are no annotations of messages.
var notifyEventNames = [...]string{
	"MessageNew", "MessageExpunge", "FlagChange", "MailboxName", "SubscriptionChange", "MailboxMetadataChange", "ServerMetadataChange",
}

// errBadEvent refuses an event that is not supported (RFC 5465 3.1).
var errBadEvent = no("BADEVENT ("+strings.Join(notifyEventNames[:], " ")+")", "Unsupported event")

// notifyCommand: notify = "NOTIFY" SP (notify-set / notify-none) (RFC 5465 8)
func (s *session) notifyCommand() (string, error) {
	d := s.dec
	var how string
	if !d.ExpectSP() || !d.ExpectKeyword(&how) {
		return "", d.Err()
	}
	var req notifyRequest
	switch how {
	case "NONE":
	case "SET":
		if !req.parse(d) {
			return "", d.Err()
		}
	default:
		return "", bad("NOTIFY wants SET or NONE")
	}
	if !d.ExpectCRLF() {
		return "", d.Err()
	}
	if err := req.check(); err != nil {
		return "", err
	}
	return "", s.startNotify(&req)
}

// notifyRequest is what a NOTIFY SET asks for; the zero value is NOTIFY NONE.
type notifyRequest struct {
	status bool
	groups []eventGroup
	fetch  *fetchRequest // what to send of each new message in the selected mailbox; nil: nothing
	names  int
}

// parse reads [SP "STATUS"] SP event-groups.
func (req *notifyRequest) parse(d *imapwire.Decoder) bool {
	if !d.ExpectSP() {
		return false
	}
	if !d.AtSpecial('(') {
		var word string
		if !d.ExpectKeyword(&word) || word != "STATUS" || !d.ExpectSP() {
			return d.Fail("Expected STATUS or a group of events")
		}
		req.status = true
	}
	for {
		if !req.parseGroup(d) {
			return false
		}
		if !d.SP() || d.AtEnd() {
			return d.Err() == nil
		}
	}
}

// parseGroup: event-group = "(" filter-mailboxes SP events ")"
func (req *notifyRequest) parseGroup(d *imapwire.Decoder) bool {
	var g eventGroup
	var name string
	if !d.ExpectSpecial('(') || !d.ExpectKeyword(&name) {
		return false
	}
	g.filter = notifyFilters[name]
	if g.filter == 0 {
		return d.Fail("Unknown mailbox filter")
	}
	if g.filter&filtersByName != 0 && (!d.ExpectSP() || !req.parseNames(d, &g)) {
		return false
	}
	if !d.ExpectSP() || !req.parseEvents(d, &g) || !d.ExpectSpecial(')') {
		return false
	}
	req.groups = append(req.groups, g)
	return true
}

// parseNames: one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
func (req *notifyRequest) parseNames(d *imapwire.Decoder, g *eventGroup) bool {
	one := func() bool {
		var name string
		if !d.ExpectMailbox(&name) {
			return false
		}
		req.names++
		if req.names <= maxNotifyNames {
			g.names = append(g.names, norm.NFC.String(name)) // as names are stored (RFC 9051 5.1)
		}
		return true
	}
	if !d.AtSpecial('(') {
		return one()
	}
	return d.ExpectList(one) && (len(g.names) > 0 || d.Fail("No mailbox"))
}

// parseEvents: events = "(" event *(SP event) ")" / "NONE"
func (req *notifyRequest) parseEvents(d *imapwire.Decoder, g *eventGroup) bool {
	if !d.AtSpecial('(') {
		var word string
		return d.ExpectKeyword(&word) && (word == "NONE" || d.Fail("Expected a list of events or NONE"))
	}
	d.ExpectSpecial('(')
	for {
		var name string
		if !d.ExpectKeyword(&name) {
			return false
		}
		e := eventOf(name)
		g.events |= e
		blank := d.SP()
		if blank && e == eventMessageNew && d.AtSpecial('(') {
			if g.filter&filtersSelected == 0 {
				return d.Fail("Only the selected mailbox can have FETCH items")
			}
			req.fetch = new(fetchRequest)
			if !req.fetch.parseItems(d) {
				return false
			}
			blank = d.SP()
		}
		if d.Special(')') {
			return true
		}
		if !blank {
			return d.Fail("Expected ')'")
		}
	}
}

func eventOf(name string) notifyEvents {
	for i, known := range notifyEventNames {
		if strings.EqualFold(name, known) {
			return 1 << i
		}
	}
	return eventUnknown
}

// check refuses what the grammar allows and the text of RFC 5465 does not.
func (req *notifyRequest) check() error {
	var seen notifyFilter
	var all notifyEvents
	for _, g := range req.groups {
		all |= g.events
		once := g.filter &^ filtersByName
		if once&filtersSelected != 0 { // 6.1: one of the two, once
			once = filtersSelected
		}
		if seen&once != 0 {
			return bad("The same mailbox filter twice")
		}
		seen |= once
	}
	if all&eventUnknown != 0 {
		return errBadEvent
	}
	for _, g := range req.groups {
		switch messages := g.events & messageEvents; {
		case g.filter&filtersSelected != 0 && g.events&^messageEvents != 0:
			return bad("Only events of messages can be asked for of the selected mailbox") // 6.1
		case messages != 0 && messages&(eventMessageNew|eventMessageExpunge) != eventMessageNew|eventMessageExpunge:
			return bad("MessageNew and MessageExpunge must be asked for together") // 5
		}
	}
	if req.names > maxNotifyNames {
		return no("NOTIFICATIONOVERFLOW", "Too many mailboxes")
	}
	return nil
}
