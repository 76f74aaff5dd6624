package mailstore

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// TestAnnotationsOfAccount: annotations of many mailboxes are no way round the
// quota, and what is removed makes room.
func TestAnnotationsOfAccount(t *testing.T) {
	e := newEnv(t)
	value := bytes.Repeat([]byte{'x'}, MaxAnnotationBytes)
	var full error
	var last MailboxID
	values := 0
	for box := 0; box < 20 && full == nil; box++ {
		made, err := e.Create(t.Context(), alice, fmt.Sprint("box", box), "")
		if err != nil {
			t.Fatal(err)
		}
		last = made.ID
		for i := range MaxAnnotations / 4 * 3 {
			if full = e.SetAnnotations(t.Context(), alice, last, "", []Annotation{{fmt.Sprintf("/private/x%d", i), value}}); full != nil {
				break
			}
			values++
		}
	}
	if most := MaxAnnotatedAll / MaxAnnotationBytes; !errors.Is(full, ErrTooManyAnnotations) || values > most || values < most-5 {
		t.Errorf("%d values of %d octets, then %v", values, len(value), full)
	}
	if err := e.SetAnnotations(t.Context(), alice, last, "", []Annotation{{"/private/x0", nil}}); err != nil {
		t.Errorf("removing one: %v", err)
	}
	if err := e.SetAnnotations(t.Context(), alice, last, "", []Annotation{{"/private/other", value}}); err != nil {
		t.Errorf("setting another: %v", err)
	}
}
