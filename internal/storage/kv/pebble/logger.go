package pebble

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// logger passes Pebble's warnings on. Its notes on daily work are dropped.
type logger struct{ d *DB }

func (logger) Infof(string, ...any) {}

func (l logger) Errorf(format string, args ...any) {
	l.d.log.Warn("key-value store", "message", fmt.Sprintf(format, args...))
}

// Fatalf is called where Pebble would end the process. We fail the store
// instead and return: Pebble then reports the error to its caller.
func (l logger) Fatalf(format string, args ...any) {
	l.d.fail(fmt.Errorf("pebble: "+format, args...))
}

// events reports damage that Pebble meets in the background. Without this a
// damaged table would end the process; reading around it works on.
func events(d *DB) *pebble.EventListener {
	return &pebble.EventListener{
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			d.log.Error("key-value store: damaged table", "path", info.Path, "details", info.Details)
		},
		BackgroundError: func(err error) {
			if d.err() == nil {
				d.log.Warn("key-value store: background work failed", "error", err)
			}
		},
	}
}
