package imap

import "strings"

// The limits of RFC 2971 3.3.
const (
	maxIDFields = 30
	maxIDName   = 30 // octets
	maxIDValue  = 1024
)

// id = "ID" SP ("(" *(string SP nstring) ")" / nil) (RFC 2971). The client's
// name goes to the log; it explains much of what a client does.
func (s *session) id() (string, error) {
	d := s.dec
	var fields []string
	if !d.ExpectSP() {
		return "", d.Err()
	}
	field := func() bool {
		var name, value string
		if !d.ExpectString(&name) || !d.ExpectSP() {
			return false
		}
		if _, ok := d.ExpectNString(&value); !ok {
			return false
		}
		if len(fields) == maxIDFields || len(name) > maxIDName || len(value) > maxIDValue {
			return d.Fail("ID too long")
		}
		fields = append(fields, name+"="+value)
		return true
	}
	var none string
	if !d.List(field) && (d.Err() != nil || !d.ExpectKeyword(&none) || none != "NIL") {
		d.Fail("Expected a list or NIL")
	}
	if !d.ExpectCRLF() {
		return "", d.Err()
	}
	if len(fields) > 0 {
		s.srv.log.Debug("imap: client", "user", s.user, "remote", s.remote, "id", strings.Join(fields, " "))
	}
	s.enc.Raw("* ID (\"name\" \"Tram\")\r\n")
	return "", nil
}
