package mailstore

import (
	"time"

	"tram/internal/mail/message"
	"tram/internal/storage/blob"
)

// UID names a message within one mailbox (RFC 3501 2.3.1.1); 0 names nothing.
type UID uint32

// MailboxID names a mailbox within an account, whatever it is renamed to; 0
// names nothing. An ID is never used again.
type MailboxID uint32

// ModSeq counts the changes of an account (RFC 7162); 0 is before all of them.
type ModSeq uint64

// Special uses (RFC 6154) as they are written in LIST.
const (
	UseDrafts  = `\Drafts`
	UseSent    = `\Sent`
	UseJunk    = `\Junk`
	UseTrash   = `\Trash`
	UseArchive = `\Archive`
)

// Mailbox is a mailbox as LIST shows it.
type Mailbox struct {
	ID          MailboxID // 0 for a name that is no mailbox (\NonExistent)
	Level       bool      // it is listed without one: above others, or it was (levels.go)
	Name        string    // UTF-8 in NFC, levels separated by "/", INBOX in upper case
	UIDValidity uint32
	SpecialUse  string // one of the Use constants or empty
	Subscribed  bool
	HasChildren bool
	Created     time.Time
}

// Status is the state of a mailbox as STATUS and SELECT show it.
type Status struct {
	Messages, Unseen, Deleted uint32
	UIDNext                   UID
	UIDValidity               uint32
	HighestModSeq             ModSeq
	Size                      int64 // octets of all messages
}

// Quota limits an account. Zero fields do not limit.
type Quota struct {
	Bytes    int64 // octets of all messages
	Messages int64
	Pool     Pool // of the account's domain
}

// Delivery is one message on its way into a mailbox.
type Delivery struct {
	// Mailbox or, when it is 0, Name says where to: a mailbox name, a special
	// use such as UseJunk (made when it is missing), or "" for INBOX.
	Mailbox MailboxID
	Name    string

	Blob     blob.ID
	BlobSize int64           // octets of the body that Blob names
	Digest   *message.Digest // of that body; required
	Rider    []byte          // of that body, when it is not durable yet (blob.Staged)
	Own      []byte          // whole header lines that go in front of it, with CRLF

	Flags        Flags     // system flags
	Keywords     []string  // those that no longer fit into the mailbox's table are left out
	InternalDate time.Time // zero means now
	Quota        Quota
}

// Message is what the store knows of one message. Which fields are filled in
// depends on the Want that asked for it. Slices are valid until the callback
// returns and must not be changed.
type Message struct {
	UID UID

	// WantMeta
	Size         int64 // octets, with Own
	HeaderSize   int64 // octets of the top header with the empty line and Own
	InternalDate time.Time
	SavedDate    time.Time // when it came into this mailbox (RFC 8514)
	SentDate     time.Time // Date:, zero when unusable
	EmailID      uint64    // unique in the account; kept by MOVE, new after COPY (RFC 8621)
	ContentID    uint64    // kept by MOVE and COPY (the EMAILID of RFC 8474)
	ThreadID     uint64    // kept by MOVE and COPY (the THREADID of RFC 8474)
	Blob         blob.ID
	Own          []byte // header lines in front of the body

	// WantStructure. Offsets in Parts count from the start of the blob: add
	// len(Own) for offsets in Body.
	Parts         []byte // see message.Parts
	BodyStructure []byte // ready to send

	// WantEnvelope
	Envelope []byte // ready to send

	// WantHeader
	Header []byte // lines of message.CachedFields, of the blob only (not of Own); nil: read the body

	// WantPreview
	Preview []byte // the beginning of the text (RFC 8970), empty when there is none; nil: not computed yet, see Store.Preview
}

// Want says which fields of a Message to fill in. Each costs the reading of a
// record of its own, and no other.
type Want uint8

// The groups of fields; they are combined with |.
const (
	WantMeta Want = 1 << iota
	WantStructure
	WantEnvelope
	WantHeader
	WantPreview
)
