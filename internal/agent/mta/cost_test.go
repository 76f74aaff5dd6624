package mta_test

import (
	"testing"

	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
)

// TestCostOfPolicy: without rules, the policy at RCPT costs what asking the
// directory costs.
func TestCostOfPolicy(t *testing.T) {
	l := newLab(t, "")
	r := l.policed(directory.Rules{})
	p, e, rcpt := peer(), l.envelope("a@there.example"), smtpwire.Rcpt{To: parse(t, "an@here.example")}
	asking := testing.AllocsPerRun(200, func() { _, _ = l.dir.Resolve(t.Context(), rcpt.To) })
	deciding := testing.AllocsPerRun(200, func() { _ = r.Rcpt(t.Context(), p, e, rcpt) })
	if deciding > asking {
		t.Errorf("%v allocations to ask, %v to decide", asking, deciding)
	}
}

func BenchmarkRcpt(b *testing.B) {
	l := newLab(b, "")
	l.journal.mute = true
	r := l.policed(directory.Rules{})
	p, e, rcpt := peer(), l.envelope("a@there.example"), smtpwire.Rcpt{To: parse(b, "an@here.example")}
	b.Run("ask", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = l.dir.Resolve(b.Context(), rcpt.To)
		}
	})
	b.Run("decide", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = r.Rcpt(b.Context(), p, e, rcpt)
		}
	})
}
