package control

import (
	"context"
	"time"
)

// UpkeepOperations are what keeps the stores whole and small.
type UpkeepOperations interface {
	Verify(ctx context.Context, v Verify, emit func(Finding) error) error
	Compact(ctx context.Context, c Compact, emit func(CompactStep) error) error
	Reindex(ctx context.Context, address string, emit func(Progress) error) error
	RestoreAccount(ctx context.Context, address string) (Account, error)
}

// Verify says what is checked.
type Verify struct {
	Address    string `json:"address,omitempty"`    // one account; empty: everything, bodies that nobody names included
	Repair     bool   `json:"repair,omitempty"`     // compute again what can be computed
	Quarantine bool   `json:"quarantine,omitempty"` // with Repair: move messages with damaged bodies aside
	// Rate bounds how many octets of bodies are read a second; 0 means
	// [DefaultRate] while a server runs and no bound otherwise, -1 no bound.
	Rate int64 `json:"rate,omitempty"`
}

// DefaultRate leaves most of what even a plain disk can do to the users.
const DefaultRate = 64 << 20

// Finding is one step of a verification: a problem, or how far it is.
type Finding struct {
	Problem  *Problem  `json:"problem,omitempty"`
	Progress *Progress `json:"progress,omitempty"`
}

// Problem is something that is wrong in the stores.
type Problem struct {
	Part    string `json:"part,omitempty"`    // "directory" or "queue"; empty: mail
	Account string `json:"account,omitempty"` // address, or number when the directory does not know it
	Mailbox string `json:"mailbox,omitempty"`
	UID     uint32 `json:"uid,omitempty"`
	Body    string `json:"body,omitempty"` // id of a damaged body
	Text    string `json:"text"`
	// Damaged: a body whose octets are lost. No repair can compute it again.
	Damaged bool   `json:"damaged,omitempty"`
	MovedTo string `json:"moved_to,omitempty"` // mailbox that Quarantine has moved the message to
}

// Compact says what is reclaimed.
type Compact struct {
	// Age is how old a body that nothing names must be. 0 means a day while a
	// server runs, for it takes mail whose records are not written yet, and any
	// age otherwise. [MinCompactAge] is the least while a server runs.
	Age time.Duration `json:"age,omitempty"`
}

// MinCompactAge is far longer than a body waits for its record.
const MinCompactAge = time.Hour

// CompactStep is how far a compaction is, or, at its end, what it did.
type CompactStep struct {
	Progress *Progress  `json:"progress,omitempty"`
	Done     *Compacted `json:"done,omitempty"`
}

// Compacted says what a compaction did. Sizes are octets on the disk.
type Compacted struct {
	Bodies        int64 `json:"bodies"`         // given up
	Moved         int64 `json:"moved"`          // copied on
	Damaged       int64 `json:"damaged"`        // live ones that are damaged: their packs were left alone
	BodiesBefore  int64 `json:"bodies_before"`  // size of all packs
	BodiesAfter   int64 `json:"bodies_after"`   //
	Garbage       int64 `json:"garbage"`        // in packs, given back or not
	RecordsBefore int64 `json:"records_before"` // size of the key-value store
	RecordsAfter  int64 `json:"records_after"`  //
}

// Freed is the space that was given back.
func (c *Compacted) Freed() int64 {
	return max(0, c.BodiesBefore-c.BodiesAfter) + max(0, c.RecordsBefore-c.RecordsAfter)
}

// What follows is UpkeepOperations, see remote.go.

func (c *Client) Verify(ctx context.Context, v Verify, emit func(Finding) error) error {
	return stream(ctx, c, "store.verify", v, emit)
}

func (c *Client) Compact(ctx context.Context, in Compact, emit func(CompactStep) error) error {
	return stream(ctx, c, "store.compact", in, emit)
}

func (c *Client) Reindex(ctx context.Context, address string, emit func(Progress) error) error {
	return stream(ctx, c, "store.reindex", address, emit)
}

func (c *Client) RestoreAccount(ctx context.Context, address string) (Account, error) {
	return one[string, Account](ctx, c, "account.restore", address)
}
