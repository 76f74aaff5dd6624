package mta

import (
	"context"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/directory"
	"tram/internal/dns"
	"tram/internal/mail/address"
	"tram/internal/queue"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Directory says whom an address belongs to. *directory.Directory is one.
type Directory interface {
	Resolve(ctx context.Context, a address.Address) (directory.Resolution, error)
	Expand(ctx context.Context, a address.Address) (directory.Expansion, error)
	// Rules are the present rules of rewriting, routes and access. Asking costs
	// nothing.
	Rules(ctx context.Context) (*directory.Rules, error)
	// IsMember reports whether somebody is a member of a list.
	IsMember(ctx context.Context, list, addr string) (bool, error)
}

// LocalDeliverer puts mail into mailboxes. It is the one sideways hand-over of
// the house: mda satisfies it and server joins the two.
type LocalDeliverer interface {
	// Deliver delivers e to its recipients with the given indexes, all of them
	// ours, and sets their outcomes. found says, for each of them in the same
	// order, what the directory has just said about the address. In the commit
	// that fills the mailboxes it also settles, with queue.SettleTx, those that
	// were Delivered or Deferred. Failed recipients are left to the caller, who
	// settles them together with their bounce. A recipient that is a file or a
	// program (queue.Rcpt.Outlet) is settled in a commit of its own; when ctx
	// ends it is left Untouched.
	//
	// Deliver does not end the flight. With an error nothing was committed.
	Deliver(ctx context.Context, e *queue.Entry, rcpts []int, found []directory.Resolution, outcomes []queue.Outcome) error
}

// Relay is a host that takes all mail that is not ours (a smarthost).
type Relay struct {
	Host     string // name or IP address; its MX records are not looked at
	Port     int    // 0 = 25, or 465 with implicit TLS
	TLS      smtpclient.TLSMode
	User     string // AUTH PLAIN when not empty
	Password string
}

// Options of an MTA. Hostname, Queue, DB, Blobs, Directory, Local and Resolver
// are required; the rest may be zero.
type Options struct {
	Hostname  string // our name in EHLO, trace headers and bounces
	Queue     *queue.Queue
	DB        kv.DB // the store under the queue
	Blobs     blob.Store
	Directory Directory
	Local     LocalDeliverer
	Resolver  *dns.Resolver

	Relay *Relay // nil: straight to the MX of each domain
	// Self are the addresses on which this server takes mail from other hosts.
	// An MX that leads to one of them is a loop (RFC 5321 5.1). An unspecified
	// IP (0.0.0.0, ::) stands for every address of the machine.
	Self []netip.AddrPort

	LocalWorkers   int // entries taken from the queue at once; default 2 a CPU
	Connections    int // transactions with other hosts at once, not counting those that take more than 2 s; default 100
	PerDestination int // of these, at most with one destination; default 20
	// MaxRemote is how many entries may wait for, or be in, transactions with
	// other hosts. The rest of queue.Options.MaxInFlight stays free for local
	// mail, so it must be smaller. Default 192.
	MaxRemote int
	// MaxOutlets is how many entries may wait for, or be in the hands of, files
	// and programs; half of them for the same one. They count towards
	// queue.Options.MaxInFlight too. Default 32.
	MaxOutlets int

	Client  smtpclient.Options // Hostname is filled in
	Port    int                // of other hosts; default 25. For tests and laboratories.
	Backoff time.Duration      // first pause for a destination that cannot be reached; default 1 minute, doubled each time up to 1 hour
	// StopTime is how long transactions under way may go on when Run is told
	// to stop. Default 10 s.
	StopTime time.Duration

	// Report writes the notifications; nil makes one. The local delivery agent
	// should have the same.
	Report   *Reporter
	Counters *Counters    // default: its own
	Log      *slog.Logger // default: discards
}

// Counters count recipients unless they say otherwise. They only grow.
type Counters struct {
	Accepted       atomic.Int64 // messages taken into the queue by Intake
	AcceptedBytes  atomic.Int64
	Rejected       atomic.Int64 // senders, recipients and messages refused with 5yz
	TempRejected   atomic.Int64 // refused with 4yz
	DeliveredLocal atomic.Int64
	Relayed        atomic.Int64 // taken over by another host
	Deferred       atomic.Int64 // attempts that ended in a deferral
	Failed         atomic.Int64 // given up
	Bounces        atomic.Int64 // notifications queued for senders
	ToldFailed     atomic.Int64 // recipients in them that failed
	ToldDelayed    atomic.Int64 // that are late
	ToldSuccess    atomic.Int64 // that were delivered, passed on or distributed
	DoubleBounces  atomic.Int64 // failed mail from the null sender: given to the postmaster or dropped
	LostReplies    atomic.Int64 // messages whose reply to the final dot was lost: possible doubles
	Connects       atomic.Int64 // connections to other hosts
	Reused         atomic.Int64 // transactions on a connection that was open
	TLSFallbacks   atomic.Int64 // handshakes that failed, sent in plain text instead
}
