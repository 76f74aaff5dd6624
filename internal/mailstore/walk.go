package mailstore

import (
	"errors"

	"tram/internal/storage/kv"
)

// maxSteps is how many records a walk passes over one by one before it seeks.
// A step costs about a tenth of a seek.
const maxSteps = 8

// walk reads records of several kinds of the messages of one mailbox side by
// side, in ascending order of UIDs.
type walk struct {
	r       kv.Reader
	mailbox MailboxID
	kinds   []byte
	its     [len(messageKinds)]kv.Iterator // nil for a walk of one message
	on      [len(messageKinds)]bool        // the iterator stands on a record
	key     []byte
}

// newWalk returns a walk over the messages from first to last. Values that it
// gives are valid until the next one of the same kind. The caller closes it.
func newWalk(r kv.Reader, m MailboxID, kinds []byte, first, last UID) *walk {
	w := &walk{r: r, mailbox: m, kinds: kinds, key: make([]byte, 0, 9)}
	if first == last {
		return w // a Get costs less than an iterator
	}
	for k, kind := range kinds {
		hi := appendBoxKey(nil, kind, m+1)
		if last < 1<<32-1 {
			hi = appendItemKey(hi[:0], kind, m, uint32(last)+1)
		}
		w.its[k] = r.Scan(appendItemKey(w.key[:0], kind, m, uint32(first)), hi)
		w.on[k] = w.its[k].Next()
	}
	return w
}

// next returns the first message from uid on that has a record of the first
// kind; false when there is none.
func (w *walk) next(uid UID) (UID, bool) {
	if w.its[0] == nil {
		return uid, true
	}
	if !w.move(0, uid) {
		return 0, false
	}
	return UID(itemOf(w.its[0].Key())), true
}

// move brings an iterator to the first record from uid on.
func (w *walk) move(k int, uid UID) bool {
	it := w.its[k]
	for range maxSteps {
		if !w.on[k] || UID(itemOf(it.Key())) >= uid {
			return w.on[k]
		}
		w.on[k] = it.Next()
	}
	if w.on[k] && UID(itemOf(it.Key())) < uid {
		w.key = appendItemKey(w.key[:0], w.kinds[k], w.mailbox, uint32(uid))
		w.on[k] = it.Seek(w.key)
	}
	return w.on[k]
}

// value returns the record of one kind of a message, nil when it has none.
func (w *walk) value(k int, uid UID) ([]byte, error) {
	if it := w.its[k]; it != nil {
		if w.move(k, uid) && UID(itemOf(it.Key())) == uid {
			return it.Value(), nil
		}
		return nil, it.Err()
	}
	w.key = appendItemKey(w.key[:0], w.kinds[k], w.mailbox, uint32(uid))
	value, err := w.r.Get(w.key)
	if errors.Is(err, kv.ErrNotFound) {
		return nil, nil
	}
	return value, err
}

// close ends the walk and returns the first error of its iterators.
func (w *walk) close() error {
	var errs []error
	for k := range w.kinds {
		if it := w.its[k]; it != nil {
			errs = append(errs, it.Err(), it.Close())
		}
	}
	return errors.Join(errs...)
}
