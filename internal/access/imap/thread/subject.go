package thread

import (
	"cmp"
	"slices"
)

// OrderedSubject makes a thread of all messages with the same base subject; the
// first one by date is the parent of the others (RFC 5256 3, ORDEREDSUBJECT).
func OrderedSubject(msgs []Message) *Forest {
	f := &Forest{msgs: msgs, kids: make([][]int32, len(msgs))}
	order := make([]int32, len(msgs))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := cmp.Compare(msgs[a].Subject, msgs[b].Subject); c != 0 {
			return c
		}
		return f.byDate(a, b)
	})
	for i, n := range order {
		if i == 0 || msgs[n].Subject != msgs[order[i-1]].Subject {
			f.root = append(f.root, n)
			continue
		}
		head := f.root[len(f.root)-1]
		f.kids[head] = append(f.kids[head], n)
	}
	slices.SortFunc(f.root, f.byDate)
	return f
}
