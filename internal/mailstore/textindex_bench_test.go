package mailstore

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tram/internal/mail/fold"
)

// plausible is a message of about 8 KiB: words as often as in language, and a
// header with what is in no other message.
func plausible(rng *rand.Rand, words []string, n int) string {
	zipf := rand.NewZipf(rng, 1.2, 8, uint64(len(words)-1))
	var b strings.Builder
	fmt.Fprintf(&b, "Received: from mx%d.example by mail.example with ESMTPS id %012x;\r\n\tFri, 20 Nov 2026 08:%02d:%02d +0700\r\n", n%9, rng.Uint64()>>16, n/60%60, n%60)
	fmt.Fprintf(&b, "Message-ID: <%016x.%d@sender.example>\r\nFrom: Sender %d <s%d@sender.example>\r\nSubject: about %s %d\r\n\r\n", rng.Uint64(), n, n%50, n%50, words[rng.IntN(len(words))], n)
	for b.Len() < 8<<10 {
		for range 9 {
			b.WriteString(words[zipf.Uint64()])
			b.WriteByte(' ')
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

func plausibleWords(rng *rand.Rand, n int) []string {
	words := make([]string, n)
	for i := range words {
		var w strings.Builder
		for range 2 + rng.IntN(3) {
			w.WriteByte("bcdfghklmnprstv"[rng.IntN(15)])
			w.WriteString([]string{"a", "e", "i", "o", "u", "ê", "ươ"}[rng.IntN(7)])
		}
		words[i] = w.String()
	}
	return words
}

// BenchmarkTextIndex is what it costs to index a message, and to search.
func BenchmarkTextIndex(b *testing.B) {
	e := benchEnv(b)
	m := e.inbox(b, alice)
	rng := rand.New(rand.NewPCG(1, 2))
	words := plausibleWords(rng, 20_000)
	const messages = 4000
	octets := 0
	for n := range messages {
		text := plausible(rng, words, n)
		octets += len(text)
		e.deliver(b, alice, m, text, nil)
	}
	b.Run("update", func(b *testing.B) {
		for b.Loop() {
			if err := e.DropIndex(b.Context(), alice); err != nil {
				b.Fatal(err)
			}
			if err := e.UpdateIndex(b.Context(), alice); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/messages, "µs/message")
		status, _ := e.IndexStatus(b.Context(), alice)
		b.ReportMetric(100*float64(status.Bytes)/float64(octets), "%size")
		b.ReportMetric(float64(e.indexRecords(b, alice)), "records")
	})
	for _, needle := range []string{"zyzzyva", words[0], words[3000], "e", "sender.example"} {
		b.Run("search-"+needle, func(b *testing.B) {
			terms := fold.NewNeedle(needle).Query().Terms
			for b.Loop() {
				if _, err := e.TextCandidates(b.Context(), alice, m, terms, HeaderText|BodyText); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
