package message

import "strings"

// CachedFields names the fields whose lines are kept in [Digest.Header]: what
// the common clients ask for when they fill a list of messages.
var CachedFields = NewFieldSet(
	"Auto-Submitted", "Bcc", "Cc", "Content-Class", "Content-Description",
	"Content-Transfer-Encoding", "Content-Type", "Date",
	"Disposition-Notification-To", "From", "Importance", "In-Reply-To",
	"Lines", "List-Id", "List-Post", "List-Subscribe", "List-Unsubscribe",
	"Mail-Followup-To", "Mail-Reply-To", "Message-ID", "MIME-Version",
	"Newsgroups", "Priority", "References", "Reply-To", "Sender", "Subject",
	"To", "X-Draft-Info", "X-Label", "X-Mailer", "X-MSMail-Priority",
	"X-Original-To", "X-Priority", "X-Spam-Flag", "X-Spam-Level",
	"X-Spam-Status", "X-Universally-Unique-Identifier",
	"X-Uniform-Type-Identifier",
)

// FieldSet is a set of field names, made once and used for many messages. It
// does not change.
type FieldSet struct {
	byLength [][]string // lower case
}

// NewFieldSet makes a set. Case does not matter.
func NewFieldSet(names ...string) *FieldSet {
	s := &FieldSet{}
	for _, name := range names {
		for len(s.byLength) <= len(name) {
			s.byLength = append(s.byLength, nil)
		}
		s.byLength[len(name)] = append(s.byLength[len(name)], strings.ToLower(name))
	}
	return s
}

// Has reports whether the set has a name.
func (s *FieldSet) Has(name []byte) bool {
	if len(name) >= len(s.byLength) {
		return false
	}
	for _, n := range s.byLength[len(name)] {
		if equalFold(name, n) {
			return true
		}
	}
	return false
}

// Within reports whether each name of s is in t. A HEADER.FIELDS request
// within CachedFields can be answered from [Digest.Header].
func (s *FieldSet) Within(t *FieldSet) bool {
	for _, names := range s.byLength {
		for _, n := range names {
			if !t.Has([]byte(n)) {
				return false
			}
		}
	}
	return true
}

// Append appends the lines of the fields in the set to dst, and an empty line:
// the answer to BODY[HEADER.FIELDS (...)]. It does not allocate when dst has
// room.
func (s *FieldSet) Append(dst, header []byte) []byte {
	dst, rest := s.filter(dst, header, true)
	if n := emptyLine(rest); n > 0 {
		return append(dst, rest[:n]...)
	}
	return append(dst, "\r\n"...)
}

// AppendNot appends the lines of the fields that are not in the set, and the
// empty line if the header has one: BODY[HEADER.FIELDS.NOT (...)].
func (s *FieldSet) AppendNot(dst, header []byte) []byte {
	dst, rest := s.filter(dst, header, false)
	return append(dst, rest[:emptyLine(rest)]...)
}

// filter appends the fields that are in the set, or are not, and gives what
// stands behind the last field.
func (s *FieldSet) filter(dst, header []byte, want bool) (_, rest []byte) {
	for {
		f, rest, ok := nextField(header)
		if !ok {
			return dst, rest
		}
		if s.Has(f.Name) == want {
			dst = append(dst, f.Line...)
		}
		header = rest
	}
}
