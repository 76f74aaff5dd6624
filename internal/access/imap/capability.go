package imap

import "strings"

// offer is an entry of the table of capabilities.
type offer struct {
	name string
	when offered

	// is, when it is not nil, decides for one session.
	is func(*session) bool
	// value, when it is not nil, is what stands behind the name.
	value func(*session) string
}

// offered says in which states a capability is shown. Before login only what a
// client can use or wants to know then, as that list stands in each greeting.
type offered uint8

const (
	beforeLogin offered = 1 << iota
	afterLogin
	always = beforeLogin | afterLogin
)

// offers is the table of everything that CAPABILITY can name, in the order in
// which it is shown. A capability has its line here when, and only when, it
// works.
var offers = []offer{
	{name: "IMAP4rev1", when: always},
	{name: "IMAP4rev2", when: always},
	{name: "SASL-IR", when: always},
	{name: "ID", when: always},
	{name: "ENABLE", when: always},
	{name: "IDLE", when: always},
	{name: "LITERAL+", when: always},
	{name: "STARTTLS", when: beforeLogin, is: (*session).canStartTLS},
	{name: "LOGINDISABLED", when: beforeLogin, is: func(s *session) bool { return !s.mayLogin() }},
	{name: "AUTH=", when: beforeLogin, is: (*session).mayLogin, value: (*session).mechanisms},

	{name: "SORT", when: afterLogin},
	{name: "SORT=DISPLAY", when: afterLogin},
	{name: "THREAD=REFERENCES", when: afterLogin},
	{name: "THREAD=REFS", when: afterLogin},
	{name: "THREAD=ORDEREDSUBJECT", when: afterLogin},
	{name: "ESORT", when: afterLogin},
	{name: "SEARCHRES", when: afterLogin},
	{name: "PARTIAL", when: afterLogin},
	{name: "CONTEXT=SEARCH", when: afterLogin},
	{name: "CONTEXT=SORT", when: afterLogin},
	{name: "NOTIFY", when: afterLogin},
	{name: "MULTISEARCH", when: afterLogin},
	{name: "SEARCH=FUZZY", when: afterLogin},
	{name: "SAVEDATE", when: afterLogin},
	{name: "I18NLEVEL=1", when: afterLogin},
	{name: "MULTIAPPEND", when: afterLogin},
	{name: "UNSELECT", when: afterLogin},
	{name: "CHILDREN", when: afterLogin},
	{name: "NAMESPACE", when: afterLogin},
	{name: "ACL", when: afterLogin},
	{name: "RIGHTS=texk", when: afterLogin},
	{name: "UIDPLUS", when: afterLogin},
	{name: "LIST-EXTENDED", when: afterLogin},
	{name: "QUOTA", when: afterLogin},
	{name: "QUOTA=RES-STORAGE", when: afterLogin},
	{name: "QUOTA=RES-MESSAGE", when: afterLogin},
	{name: "LIST-STATUS", when: afterLogin},
	{name: "LIST-MYRIGHTS", when: afterLogin},
	{name: "LIST-METADATA", when: afterLogin},
	{name: "METADATA", when: afterLogin},
	{name: "CONDSTORE", when: afterLogin},
	{name: "QRESYNC", when: afterLogin},
	{name: "UIDONLY", when: afterLogin},
	{name: "COMPRESS=DEFLATE", when: afterLogin, is: func(s *session) bool { return s.z == nil }},
	{name: "UNAUTHENTICATE", when: afterLogin},
	{name: "UTF8=ACCEPT", when: afterLogin},
	{name: "INPROGRESS", when: afterLogin},
	{name: "MESSAGELIMIT=", when: afterLogin, is: (*session).hasMessageLimit, value: (*session).messageLimit},
	{name: "SAVELIMIT=", when: afterLogin, is: (*session).hasSaveLimit, value: (*session).saveLimit},
	{name: "JMAPACCESS", when: afterLogin, is: (*session).hasJMAP},
	{name: "ESEARCH", when: afterLogin},
	{name: "WITHIN", when: afterLogin},
	{name: "MOVE", when: afterLogin},
	{name: "SPECIAL-USE", when: afterLogin},
	{name: "CREATE-SPECIAL-USE", when: afterLogin},
	{name: "STATUS=SIZE", when: afterLogin},
	{name: "APPENDLIMIT", when: afterLogin, value: (*session).appendLimit},
	{name: "BINARY", when: afterLogin},
	{name: "CATENATE", when: afterLogin},
	{name: "URL-PARTIAL", when: afterLogin},
	{name: "OBJECTID", when: afterLogin},
	{name: "PREVIEW", when: afterLogin},
	{name: "REPLACE", when: afterLogin},
}

// capabilities lists what the client may use in the session's state.
func (s *session) capabilities() string {
	now := afterLogin
	if s.state == stateNotAuthenticated {
		now = beforeLogin
	}
	var list strings.Builder
	for i := range offers {
		o := &offers[i]
		if o.when&now == 0 || o.is != nil && !o.is(s) {
			continue
		}
		if list.Len() > 0 {
			list.WriteByte(' ')
		}
		list.WriteString(o.name)
		if o.value != nil {
			list.WriteString(o.value(s))
		}
	}
	return list.String()
}

// mechanisms is what follows the first AUTH=.
func (s *session) mechanisms() string {
	return strings.Join(strings.Fields(s.desk().Mechanisms()), " AUTH=")
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
