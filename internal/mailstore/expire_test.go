package mailstore

import (
	"testing"
	"time"
)

// TestExpireInbox removes what is old and not flagged, in the INBOX alone.
func TestExpireInbox(t *testing.T) {
	e, in := damaged(t) // 100 messages, just arrived
	if n, err := e.ExpireInbox(t.Context(), alice, time.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Fatalf("young ones: %d, %v", n, err)
	}
	if n, err := e.ExpireInbox(t.Context(), alice+1, time.Now()); n != 0 || err != nil {
		t.Fatalf("an account that was never used: %d, %v", n, err)
	}
	flag := FlagChange{Op: AddFlags, Flags: Flagged}
	if _, err := e.StoreFlags(t.Context(), alice, in, UIDSet{{2, 3}}, flag); err != nil {
		t.Fatal(err)
	}
	before, err := e.View(t.Context(), alice, in)
	if err != nil {
		t.Fatal(err)
	}
	n, err := e.ExpireInbox(t.Context(), alice, time.Now().Add(time.Hour))
	if err != nil || n != before.Len()-2 {
		t.Fatalf("%d of %d, %v", n, before.Len(), err)
	}
	after, err := e.View(t.Context(), alice, in)
	if err != nil || after.Len() != 2 || after.At(0).UID != 2 || after.At(1).UID != 3 {
		t.Fatalf("%d are left, %v", after.Len(), err)
	}
	if got := e.problems(t, alice); len(got) != 0 {
		t.Fatal(got)
	}
}
