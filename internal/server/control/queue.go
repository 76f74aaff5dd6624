package control

import (
	"context"
	"net/http"
	"time"
)

// QueueOperations is what can be done with mail that is on its way.
type QueueOperations interface {
	Queue(ctx context.Context, f QueueFilter, emit func(QueueEntry) error) error
	QueueShow(ctx context.Context, id string) (QueueEntry, error)
	QueueMessage(ctx context.Context, id string, emit func([]byte) error) error
	QueueDestinations(ctx context.Context, most int) (QueueDestinations, error)
	// QueuePreview tells what the selection is, and changes nothing.
	QueuePreview(ctx context.Context, s QueueSelection) (QueuePreview, error)
	QueueRetry(ctx context.Context, s QueueSelection) (Count, error)
	QueueHold(ctx context.Context, s QueueSelection) (Count, error)
	QueueRelease(ctx context.Context, s QueueSelection) (Count, error)
	QueueDelete(ctx context.Context, s QueueSelection) (Count, error)
	QueueRedirect(ctx context.Context, s QueueSelection) (Count, error)
}

// QueueFilter chooses entries of the queue: those that fit all that is said. A
// text chooses what contains it; with * it is a pattern for the whole.
type QueueFilter struct {
	Sender      string        `json:"sender,omitempty"`       // of the address; "<>" is the null sender
	Recipient   string        `json:"recipient,omitempty"`    // of an address
	Domain      string        `json:"domain,omitempty"`       // of the same recipient, whole; ".example.org" are its subdomains
	Reply       string        `json:"reply,omitempty"`        // the last one about the same recipient
	State       string        `json:"state,omitempty"`        // fresh, waiting, in flight, held, damaged
	OlderThan   time.Duration `json:"older_than,omitempty"`   // nanoseconds
	YoungerThan time.Duration `json:"younger_than,omitempty"` // nanoseconds
	LargerThan  int64         `json:"larger_than,omitempty"`  // bytes
	Limit       int           `json:"limit,omitempty"`        // of a list
}

// QueueSelection is entries by name, or those that Filter chooses.
type QueueSelection struct {
	IDs    []string     `json:"ids,omitempty"`
	Filter *QueueFilter `json:"filter,omitempty"`
	Reason string       `json:"reason,omitempty"` // of QueueHold
	To     string       `json:"to,omitempty"`     // of QueueRedirect
}

// Count says how many entries were changed.
type Count struct {
	Count int `json:"count"`
}

// QueuePreview is a selection in short.
type QueuePreview struct {
	Count   int          `json:"count"`
	Bytes   int64        `json:"bytes"`
	Oldest  time.Time    `json:"oldest,omitzero"`
	Entries []QueueEntry `json:"entries,omitempty"` // the first of them
}

// QueueEntry is a message on its way.
type QueueEntry struct {
	ID         string      `json:"id"`
	State      string      `json:"state"`
	Sender     string      `json:"sender"`
	Size       int64       `json:"size"`
	Priority   int         `json:"priority,omitempty"` // -9 to 9
	Received   time.Time   `json:"received"`
	Release    time.Time   `json:"release,omitzero"`  // not before; the sender asked for it
	Deadline   time.Time   `json:"deadline,omitzero"` // the sender asked for delivery until then
	Next       time.Time   `json:"next,omitzero"`     // zero: at once
	Expires    time.Time   `json:"expires,omitzero"`
	Protocol   string      `json:"protocol,omitempty"`
	Client     string      `json:"client,omitempty"`
	User       string      `json:"user,omitempty"`
	HoldReason string      `json:"hold_reason,omitempty"`
	Blocked    time.Time   `json:"blocked,omitzero"` // its destination is taken for unreachable until then
	Why        string      `json:"why,omitempty"`    // and why
	Recipients []QueueRcpt `json:"recipients"`
	Error      string      `json:"error,omitempty"` // of a damaged entry
}

// QueueRcpt is one recipient that still waits.
type QueueRcpt struct {
	Address  string    `json:"address"`
	Original string    `json:"original,omitempty"` // ORCPT
	Outlet   string    `json:"outlet,omitempty"`   // file or program
	Attempts int       `json:"attempts"`
	Tried    time.Time `json:"tried,omitzero"`
	Next     time.Time `json:"next,omitzero"`
	Warned   bool      `json:"warned,omitempty"` // the sender was told of the delay
	Reply    string    `json:"reply,omitempty"`  // the last words of the other side
}

// QueueDestinations counts the queue by domain, the largest first.
type QueueDestinations struct {
	Domains      int                `json:"domains"` // all there are
	Destinations []QueueDestination `json:"destinations"`
}

// QueueDestination is the entries for one domain.
type QueueDestination struct {
	Domain   string    `json:"domain"` // empty: entries with recipients in several
	Entries  int       `json:"entries"`
	Fresh    int       `json:"fresh"`
	Waiting  int       `json:"waiting"`
	InFlight int       `json:"in_flight"`
	Held     int       `json:"held"`
	Damaged  int       `json:"damaged,omitempty"`
	Hour     int       `json:"below_1h"` // by age
	Hours    int       `json:"below_4h"`
	Day      int       `json:"below_1d"`
	Older    int       `json:"older"`
	Oldest   time.Time `json:"oldest"`
	Blocked  time.Time `json:"blocked,omitzero"` // taken for unreachable until then
	Reply    string    `json:"reply,omitempty"`
}

// QueueStatus counts entries by state.
type QueueStatus struct {
	Entries  int       `json:"entries"`
	Fresh    int       `json:"fresh"`
	Waiting  int       `json:"waiting"`
	InFlight int       `json:"in_flight"`
	Held     int       `json:"held"`
	Damaged  int       `json:"damaged"`
	Oldest   time.Time `json:"oldest,omitzero"`
	Domains  int       `json:"domains"`           // that entries wait for
	Blocked  int       `json:"blocked,omitempty"` // of these, taken for unreachable
	Added    uint64    `json:"added,omitempty"`   // messages since start
	Room     *Room     `json:"room,omitempty"`    // of a running server
}

// Room says whether there is room for new mail. Limits of 0 are none.
type Room struct {
	Reason       string `json:"reason,omitempty"` // why new mail is refused for now; empty: it is taken
	FreeBytes    int64  `json:"free_bytes"`       // of the data directory
	WantedBytes  int64  `json:"wanted_bytes"`
	FreeInodes   int64  `json:"free_inodes"` // 0 with WantedInodes 0: the file system does not count them
	WantedInodes int64  `json:"wanted_inodes,omitempty"`
	MaxEntries   int    `json:"max_entries,omitempty"`
	MemoryBytes  int64  `json:"memory_bytes"`
	MemoryLimit  int64  `json:"memory_limit,omitempty"`
}

// handleQueue adds the operations of the queue to a server.
func handleQueue(add func(string, http.HandlerFunc), ops QueueOperations) {
	add("queue.list", each(ops.Queue))
	add("queue.show", call(ops.QueueShow))
	add("queue.message", each(ops.QueueMessage))
	add("queue.destinations", call(ops.QueueDestinations))
	add("queue.preview", call(ops.QueuePreview))
	add("queue.retry", call(ops.QueueRetry))
	add("queue.hold", call(ops.QueueHold))
	add("queue.release", call(ops.QueueRelease))
	add("queue.delete", call(ops.QueueDelete))
	add("queue.redirect", call(ops.QueueRedirect))
}

func (c *Client) Queue(ctx context.Context, f QueueFilter, emit func(QueueEntry) error) error {
	return stream(ctx, c, "queue.list", f, emit)
}

func (c *Client) QueueShow(ctx context.Context, id string) (QueueEntry, error) {
	return one[string, QueueEntry](ctx, c, "queue.show", id)
}

func (c *Client) QueueMessage(ctx context.Context, id string, emit func([]byte) error) error {
	return stream(ctx, c, "queue.message", id, emit)
}

func (c *Client) QueueDestinations(ctx context.Context, most int) (QueueDestinations, error) {
	return one[int, QueueDestinations](ctx, c, "queue.destinations", most)
}

func (c *Client) QueuePreview(ctx context.Context, s QueueSelection) (QueuePreview, error) {
	return one[QueueSelection, QueuePreview](ctx, c, "queue.preview", s)
}

func (c *Client) QueueRetry(ctx context.Context, s QueueSelection) (Count, error) {
	return one[QueueSelection, Count](ctx, c, "queue.retry", s)
}

func (c *Client) QueueHold(ctx context.Context, s QueueSelection) (Count, error) {
	return one[QueueSelection, Count](ctx, c, "queue.hold", s)
}

func (c *Client) QueueRelease(ctx context.Context, s QueueSelection) (Count, error) {
	return one[QueueSelection, Count](ctx, c, "queue.release", s)
}

func (c *Client) QueueDelete(ctx context.Context, s QueueSelection) (Count, error) {
	return one[QueueSelection, Count](ctx, c, "queue.delete", s)
}

func (c *Client) QueueRedirect(ctx context.Context, s QueueSelection) (Count, error) {
	return one[QueueSelection, Count](ctx, c, "queue.redirect", s)
}
