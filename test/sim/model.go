package sim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// place is one state that a message can be in, as an account's owner sees it.
type place struct {
	kind    placeKind
	mailbox string // inMailbox
	flags   string // inMailbox: system flags, sorted, with spaces between
}

type placeKind uint8

const (
	absent      placeKind = iota // not there, or removed by EXPUNGE
	accepted                     // acknowledged: in the queue or, without flags, in INBOX
	inMailbox                    // in a mailbox
	remoteTaken                  // a message for another host: in the queue, or there
	filed                        // a message for a file: in the queue, or there once
	returned                     // a message that nobody takes: in the queue until it is sent back
	notified                     // a notification: the message that it is about is in the queue, or it is, or it is in INBOX
)

func (p place) String() string {
	switch p.kind {
	case accepted:
		return "in the queue or in INBOX"
	case inMailbox:
		return fmt.Sprintf("in %s (%s)", p.mailbox, p.flags)
	case remoteTaken:
		return "in the queue or at the other host"
	case filed:
		return "in the queue or in the file"
	case returned:
		return "in the queue or sent back"
	case notified:
		return "to come, in the queue or in INBOX"
	}
	return "nowhere"
}

// history is the life of one message in one account as the client knows it:
// the state that was acknowledged last, and those that were asked for since.
// After a crash the message must be in one of them.
type history struct {
	token   string
	account string
	text    string // what was sent; what is stored ends with it
	states  []place
}

// mailboxKey names a mailbox at one UIDVALIDITY.
type mailboxKey struct {
	account, mailbox string
	validity         uint32
}

// shown is what a client was told about a mailbox: it must stay true.
type shown struct {
	tokens map[uint32]string // UID → message
	maxUID uint32
	modseq uint64
}

// model is what the clients were told. Its lock is held while a picture of the
// disk is taken, so that a picture lies between two steps of every client.
type model struct {
	mu        sync.Mutex
	histories map[string]*history // by account and token
	shown     map[mailboxKey]*shown
	remote    map[string]relayed // what the other host has taken, when the picture was taken
	files     map[string]string  // what the Maildir held then
	filesErr  error              // why that could not be read
	failed    bool               // a sync has failed: nothing may be acknowledged
	late      []string           // acknowledgements after that
}

func newModel() *model {
	return &model{histories: map[string]*history{}, shown: map[mailboxKey]*shown{}, remote: map[string]relayed{}}
}

func (m *model) history(account, token string) *history {
	h := m.histories[account+" "+token]
	if h == nil {
		h = &history{token: token, account: account, states: []place{{kind: absent}}}
		m.histories[account+" "+token] = h
	}
	return h
}

// step is one request of a client: what it asks for, and the acknowledgement.
type step struct {
	m        *model
	what     string
	h        []*history
	afterEIO bool // begun after a sync had failed
}

// begin notes that a client is about to ask for the state to of a message in
// some accounts (more than one for an alias).
func (m *model) begin(what, token, text string, to place, accounts ...string) *step {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &step{m: m, what: what + " " + token, afterEIO: m.failed}
	for _, a := range accounts {
		h := m.history(a, token)
		if text != "" {
			h.text = text
		}
		h.states = append(h.states, to)
		s.h = append(s.h, h)
	}
	return s
}

// also adds a state of another message to the same request.
func (s *step) also(token, text string, to place, account string) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	h := s.m.history(account, token)
	h.text = text
	h.states = append(h.states, to)
	s.h = append(s.h, h)
}

// acked notes that the server said yes: earlier states are history.
func (s *step) acked() {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for _, h := range s.h {
		h.states = h.states[len(h.states)-1:]
	}
	if s.afterEIO {
		s.m.late = append(s.m.late, s.what)
	}
}

// show notes that a client saw a message under a UID.
func (m *model) show(k mailboxKey, uid uint32, token string, modseq uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.shown[k]
	if s == nil {
		s = &shown{tokens: map[uint32]string{}}
		m.shown[k] = s
	}
	if uid != 0 {
		s.tokens[uid] = token
		s.maxUID = max(s.maxUID, uid)
	}
	s.modseq = max(s.modseq, modseq)
}

// clone is a deep copy of what clients were told, for a picture of the disk.
// The caller holds the lock.
func (m *model) clone() *model {
	c := newModel()
	for k, h := range m.histories {
		copied := *h
		copied.states = slices.Clone(h.states)
		c.histories[k] = &copied
	}
	for k, s := range m.shown {
		copied := &shown{tokens: make(map[uint32]string, len(s.tokens)), maxUID: s.maxUID, modseq: s.modseq}
		for uid, token := range s.tokens {
			copied.tokens[uid] = token
		}
		c.shown[k] = copied
	}
	return c
}

// found is what a reopened store holds of one message in one account.
type found struct {
	queued int     // recipients that wait in the queue
	boxed  []place // places in mailboxes, or in the file
}

// judge compares what was found with what may be. drained says that the queue
// was worked off before, so that nothing of ours may wait in it.
func (h *history) judge(f found, remote relayed, drained bool) string {
	if h.matchesAny(f, remote, drained) {
		return ""
	}
	var want []string
	for _, s := range h.states {
		want = append(want, s.String())
	}
	return fmt.Sprintf("%s of %s: found %d in the queue, %v in mailboxes, %d remote; want it %s",
		h.token, h.account, f.queued, f.boxed, remote.copies, strings.Join(want, ", or "))
}

func (h *history) matchesAny(f found, remote relayed, drained bool) bool {
	for _, s := range h.states {
		if s.matches(f, remote, drained) {
			return true
		}
	}
	return false
}

func (p place) matches(f found, remote relayed, drained bool) bool {
	switch p.kind {
	case absent:
		return f.queued == 0 && len(f.boxed) == 0
	case accepted:
		if f.queued == 1 && !drained {
			return len(f.boxed) == 0
		}
		return f.queued == 0 && len(f.boxed) == 1 && f.boxed[0] == place{inMailbox, "INBOX", ""}
	case inMailbox:
		return f.queued == 0 && len(f.boxed) == 1 && f.boxed[0] == p
	case remoteTaken:
		// RFC 5321 4.2.5: doubles are allowed where the other host's 250 was
		// under way; a loss never is.
		return f.queued+remote.copies >= 1 && len(f.boxed) == 0
	case filed:
		// Between the rename and the commit it is in both. A repeat finds it.
		waits := f.queued == 1 && !drained
		return waits && len(f.boxed) <= 1 || f.queued == 0 && len(f.boxed) == 1
	case returned:
		return f.queued <= 1 && len(f.boxed) == 0 // its notification says the rest
	case notified:
		// Nobody can be told twice, nor not at all.
		return f.queued == 1 && len(f.boxed) == 0 || f.queued == 0 && len(f.boxed) == 1
	}
	return false
}
