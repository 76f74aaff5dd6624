package imap

import (
	"io"
	"sync"

	"tram/internal/mailstore"
	"tram/internal/storage/blob"
)

// maxDamaged is how many damaged bodies are remembered.
const maxDamaged = 1000

// damaged are bodies that turned out to be damaged when a part of them was on
// its way already, which ends the session. A client that comes back and asks for
// the same would be cut off at the same place again and never get to what lies
// behind, so these are read to the end before anything of them is sent.
type damaged struct {
	mu  sync.Mutex
	ids map[blob.ID]struct{}
}

func (d *damaged) has(id blob.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.ids[id]
	return ok
}

func (d *damaged) add(id blob.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ids == nil || len(d.ids) >= maxDamaged {
		d.ids = map[blob.ID]struct{}{} // those that are damaged still come back
	}
	d.ids[id] = struct{}{}
}

func (d *damaged) remove(id blob.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.ids, id)
}

// sendRange sends n bytes of a body as a literal.
func (w *fetchWriter) sendRange(id blob.ID, r *mailstore.Body, from, n int64) error {
	known := &w.s.srv.damaged
	if known.has(id) {
		if _, err := io.Copy(io.Discard, io.NewSectionReader(r, from, n)); err != nil {
			return err
		}
		if n == r.Size() { // a part that is whole says nothing of the others
			known.remove(id)
		}
	}
	w.enc.LiteralHeader(n)
	err := w.enc.CopyAt(r, from, n)
	if err != nil && isDamage(err) {
		known.add(id)
	}
	return err
}
