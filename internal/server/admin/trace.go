package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tram/internal/observe/journal"
	"tram/internal/queue"
	"tram/internal/server/control"
)

// ancestry is how much earlier than a message those may be from which it was
// made: an alias that was deferred until the queue gave up, and a day.
const ancestry = 6 * 24 * time.Hour

// Trace implements control.Operations.
func (a *Admin) Trace(ctx context.Context, q control.TraceQuery, emit func(control.TraceEvent) error) error {
	query, err := traceQuery(q)
	if err != nil {
		return err
	}
	if a.process != nil {
		if err := a.process.FlushJournal(); err != nil {
			a.log.Warn("journal", "error", err)
		}
	}
	err = journal.Search(ctx, a.s.Journal(), query, func(e journal.Event) error {
		return emit(control.TraceEvent{Time: e.Time, Event: e.Name, ID: e.ID, Fields: e.Fields})
	})
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	return nil
}

// traceQuery tells a queue id from an address.
func traceQuery(q control.TraceQuery) (journal.Query, error) {
	about := strings.TrimSpace(q.About)
	query := journal.Query{Since: q.Since, Limit: q.Limit}
	if strings.Contains(about, "@") {
		query.Address = about
		return query, nil
	}
	id, err := queue.ParseID(about)
	if err != nil {
		return query, control.Errorf(control.Invalid, "%q is neither a queue id (13 digits and letters, as in a Received field or the log) nor an address; a domain is written @example.org", q.About)
	}
	query.ID = id.String()
	if since := id.Time().Add(-ancestry); since.After(query.Since) {
		query.Since = since
	}
	return query, nil
}
