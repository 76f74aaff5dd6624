package mta

import "time"

// rank is how much is expected of a destination. Those of which little is
// expected get only a part of the senders and of the places, so that a thousand
// hosts that say nothing hold up nobody else.
type rank uint8

const (
	proven   rank = iota // it took mail not long ago
	unknown              // nobody knows; there is fresh mail for it
	doubtful             // it could not be reached, keeps us waiting, or has only mail that failed before
	ranks
)

// proofTime is for how long a destination is taken to be as good as it was.
const proofTime = time.Hour

func (dest *destination) rank(now time.Time) rank {
	switch {
	case dest.failures > 0 || dest.stalled:
		return doubtful
	case now.Sub(dest.alive) < proofTime:
		return proven
	case dest.fresh:
		return unknown
	}
	return doubtful
}

// share is the part of a bound that is open to destinations of a rank and
// those below it: all of it, three quarters, half.
func share(all int, r rank) int { return max(1, all-all*int(r)/4) }

// fits reports whether one more of a rank is within the bound.
func fits(have *[ranks]int, r rank, all int) bool {
	sum := 0
	for at := int(ranks) - 1; at >= 0; at-- {
		sum += have[at]
		if at <= int(r) && sum >= share(all, rank(at)) {
			return false
		}
	}
	return true
}

func total(n *[ranks]int) (sum int) {
	for _, each := range n {
		sum += each
	}
	return sum
}
