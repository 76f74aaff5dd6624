package sessions

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parseSet is the numbers of a sequence-set without "*", in its order.
func parseSet(text string) ([]uint32, error) {
	var out []uint32
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, ":")
		a, err := strconv.ParseUint(first, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("set %q: %w", text, err)
		}
		b := a
		if isRange {
			if b, err = strconv.ParseUint(last, 10, 32); err != nil {
				return nil, fmt.Errorf("set %q: %w", text, err)
			}
		}
		for n := min(a, b); n <= max(a, b); n++ {
			out = append(out, uint32(n))
		}
	}
	return out, nil
}

// formatSet writes numbers as a sequence-set, runs of them as ranges.
func formatSet(numbers []uint32) string {
	sorted := slices.Compact(slices.Sorted(slices.Values(numbers)))
	var b strings.Builder
	for i := 0; i < len(sorted); {
		j := i
		for j+1 < len(sorted) && sorted[j+1] == sorted[j]+1 {
			j++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, sorted[i])
		if j > i {
			fmt.Fprintf(&b, ":%d", sorted[j])
		}
		i = j + 1
	}
	return b.String()
}
