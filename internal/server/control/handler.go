package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// maxRequestBytes bounds a request; the largest is an import of some hundred
// thousand accounts.
const maxRequestBytes = 64 << 20

// line is one line of an answer.
type line struct {
	Item  json.RawMessage `json:"item,omitempty"`
	Error *Error          `json:"error,omitempty"`
	Done  bool            `json:"done,omitempty"`
}

// none is the input or output of operations without one.
type none struct{}

// NewServer returns an HTTP server of the operations, for the listener of
// Listen. The caller serves and shuts it down.
func NewServer(ops Operations, log *slog.Logger) *http.Server {
	mux := http.NewServeMux()
	add := func(name string, h http.HandlerFunc) { mux.HandleFunc("POST /v1/"+name, h) }

	add("domain.add", call(ops.AddDomain))
	add("domain.update", call(ops.UpdateDomain))
	add("domain.delete", do(ops.DeleteDomain))
	add("domain.list", each(func(ctx context.Context, _ none, emit func(Domain) error) error { return ops.Domains(ctx, emit) }))
	add("account.add", call(ops.AddAccount))
	add("account.update", call(ops.UpdateAccount))
	add("account.password", do(ops.SetPassword))
	add("account.delete", do(ops.DeleteAccount))
	add("account.list", each(ops.Accounts))
	add("account.import", each(ops.ImportAccounts))
	add("alias.add", call(ops.AddAlias))
	add("alias.delete", do(ops.DeleteAlias))
	add("alias.list", each(ops.Aliases))
	handleBook(add, ops)
	handleMailboxes(add, ops)
	handleQueue(add, ops)
	handleExplain(add, ops)
	add("trace", each(ops.Trace))
	add("store.verify", each(ops.Verify))
	add("store.compact", each(ops.Compact))
	add("store.reindex", each(ops.Reindex))
	add("account.restore", call(ops.RestoreAccount))
	add("status", call(func(ctx context.Context, _ none) (Status, error) { return ops.Status(ctx) }))
	add("reload", call(func(ctx context.Context, _ none) (Reloaded, error) { return ops.Reload(ctx) }))

	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// each serves an operation with any number of results.
func each[In, Item any](fn func(context.Context, In, func(Item) error) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		out := json.NewEncoder(w)
		flush := http.NewResponseController(w)
		w.Header().Set("Content-Type", "application/x-ndjson")
		var in In
		err := decodeRequest(r, &in)
		if err == nil {
			err = fn(r.Context(), in, func(item Item) error {
				raw, err := json.Marshal(item)
				if err != nil {
					return err
				}
				if err := out.Encode(line{Item: raw}); err != nil {
					return err
				}
				return flush.Flush()
			})
		}
		end := line{Done: true}
		if err != nil {
			end = line{Error: asError(err)}
		}
		_ = out.Encode(end) // a client that has gone knows that the answer has no end
	}
}

// call serves an operation with one result.
func call[In, Out any](fn func(context.Context, In) (Out, error)) http.HandlerFunc {
	return each(func(ctx context.Context, in In, emit func(Out) error) error {
		out, err := fn(ctx, in)
		if err != nil {
			return err
		}
		return emit(out)
	})
}

// do serves an operation without a result.
func do[In any](fn func(context.Context, In) error) http.HandlerFunc {
	return each(func(ctx context.Context, in In, _ func(none) error) error { return fn(ctx, in) })
}

func decodeRequest(r *http.Request, in any) error {
	body := http.MaxBytesReader(nil, r.Body, maxRequestBytes)
	err := json.NewDecoder(body).Decode(in)
	if err != nil && !errors.Is(err, io.EOF) {
		return Errorf(Invalid, "request: %v", err)
	}
	return nil
}
