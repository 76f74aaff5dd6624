package topology

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// transcript is the log of a host, written by its process while tests read.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// event is a line of the log about a recipient.
type event struct {
	message string            // delivered, deferred, bounced, rejected
	attrs   map[string]string // id, from, to, host, reply

	mailboxes []string // where it was put
}

var attribute = regexp.MustCompile(`([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)`)

// events are the lines with one of the messages, in order.
func (t *transcript) events(messages ...string) []event {
	var all []event
	for line := range strings.Lines(t.String()) {
		e := event{attrs: make(map[string]string)}
		for _, m := range attribute.FindAllStringSubmatch(line, -1) {
			key, value := m[1], strings.Trim(m[2], `"`)
			e.attrs[key] = value
			if key == "mailbox" {
				e.mailboxes = append(e.mailboxes, value)
			}
		}
		if e.message = e.attrs["msg"]; slices.Contains(messages, e.message) {
			all = append(all, e)
		}
	}
	return all
}
