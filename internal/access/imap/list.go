package imap

import (
	"errors"
	"strings"

	"tram/internal/mailstore"
)

// listOption is one of the selection and return options of RFC 5258.
type listOption uint8

const (
	listSubscribed listOption = 1 << iota
	listRecursive
	listRemote
	listSpecialUse // RFC 6154 3
	listChildren
	listStatus // RFC 5819
)

// Options by the list they stand in.
var (
	listSelectOptions = map[string]listOption{"SUBSCRIBED": listSubscribed, "RECURSIVEMATCH": listRecursive, "REMOTE": listRemote, "SPECIAL-USE": listSpecialUse}
	listReturnOptions = map[string]listOption{"SUBSCRIBED": listSubscribed, "CHILDREN": listChildren, "SPECIAL-USE": listSpecialUse, "STATUS": listStatus}
)

// maxListPatterns limits the patterns of one LIST.
const maxListPatterns = 50

// listRequest is what a LIST asks for.
type listRequest struct {
	reference string
	patterns  []string
	selected  listOption // which names
	returned  listOption // what about them
	status    statusItem
	extended  bool // it is one of RFC 5258
}

// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat
// [SP list-return-opts] (RFC 3501 6.3.8, RFC 5258 6)
func (s *session) list() (string, error) {
	var req listRequest
	if !s.listArgs(&req) {
		return "", s.dec.Err()
	}
	if !req.extended && req.patterns[0] == "" {
		// The client asks for the separator (RFC 3501 6.3.8).
		s.enc.Raw("* LIST (\\Noselect) \"/\" \"\"\r\n")
		return "", nil
	}
	names, err := s.listNames(&req)
	if err != nil {
		return "", err
	}
	for _, n := range names {
		s.writeList(&req, n)
		if req.status != 0 && n.box.ID != 0 {
			if err := s.listStatus(&req, n.box); err != nil {
				return "", err
			}
		}
	}
	return "", nil
}

func (s *session) listArgs(req *listRequest) bool {
	d := s.dec
	if !d.ExpectSP() {
		return false
	}
	options := func(known map[string]listOption, set *listOption) bool {
		req.extended = true
		return d.ExpectList(func() bool {
			var name string
			if !d.ExpectKeyword(&name) {
				return false
			}
			o, ok := known[name]
			if !ok {
				return d.Fail("Unknown option")
			}
			*set |= o
			return o != listStatus || d.ExpectSP() && s.statusAtts(&req.status)
		})
	}
	if d.AtSpecial('(') && (!options(listSelectOptions, &req.selected) || !d.ExpectSP()) {
		return false
	}
	if req.selected&listRecursive != 0 && req.selected&listSubscribed == 0 {
		return d.Fail("RECURSIVEMATCH needs another option")
	}
	if !d.ExpectAString(&req.reference) || !d.ExpectSP() || !s.listPatterns(req) {
		return false
	}
	if d.SP() && !d.AtEnd() {
		var word string
		if !d.ExpectKeyword(&word) || word != "RETURN" || !d.ExpectSP() || !options(listReturnOptions, &req.returned) {
			return d.Fail("Expected RETURN")
		}
	}
	return d.ExpectCRLF()
}

// listPatterns reads list-mailbox or a list of them.
func (s *session) listPatterns(req *listRequest) bool {
	d := s.dec
	one := func() bool {
		var p string
		if !d.ExpectListMailbox(&p) {
			return false
		}
		req.patterns = append(req.patterns, p)
		return len(req.patterns) <= maxListPatterns || d.Fail("Too many patterns")
	}
	if !d.AtSpecial('(') {
		return one()
	}
	req.extended = true
	return d.ExpectList(one) && (len(req.patterns) > 0 || d.Fail("No pattern"))
}

// listed is a name in the answer to LIST.
type listed struct {
	box   mailstore.Mailbox // ID 0: no such mailbox
	child bool              // a subscribed name lies below (CHILDINFO)
	plain bool              // it matches by itself, not only for its children
}

// listNames finds the names that the request selects.
func (s *session) listNames(req *listRequest) ([]listed, error) {
	boxes, err := s.mail.Mailboxes(s.ctx, s.account)
	if err != nil {
		return nil, err
	}
	patterns := compilePatterns(req.reference, req.patterns)
	if req.selected&listSubscribed != 0 {
		return s.listSubscribed(req, boxes, patterns)
	}
	var names []listed
	for _, b := range boxes {
		if req.selected&listSpecialUse != 0 && b.SpecialUse == "" {
			continue
		}
		if patterns.match(b.Name) {
			names = append(names, listed{box: b, plain: true})
		}
	}
	return names, nil
}

// listSubscribed finds subscribed names, whether there are such mailboxes or
// not, and with RECURSIVEMATCH the names above them (RFC 5258 3.5).
func (s *session) listSubscribed(req *listRequest, boxes []mailstore.Mailbox, patterns patterns) ([]listed, error) {
	subscribed, err := s.mail.Subscriptions(s.ctx, s.account)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]mailstore.Mailbox, len(boxes))
	for _, b := range boxes {
		byName[b.Name] = b
	}
	at := map[string]int{}
	var names []listed
	add := func(name string, plain bool) {
		i, known := at[name]
		if !known {
			box, exists := byName[name]
			if !exists {
				box.Name = name
			}
			i = len(names)
			at[name] = i
			names = append(names, listed{box: box})
		}
		names[i].plain = names[i].plain || plain
		names[i].child = names[i].child || !plain
	}
	for _, name := range subscribed {
		if patterns.match(name) {
			add(name, true)
		}
		if req.selected&listRecursive == 0 {
			continue
		}
		for above := parentOf(name); above != ""; above = parentOf(above) {
			if patterns.match(above) {
				add(above, false)
			}
		}
	}
	return names, nil
}

func parentOf(name string) string {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return ""
	}
	return name[:i]
}

// writeList writes a LIST response. Without RFC 5258 it says everything that
// is known; with it, what was asked for.
func (s *session) writeList(req *listRequest, n listed) {
	all := !req.extended
	attrs := make([]string, 0, 6)
	add := func(when bool, attr string) {
		if when && attr != "" {
			attrs = append(attrs, attr)
		}
	}
	subscribed := n.plain && req.selected&listSubscribed != 0 || req.returned&listSubscribed != 0 && n.box.Subscribed
	add(subscribed, `\Subscribed`)
	add(n.box.ID == 0 && all, `\Noselect`)
	add(n.box.ID == 0 && !all, `\NonExistent`)
	if all || req.returned&listChildren != 0 {
		add(n.box.HasChildren, `\HasChildren`)
		add(!n.box.HasChildren, `\HasNoChildren`)
	}
	add(all || (req.selected|req.returned)&listSpecialUse != 0, n.box.SpecialUse)
	s.writeListLine("LIST", attrs, n.box.Name)
	if n.child {
		s.enc.Raw(" (\"CHILDINFO\" (\"SUBSCRIBED\"))")
	}
	s.enc.CRLF()
}

func (s *session) writeListLine(response string, attrs []string, name string) {
	s.enc.Raw("* ")
	s.enc.Raw(response)
	s.enc.Raw(" (")
	for i, a := range attrs {
		if i > 0 {
			s.enc.Byte(' ')
		}
		s.enc.Raw(a)
	}
	s.enc.Raw(") \"/\" ")
	s.enc.Mailbox(name)
}

// listStatus writes the STATUS response of LIST-STATUS.
func (s *session) listStatus(req *listRequest, box mailstore.Mailbox) error {
	st, err := s.mail.Status(s.ctx, s.account, box.ID)
	if errors.Is(err, mailstore.ErrNoMailbox) {
		return nil // deleted in between: RFC 5819 2 leaves it out
	}
	if err != nil {
		return err
	}
	return s.writeStatus(s.account, box, st, req.status)
}
