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

	Body   blob.ID // durable already
	Size   int64   // octets of the body
	Header []byte  // whole lines with CRLF that are put in front of the body

	Received time.Time // when the server took it, kept to the millisecond; zero = now
	Origin   Origin

	SMTPUTF8 bool   // RFC 6531: needs SMTPUTF8 to be sent on
	EightBit bool   // RFC 6152: BODY=8BITMIME
	Ret      string // RFC 3461 4.3: FULL, HDRS or ""
	EnvID    string // RFC 3461 4.4, as xtext

	// Digest is a hint for the delivery agent. It lives in memory only: an
	// entry that was read back from the store has none.
	Digest *message.Digest
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
// ORcpt and Notify.
type Rcpt struct {
	To     address.Address
	ORcpt  string // RFC 3461 4.2: original recipient, "rfc822;" and xtext, or ""
	Notify string // RFC 3461 4.1: NEVER or SUCCESS,FAILURE,DELAY, or ""

	Attempts  int       // how often delivery was tried and deferred
	Tried     time.Time // the last attempt; zero when there was none
	Next      time.Time // not to be tried before
	LastReply string    // the last words of the other side, at most [MaxReply] bytes

	number uint8 // in the entry as it was added; see SettleTx
}

// Entry is one entry of the queue: a message and those of its recipients that
// still wait. It is read-only.
type Entry struct {
	Message

	Hold    bool      // an administrator stopped it
	Expires time.Time // after this time a deferral is a failure, see [Queue.Defer]

	flight flight
}

// Due reports whether recipient i should be tried in this flight; others wait
// for their own time.
func (e *Entry) Due(i int) bool {
	return !e.Rcpts[i].Next.After(e.flight.due)
}

// next is the time of the recipient that is due first, as records have it.
func (e *Entry) next() int64 {
	next := millis(e.Rcpts[0].Next)
	for i := range e.Rcpts {
		next = min(next, millis(e.Rcpts[i].Next))
	}
	return next
}

// tried reports whether any recipient was tried before.
func (e *Entry) tried() bool {
	for i := range e.Rcpts {
		if e.Rcpts[i].Attempts > 0 {
			return true
		}
	}
	return false
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
