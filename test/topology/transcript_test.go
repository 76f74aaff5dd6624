package topology

import (
	"bytes"
	"regexp"
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
	attrs   map[string]string // id, from, to, host, mailbox, reply
}

var attribute = regexp.MustCompile(`([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)`)

// events are the lines with one of the messages, in order.
func (t *transcript) events(messages ...string) []event {
	var all []event
	for line := range strings.Lines(t.String()) {
		attrs := make(map[string]string)
		for _, m := range attribute.FindAllStringSubmatch(line, -1) {
			attrs[m[1]] = strings.Trim(m[2], `"`)
		}
		for _, want := range messages {
			if attrs["msg"] == want {
				all = append(all, event{want, attrs})
			}
		}
	}
	return all
}
