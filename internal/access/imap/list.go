package imap

import (
	"errors"
	"math"
	"strings"

	"tram/internal/mailstore"
)

// listOption is one of the selection and return options of RFC 5258.
type listOption uint8

const (
	listSubscribed listOption = 1 << iota
	listRecursive
	listRemote     // nothing is remote
	listSpecialUse // RFC 6154 3
	listChildren
	listStatus   // RFC 5819
	listMyRights // RFC 8440
	listMetadata // RFC 9590
)

// listCriteria are the options that select names by what they are.
const listCriteria = listSubscribed | listSpecialUse

// Options by the list they stand in.
var (
	listSelectOptions = map[string]listOption{
		"SUBSCRIBED": listSubscribed, "RECURSIVEMATCH": listRecursive, "REMOTE": listRemote, "SPECIAL-USE": listSpecialUse,
	}
	listReturnOptions = map[string]listOption{
		"SUBSCRIBED": listSubscribed, "CHILDREN": listChildren, "SPECIAL-USE": listSpecialUse,
		"STATUS": listStatus, "MYRIGHTS": listMyRights, "METADATA": listMetadata,
	}
)

// Limits of the patterns of one LIST: each is held against every name.
const (
	maxListPatterns = 50
	maxListOctets   = 8 << 10 // octets of all of them, each with the reference in front
)

// listRequest is what a LIST asks for.
type listRequest struct {
	reference string
	patterns  []string
	selected  listOption // which names
	returned  listOption // what about them
	status    statusItem
	metadata  metadataQuery
	extended  bool // it is one of RFC 5258
}

// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat
// [SP list-return-opts] (RFC 3501 6.3.8, RFC 5258 6)
func (s *session) list() (string, error) {
	req := listRequest{metadata: metadataQuery{maxSize: math.MaxUint64}}
	if !s.listArgs(&req) {
		return "", s.dec.Err()
	}
	if !req.extended && req.patterns[0] == "" {
		s.writeRoot(req.reference)
		return "", nil
	}
	names, done, err := s.listNames(&req)
	if err != nil {
		return "", err
	}
	defer done()
	for i := range names {
		n := &names[i]
		if err := s.writeList(&req, n); err != nil {
			return "", err
		}
		if n.plain && n.box.ID != 0 {
			if err := s.listDetails(&req, n); err != nil {
				return "", err
			}
		}
		if err := s.enc.Err(); err != nil {
			return "", err
		}
	}
	return "", nil
}

// writeRoot answers a client that asks for the separator: with the root of the
// name that the reference has (RFC 3501 6.3.8).
func (s *session) writeRoot(reference string) {
	root := ""
	for _, prefix := range []string{sharedPrefix, publicPrefix} {
		if s.srv.opts.Neighbours != nil && strings.HasPrefix(reference, prefix) {
			root = prefix
		}
	}
	s.enc.Raw("* LIST (\\Noselect) \"/\" \"" + root + "\"\r\n")
}

func (s *session) listArgs(req *listRequest) bool {
	d := s.dec
	if !d.ExpectSP() {
		return false
	}
	if d.AtSpecial('(') && (!s.listOptions(req, listSelectOptions, &req.selected) || !d.ExpectSP()) {
		return false
	}
	if req.selected&listRecursive != 0 && req.selected&listCriteria == 0 {
		return d.Fail("RECURSIVEMATCH needs another option")
	}
	if !d.ExpectAString(&req.reference) || !d.ExpectSP() || !s.listPatterns(req) {
		return false
	}
	if d.SP() && !d.AtEnd() {
		var word string
		if !d.ExpectKeyword(&word) || word != "RETURN" || !d.ExpectSP() || !s.listOptions(req, listReturnOptions, &req.returned) {
			return d.Fail("Expected RETURN")
		}
	}
	return d.ExpectCRLF()
}

// listOptions reads a list of options.
func (s *session) listOptions(req *listRequest, known map[string]listOption, set *listOption) bool {
	d := s.dec
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
		switch o {
		case listStatus:
			return d.ExpectSP() && s.statusAtts(&req.status)
		case listMetadata:
			return d.ExpectSP() && d.ExpectList(func() bool { return s.metadataEntry(&req.metadata) })
		}
		return true
	})
}

// listPatterns reads list-mailbox or a list of them.
func (s *session) listPatterns(req *listRequest) bool {
	d := s.dec
	octets := 0
	one := func() bool {
		var p string
		if !d.ExpectListMailbox(&p) {
			return false
		}
		octets += len(req.reference) + len(p)
		req.patterns = append(req.patterns, p)
		return len(req.patterns) <= maxListPatterns && octets <= maxListOctets || d.Fail("Too many patterns")
	}
	if !d.AtSpecial('(') {
		return one()
	}
	req.extended = true
	return d.ExpectList(one) && (len(req.patterns) > 0 || d.Fail("No pattern"))
}

// writeList writes a LIST response. Without RFC 5258 it says everything that
// is known; with it, what was asked for.
func (s *session) writeList(req *listRequest, n *listed) error {
	all := !req.extended
	closed := false
	if req.returned&listStatus != 0 {
		var err error
		if closed, err = s.closed(n); err != nil {
			return err
		}
	}
	attrs := make([]string, 0, 6)
	add := func(when bool, attr string) {
		if when && attr != "" {
			attrs = append(attrs, attr)
		}
	}
	add((req.selected|req.returned)&listSubscribed != 0 && n.box.Subscribed, `\Subscribed`)
	add(n.box.ID == 0 && all && !s.on(enabledRev2) || closed, `\Noselect`)
	add(n.box.ID == 0 && (!all || s.on(enabledRev2)), `\NonExistent`)
	if all || req.returned&listChildren != 0 {
		add(n.box.HasChildren, `\HasChildren`)
		add(!n.box.HasChildren, `\HasNoChildren`)
	}
	add(all || (req.selected|req.returned)&listSpecialUse != 0, n.box.SpecialUse)
	s.writeListLine("LIST", attrs, n.box.Name)
	if n.child {
		s.writeChildInfo(req.selected)
	}
	s.enc.CRLF()
	return nil
}

// closed reports whether a mailbox can be seen and has no status, for lack of the
// right r: then it is \Noselect (RFC 5819 2).
func (s *session) closed(n *listed) (bool, error) {
	if n.box.ID == 0 {
		return false, nil
	}
	rights, err := s.mail.Rights(s.ctx, n.account, n.box.ID)
	return rights&mailstore.RightRead == 0, err
}

// writeChildInfo says by which criteria a name below is selected (RFC 5258 3.5).
func (s *session) writeChildInfo(selected listOption) {
	var by []string
	if selected&listSubscribed != 0 {
		by = append(by, `"SUBSCRIBED"`)
	}
	if selected&listSpecialUse != 0 {
		by = append(by, `"SPECIAL-USE"`)
	}
	s.enc.Raw(` ("CHILDINFO" (` + strings.Join(by, " ") + `))`)
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

// listDetails writes the responses that follow the LIST response of a mailbox.
// They are left out where they cannot be had, for lack of a right or because
// the mailbox was deleted in between (RFC 5819 2, RFC 8440 3).
func (s *session) listDetails(req *listRequest, n *listed) error {
	for _, detail := range [...]struct {
		when  listOption
		write func() error
	}{
		{listStatus, func() error { return s.listStatus(req, n) }},
		{listMyRights, func() error { return s.writeMyRights(n.account, n.box) }},
		{listMetadata, func() error {
			_, err := s.writeMetadata(n.account, n.box, &req.metadata)
			return err
		}},
	} {
		if req.returned&detail.when == 0 {
			continue
		}
		err := detail.write()
		if err != nil && !errors.Is(err, mailstore.ErrNoMailbox) && !errors.Is(err, mailstore.ErrNoRight) {
			return err
		}
	}
	return nil
}

// listStatus writes the STATUS response of LIST-STATUS.
func (s *session) listStatus(req *listRequest, n *listed) error {
	st, err := s.mail.Status(s.ctx, n.account, n.box.ID)
	if err != nil {
		return err
	}
	return s.writeStatus(n.account, n.box, st, req.status)
}
