package textindex

import (
	"math/rand/v2"
	"testing"
)

// mailText is about 8 KiB of lines of made-up words, as often as in language.
func mailText(rng *rand.Rand, words []string) []byte {
	zipf := rand.NewZipf(rng, 1.2, 8, uint64(len(words)-1))
	var p []byte
	for len(p) < 8<<10 {
		line := len(p)
		for len(p)-line < 66 {
			p = append(append(p, words[zipf.Uint64()]...), ' ')
		}
		p = append(p, "\r\n"...)
	}
	return p
}

func madeUpWords(rng *rand.Rand, n int) []string {
	words := make([]string, n)
	for i := range words {
		w := make([]byte, 0, 8)
		for range 2 + rng.IntN(3) {
			w = append(w, "bcdfghklmnprstv"[rng.IntN(15)], "aeiou"[rng.IntN(5)])
		}
		words[i] = string(w)
	}
	return words
}

// BenchmarkBuilder is what one message costs.
func BenchmarkBuilder(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	words := madeUpWords(rng, 2000)
	var texts [][]byte
	for range 64 {
		texts = append(texts, mailText(rng, words))
	}
	var x Builder
	b.SetBytes(8 << 10)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n++; x.Size() > 4<<20 {
			x.Reset()
		}
		x.Begin(uint32(n))
		x.Write(Body, texts[n%len(texts)])
		x.End(true)
	}
}
