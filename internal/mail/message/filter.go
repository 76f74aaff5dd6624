package message

// CachedFields names the fields whose lines are kept in [Digest.Header].
var CachedFields = NewFieldSet(
	"Bcc", "Cc", "Content-Type", "Date", "From", "Importance", "In-Reply-To",
	"List-Id", "List-Post", "List-Unsubscribe", "Message-ID", "MIME-Version",
	"Newsgroups", "Priority", "References", "Reply-To", "Sender", "Subject",
	"To", "X-Label", "X-Mailer", "X-Priority", "X-Spam-Flag",
)

// FieldSet is a set of field names, made once and used for many messages. It
// is immutable.
type FieldSet struct {
	names []string
}

// NewFieldSet makes a set. Case does not matter.
func NewFieldSet(names ...string) *FieldSet { return &FieldSet{names: names} }

// Has reports whether the set has a name.
func (s *FieldSet) Has(name []byte) bool { return false }

// Within reports whether each name of s is in t. A HEADER.FIELDS request
// within CachedFields can be answered from [Digest.Header].
func (s *FieldSet) Within(t *FieldSet) bool { return false }

// Append appends the lines of the fields in the set to dst, and then the empty
// line: the answer to BODY[HEADER.FIELDS (...)]. It does not allocate.
func (s *FieldSet) Append(dst, header []byte) []byte { return dst }

// AppendNot is Append for the fields that are not in the set:
// BODY[HEADER.FIELDS.NOT (...)].
func (s *FieldSet) AppendNot(dst, header []byte) []byte { return dst }
