package queue

import (
	"log/slog"
	"time"
)

// Limits of one message. Add refuses more with an error that says which.
const (
	MaxRcptsPerEntry = 100      // a message with more is split into several entries
	MaxRcpts         = 10_000   // recipients of one Add
	MaxHeader        = 64 << 10 // bytes of Message.Header
	MaxString        = 4 << 10  // bytes of any other text
	MaxReply         = 512      // bytes of a kept reply; longer ones are cut

	MaxPriority = 9                    // of Message.Priority, either way (RFC 6710 4)
	MaxRelease  = 366 * 24 * time.Hour // how far ahead Message.Release may lie
)

// Limits of the queue.
const (
	// MaxShards is how many accounts the key-value store reserves.
	MaxShards = 240
	// MaxRemembered and MaxRememberedBytes bound the fresh entries that Next
	// hands on from memory. Entries beyond are read back when they are due.
	MaxRemembered      = 4096
	MaxRememberedBytes = 16 << 20
)

// Options of [Open]. The zero value is sensible.
type Options struct {
	Shards      int             // accounts that new entries are spread over; default 8
	Retry       []time.Duration // waits after the 1st, 2nd, ... failed attempt, the last one repeats; default 5m 15m 30m 1h 2h 4h
	Expiry      time.Duration   // age at which a deferral becomes a failure; default 5 days (RFC 5321 4.5.4.1)
	WarnAfter   time.Duration   // age at which senders are told of a delay (see [Entry.WarnDue]); 0 = never
	MaxInFlight int             // entries in the hands of agents at once; default 256
	MaxEntries  int             // entries in all; default 2,000,000
	Log         *slog.Logger    // damaged records; default discards
}

func (o Options) withDefaults() Options {
	if o.Shards <= 0 {
		o.Shards = 8
	}
	o.Shards = min(o.Shards, MaxShards)
	if len(o.Retry) == 0 {
		o.Retry = []time.Duration{
			5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
			time.Hour, 2 * time.Hour, 4 * time.Hour,
		}
	}
	if o.Expiry <= 0 {
		o.Expiry = 5 * 24 * time.Hour
	}
	if o.MaxInFlight <= 0 {
		o.MaxInFlight = 256
	}
	if o.MaxEntries <= 0 {
		o.MaxEntries = 2_000_000
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
