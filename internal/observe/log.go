// Package observe is how the server can be watched: its log, its metrics, its
// health, and the HTTP handler that serves the last two.
//
// A log line has a constant message and attributes for everything that
// varies. Each mail event (received, queued, delivered, deferred, bounced,
// rejected) is one line with the queue id under the key "id":
//
//	level=INFO msg=delivered id=06awqz3kd2m80 to=an@demo.test mailbox=INBOX
package observe

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
)

// Format is the form of a log line.
type Format string

// The formats. Auto is colours on a terminal and Text everywhere else.
const (
	Auto Format = "auto"
	Text Format = "text"
	JSON Format = "json"
)

// NewLogger returns a logger that writes to w from level on. Passing a
// *slog.LevelVar lets the level change while it is used.
func NewLogger(w io.Writer, format Format, level slog.Leveler) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	switch {
	case format == JSON:
		return slog.New(slog.NewJSONHandler(w, opts))
	case format != Text && isTerminal(w):
		return slog.New(tint.NewHandler(w, &tint.Options{Level: level, TimeFormat: time.TimeOnly}))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
