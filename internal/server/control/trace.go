package control

import "time"

// TraceQuery says whose road is asked for.
type TraceQuery struct {
	About string    `json:"about"`           // a queue id, an address, or "@domain"
	Since time.Time `json:"since,omitzero"`  // zero: all that is kept
	Limit int       `json:"limit,omitempty"` // messages, the last ones
}

// TraceEvent is what one station did with a message.
type TraceEvent struct {
	Time   time.Time         `json:"time"`
	Event  string            `json:"event"`
	ID     string            `json:"id,omitempty"` // empty: refused before it was queued
	Fields map[string]string `json:"fields,omitempty"`
}
