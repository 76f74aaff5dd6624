package imap

import "strings"

// lsub = "LSUB" SP mailbox SP list-mailbox (RFC 3501 6.3.9)
func (s *session) lsub() (string, error) {
	d := s.dec
	var reference, pattern string
	if !d.ExpectSP() || !d.ExpectAString(&reference) || !d.ExpectSP() || !d.ExpectListMailbox(&pattern) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	if pattern == "" {
		return "", nil // no such name can be subscribed; the separator is LIST's to tell
	}
	// With "%" a name above subscribed ones is shown too, as \Noselect
	// (RFC 3501 6.3.9).
	req := listRequest{reference: reference, patterns: []string{pattern}, selected: listSubscribed}
	if strings.HasSuffix(pattern, "%") {
		req.selected |= listRecursive
	}
	names, done, err := s.listNames(&req)
	if err != nil {
		return "", err
	}
	defer done()
	for _, n := range names {
		var attrs []string
		if !n.plain {
			attrs = []string{`\Noselect`}
		}
		s.writeListLine("LSUB", attrs, n.box.Name)
		s.enc.CRLF()
	}
	return "", nil
}
