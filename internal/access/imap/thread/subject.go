package thread

import "slices"

// OrderedSubject makes a thread of all messages with the same base subject; the
// first one by date is the parent of the others (RFC 5256 3, ORDEREDSUBJECT).
func OrderedSubject(msgs []Message) *Forest {
	f := &Forest{msgs: msgs, kids: make([][]int32, len(msgs))}
	order := make([]int32, len(msgs))
	largest := uint32(0)
	for i := range order {
		order[i] = int32(i)
		largest = max(largest, msgs[i].Subject)
	}
	slices.SortFunc(order, f.byDate)
	head := make([]int32, largest+1) // the first message of each subject, and 1
	for _, n := range order {
		h := &head[msgs[n].Subject]
		if *h == 0 {
			*h = n + 1
			f.root = append(f.root, n)
			continue
		}
		f.kids[*h-1] = append(f.kids[*h-1], n)
	}
	return f
}
