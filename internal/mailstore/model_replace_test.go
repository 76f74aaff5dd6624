package mailstore

import (
	"context"
	"errors"
	"maps"
	"slices"

	"pgregory.net/rapid"
)

// replace replaces a message, or one that is not there, by one in the same or
// another mailbox.
func (m *machine) replace(t *rapid.T) {
	id, a, _, src := m.pick(t)
	dst := a.boxes[rapid.SampledFrom(slices.Sorted(maps.Keys(a.boxes))).Draw(t, "to")]
	uid := UID(rapid.Uint32Range(1, uint32(src.uidNext)).Draw(t, "uid"))
	d, msg := m.draw(t)
	validity, fresh, err := m.e.Replace(context.Background(), Place{id, src.id}, uid, Place{id, dst.id}, d)
	if !slices.ContainsFunc(src.msgs, func(msg modelMsg) bool { return msg.uid == uid }) {
		if !errors.Is(err, ErrNoMessage) {
			t.Fatalf("replaced message %d, which is not there: %v", uid, err)
		}
		return
	}
	m.ok(err)
	src.remove(a.seq+1, func(msg modelMsg) bool { return msg.uid == uid })
	want := dst.add(msg, a.seq+1)
	if src == dst {
		a.change(src)
	} else {
		a.change(src, dst)
	}
	if validity != dst.validity || fresh != want {
		t.Fatalf("replaced by %d %d, want %d %d", validity, fresh, dst.validity, want)
	}
}
