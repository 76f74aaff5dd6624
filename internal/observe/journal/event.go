package journal

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"
	"unicode/utf8"
)

// maxValue is how much of a value is noted, in octets.
const maxValue = 2 << 10

// Event is what one station did with a message.
type Event struct {
	Time   time.Time         `json:"time"`
	Name   string            `json:"event"`        // queued, delivered, deferred, bounced, rejected ...
	ID     string            `json:"id,omitempty"` // of the queue entry
	Fields map[string]string `json:"fields,omitempty"`
}

// The line of an event is one JSON object of texts: "time", "event", and the
// attributes of the log line under their own keys.

// appendEvent appends the line of r.
func appendEvent(b []byte, r *slog.Record, with []slog.Attr) []byte {
	b = append(b, `{"time":"`...)
	b = r.Time.UTC().AppendFormat(b, time.RFC3339Nano)
	b = appendText(append(b, `","event":`...), r.Message)
	for _, a := range with {
		b = appendAttr(b, a)
	}
	r.Attrs(func(a slog.Attr) bool {
		b = appendAttr(b, a)
		return true
	})
	return append(b, "}\n"...)
}

func appendAttr(b []byte, a slog.Attr) []byte {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindString && v.String() == "" {
		return b
	}
	b = appendText(append(b, ','), a.Key)
	b = append(b, ':')
	switch v.Kind() {
	case slog.KindString:
		return appendText(b, v.String())
	case slog.KindInt64:
		b = strconv.AppendInt(append(b, '"'), v.Int64(), 10)
		return append(b, '"')
	case slog.KindTime:
		b = v.Time().UTC().AppendFormat(append(b, '"'), time.RFC3339)
		return append(b, '"')
	}
	return appendText(b, fmt.Sprint(v.Any()))
}

// appendText appends a JSON string. Invalid UTF-8 becomes U+FFFD.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	s = s[:min(len(s), maxValue)]
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// parse reads a line; false for one that is no event, as when a crash has cut
// it.
func parse(line []byte) (e Event, ok bool) {
	if json.Unmarshal(line, &e.Fields) != nil {
		return e, false
	}
	var err error
	e.Time, err = time.Parse(time.RFC3339Nano, e.Fields["time"])
	e.Name, e.ID = e.Fields["event"], e.Fields[idKey]
	for _, key := range []string{"time", "event", idKey} {
		delete(e.Fields, key)
	}
	return e, err == nil && e.Name != ""
}
