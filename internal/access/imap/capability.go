package imap

import "strings"

// What the server can do. Before login only what a client can use then, as the
// list stands in each greeting.
const (
	capabilitiesBefore = "IMAP4rev1 SASL-IR ID ENABLE IDLE LITERAL+"
	capabilitiesAfter  = capabilitiesBefore + " SORT THREAD=REFERENCES THREAD=ORDEREDSUBJECT MULTIAPPEND UNSELECT CHILDREN" +
		" NAMESPACE UIDPLUS LIST-EXTENDED LIST-STATUS CONDSTORE ESEARCH WITHIN MOVE SPECIAL-USE CREATE-SPECIAL-USE STATUS=SIZE"
)

// capabilities lists what the client may use in the session's state.
func (s *session) capabilities() string {
	if s.state != stateNotAuthenticated {
		return capabilitiesAfter
	}
	list := []string{capabilitiesBefore}
	if s.canStartTLS() {
		list = append(list, "STARTTLS")
	}
	if s.mayLogin() {
		for name := range strings.FieldsSeq(s.desk().Mechanisms()) {
			list = append(list, "AUTH="+name)
		}
	} else {
		list = append(list, "LOGINDISABLED")
	}
	return strings.Join(list, " ")
}

// capability = "CAPABILITY" (RFC 3501 6.1.1)
func (s *session) capability() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	s.enc.Raw("* CAPABILITY ")
	s.enc.Raw(s.capabilities())
	s.enc.CRLF()
	return "", nil
}
