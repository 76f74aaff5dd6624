package queue

import (
	"net/netip"
	"time"

	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Message is a message on its way in: the envelope, the name of its stored
// body, and where it came from. The queue keeps what it is given; slices must
// not be changed after Add.
type Message struct {
	// ID comes from [Queue.NewID], for whoever needs it before Add (the trace
	// header names it). Zero lets Add choose. It must not be added twice.
	ID ID

	Sender address.Address // zero is the null reverse-path <>
	Rcpts  []Rcpt          // at least one

	Body   blob.ID // durable already, or with the commit that its Rider rides in
	Rider  []byte  // of Body (blob.Staged); only on the way into the queue
	Size   int64   // octets of the body
	Header []byte  // whole lines with CRLF that are put in front of the body

	Received time.Time // when the server took it, kept to the millisecond; zero = now
	Origin   Origin

	SMTPUTF8   bool   // RFC 6531: needs SMTPUTF8 to be sent on
	EightBit   bool   // RFC 6152: BODY=8BITMIME
	Binary     bool   // RFC 3030: BODY=BINARYMIME
	RequireTLS bool   // RFC 8689: only over verified TLS, or back to the sender
	Ret        string // RFC 3461 4.3: FULL, HDRS or ""
	EnvID      string // RFC 3461 4.4, as xtext

	Priority int8      // RFC 6710: -9 (may wait) to 9 (goes first), see [Class]
	Release  time.Time // RFC 4865: not to be tried before; at most [MaxRelease] ahead
	By       DeliverBy // RFC 2852; zero = whenever it goes

	// Hold stops the entry, from the start or by an administrator's command,
	// until it is released. HoldReason says why.
	Hold       bool
	HoldReason string

	// Digest is a hint for the delivery agent. It lives in memory only: an
	// entry that was read back from the store has none.
	Digest *message.Digest
}

// DeliverBy is a wish for delivery in time (RFC 2852). The zero value is none.
type DeliverBy struct {
	Until  time.Time // the deadline
	Return bool      // mode R: after the deadline the message goes back; else mode N: its sender is told and it goes on
	Trace  bool      // T: the sender asks for reports on the way (RFC 2852 4)
}

// Origin says how a message came to us.
type Origin struct {
	Client   netip.Addr // zero for mail made by the server
	Helo     string
	User     string     // login address when the client was authenticated
	Account  kv.Account // and its account, or 0
	Protocol string     // SMTP, ESMTP, ESMTPS, ESMTPSA, ... (RFC 3848), LOCAL
}

// Rcpt is one recipient and what became of it so far. Callers of Add fill To,
// ORcpt, Notify and Outlet.
type Rcpt struct {
	To     address.Address
	ORcpt  string // RFC 3461 4.2: original recipient, "rfc822;" and xtext, or ""
	Notify string // RFC 3461 4.1: NEVER or SUCCESS,FAILURE,DELAY, or ""

	// Outlet, when not empty, is the text of a directory.Target: a file or a
	// program that gets the message instead of the mailbox of To. To is the
	// alias that owns it.
	Outlet string

	Attempts  int       // how often delivery was tried and deferred
	Tried     time.Time // the last attempt; zero when there was none
	Next      time.Time // not to be tried before
	LastReply string    // the last words of the other side, at most [MaxReply] bytes
	Warned    bool      // the sender was told of the delay

	number uint8 // in the entry as it was added; see SettleTx
}

// State says where an entry stands.
type State uint8

// The states. Fresh, Deferred and Held follow from the record in the store;
// InFlight lives in memory.
const (
	Fresh    State = iota + 1 // not tried yet
	Waiting                   // deferred, waiting for its next attempt
	InFlight                  // an agent works on it
	Held                      // stopped by an administrator
	Damaged                   // its record cannot be read; never tried, never removed by itself
)

// String returns fresh, waiting, in flight, held or damaged.
func (s State) String() string {
	switch s {
	case Fresh:
		return "fresh"
	case Waiting:
		return "waiting"
	case InFlight:
		return "in flight"
	case Held:
		return "held"
	case Damaged:
		return "damaged"
	}
	return "unknown"
}
