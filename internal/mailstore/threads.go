package mailstore

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"

	"tram/internal/mail/fold"
	"tram/internal/mail/message"
	"tram/internal/storage/kv"
)

// Threads are found at arrival and never change afterwards, as THREADID of
// RFC 8474 and threadId of RFC 8621 have to: two messages are in one thread
// when one names the Message-ID of the other, or both name a third, and their
// base subjects are the same (RFC 8621 3). A thread is named by the content ID
// of the message that began it.
//
// A record of kindThread leads from a Message-ID and a base subject to the
// thread. There are two generations of them: new ones go into the current one;
// when it is full, the other is thrown away whole and becomes the current one.
// What is found in the other is written again, so that threads that go on live.
const (
	// MaxThreadKeys is how many Message-IDs one generation remembers.
	MaxThreadKeys = 200_000

	// maxThreadIDs is how many Message-IDs of a message are looked at: its own,
	// those that it replies to, the last references, and the first one.
	maxThreadIDs = 12
	maxReplyIDs  = 2
)

// threadKey is a hash of a Message-ID and a base subject. It is one that
// senders cannot aim at: a collision would join strangers.
type threadKey [16]byte

// threadPlan is the thread of a message that is about to be written, and the
// keys that shall lead there.
type threadPlan struct {
	thread uint64
	keys   []threadKey
}

// planThread finds the thread of a message by its header lines. before are the
// plans of the same transaction, which are not written yet.
func (t *tx) planThread(lines []byte, content uint64, before []threadPlan) (threadPlan, error) {
	p := threadPlan{thread: content}
	for _, key := range threadKeys(lines) {
		thread, current, err := t.findThread(key, before)
		if err != nil {
			return p, err
		}
		if thread == 0 || !current {
			p.keys = append(p.keys, key)
		}
		if thread != 0 {
			// The ones behind it were written when the message came that this one
			// names.
			p.thread = thread
			break
		}
	}
	return p, nil
}

// findThread returns the thread of a key, 0 when it leads nowhere, and whether
// the key is in the current generation.
func (t *tx) findThread(key threadKey, before []threadPlan) (thread uint64, current bool, err error) {
	for i := range before {
		if slices.Contains(before[i].keys, key) {
			return before[i].thread, true, nil
		}
	}
	if thread, err = readThread(t.space, t.acct.threadGen, key); thread != 0 || err != nil {
		return thread, true, err
	}
	if t.acct.threadGen == 0 {
		return 0, false, nil
	}
	thread, err = readThread(t.space, t.acct.threadGen-1, key)
	return thread, false, err
}

// keepThread writes the keys of a plan.
func (t *tx) keepThread(p *threadPlan) error {
	for _, key := range p.keys {
		if err := t.setThread(key, p.thread); err != nil {
			return err
		}
	}
	return nil
}

// setThread writes a key that is not in the current generation.
func (t *tx) setThread(key threadKey, thread uint64) error {
	if t.acct.threadKeys >= MaxThreadKeys {
		t.acct.threadGen++
		t.acct.threadKeys = 0
		if err := t.space.DeleteRange(threadRange(t.acct.threadGen)); err != nil {
			return err
		}
	}
	t.acct.threadKeys++
	t.dirty = true
	t.key = appendThreadKey(t.key[:0], t.acct.threadGen, key)
	t.value = binary.AppendUvarint(append(t.value[:0], version1), thread)
	return t.space.Set(t.key, t.value)
}

// threadKeys hashes the IDs that a message names, in the order in which they
// are looked for: its own, then from the nearest to the farthest.
func threadKeys(lines []byte) []threadKey {
	var own, references, inReplyTo, subject []byte
	for f := range message.Fields(lines) {
		switch {
		case own == nil && f.Is("Message-ID"):
			own = f.Value
		case references == nil && f.Is("References"):
			references = f.Value
		case inReplyTo == nil && f.Is("In-Reply-To"):
			inReplyTo = f.Value
		case subject == nil && f.Is("Subject"):
			subject = f.Value
		}
	}
	if own == nil && references == nil && inReplyTo == nil {
		return nil
	}
	base, _ := message.BaseSubject(message.DecodeText(subject))
	var folded, hashed [256]byte // what is usual fits in
	h := threadHash{subject: fold.AppendCased(folded[:0], []byte(base)), buf: hashed[:0], keys: make([]threadKey, 0, 4)}
	h.add(own, 1)
	h.add(inReplyTo, maxReplyIDs)
	h.addLast(references)
	return h.keys
}

// threadHash collects the keys of one message.
type threadHash struct {
	subject []byte // folded
	keys    []threadKey
	buf     []byte
}

// add takes the first IDs of a field, at most so many.
func (h *threadHash) add(value []byte, most int) {
	for range most {
		var id []byte
		if id, value = message.NextMessageID(value); id == nil {
			return
		}
		h.one(id)
	}
}

// addLast takes the IDs of References from the last one back, then the first.
func (h *threadHash) addLast(value []byte) {
	var ring [maxThreadIDs][]byte
	var first []byte
	n := 0
	for {
		var id []byte
		if id, value = message.NextMessageID(value); id == nil {
			break
		}
		if n == 0 {
			first = id
		}
		ring[n%len(ring)] = id
		n++
	}
	for i := n - 1; i >= max(0, n-len(ring)) && len(h.keys) < maxThreadIDs-1; i-- {
		h.one(ring[i%len(ring)])
	}
	if first != nil {
		h.one(first)
	}
}

func (h *threadHash) one(id []byte) {
	h.buf = append(message.AppendMessageID(h.buf[:0], id), 0)
	h.buf = append(h.buf, h.subject...)
	sum := sha256.Sum256(h.buf)
	if key := threadKey(sum[:16]); !slices.Contains(h.keys, key) {
		h.keys = append(h.keys, key)
	}
}

// readThread returns the thread of a key in one generation, 0 for none. A
// damaged record leads nowhere: it is written again.
func readThread(r kv.Reader, gen uint32, key threadKey) (uint64, error) {
	value, err := r.Get(appendThreadKey(make([]byte, 0, threadKeyBytes), gen, key))
	if errors.Is(err, kv.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	thread, err := decodeThread(value)
	if err != nil {
		return 0, nil //nolint:nilerr // derived: better a thread more than no mail
	}
	return thread, nil
}

func decodeThread(value []byte) (uint64, error) {
	d := decode(value)
	thread := d.uint()
	if thread == 0 || len(d.b) > 0 {
		d.bad = true
	}
	return thread, d.err("thread")
}

// threadKeyBytes is the length of a key of kindThread.
const threadKeyBytes = 2 + len(threadKey{})

// appendThreadKey appends the key of a thread record. The generations take
// turns in two places.
func appendThreadKey(dst []byte, gen uint32, key threadKey) []byte {
	return append(append(dst, kindThread, byte(gen&1)), key[:]...)
}

// threadRange is the keys of one generation.
func threadRange(gen uint32) (lo, hi []byte) {
	turn := byte(gen & 1)
	return []byte{kindThread, turn}, []byte{kindThread, turn + 1}
}

// eachThread calls fn for the records of one generation.
func eachThread(r kv.Reader, gen uint32, fn func(key []byte, thread uint64, err error)) error {
	it := r.Scan(threadRange(gen))
	defer it.Close()
	for it.Next() {
		thread, err := decodeThread(it.Value())
		if len(it.Key()) != threadKeyBytes {
			err = ErrCorrupt
		}
		fn(it.Key(), thread, err)
	}
	return it.Err()
}
