package mta_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"tram/internal/agent/mta/smtptest"
	"tram/internal/directory"
)

// BenchmarkLocal is the whole way of a message from the door's hands to the
// mailbox, with 20 doors open at once.
func BenchmarkLocal(b *testing.B) {
	l := newLab(b, "")
	l.journal.mute = true
	for i := range 100 {
		_, err := l.dir.AddAccount(context.Background(), directory.Account{Address: fmt.Sprintf("u%d@here.example", i)}, "")
		l.must(err)
	}
	l.start()
	text := letter + strings.Repeat("0123456789 0123456789 0123456789\r\n", 100)
	b.SetParallelism(10)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			e := l.envelope("a@there.example", fmt.Sprintf("u%d@here.example", i%100))
			if _, err := l.intake.Take(context.Background(), peer(), e, strings.NewReader(text)); err != nil {
				b.Fatal(err)
			}
		}
	})
	l.drained()
}

// BenchmarkRelay is the same for mail that goes to one other host.
func BenchmarkRelay(b *testing.B) {
	l := newLab(b, "far.example. A 127.0.0.2\n")
	l.journal.mute = true
	l.host("127.0.0.2", smtptest.Options{})
	l.reopenQueue(bigQueue)
	l.options.MaxRemote = 4000
	l.start()
	text := letter + strings.Repeat("0123456789 0123456789 0123456789\r\n", 100)
	b.SetParallelism(10)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			e := l.envelope("a@there.example", "x@far.example")
			if _, err := l.intake.Take(context.Background(), peer(), e, strings.NewReader(text)); err != nil {
				b.Fatal(err)
			}
		}
	})
	l.drained()
}
