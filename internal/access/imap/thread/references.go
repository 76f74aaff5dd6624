package thread

import "slices"

// How many ancestors are looked at in search of loops: for one link, and for all
// links together so many for each message and some more. Links that would need
// more are left out; only mail that is made for it gets there.
const (
	maxClimb    = 10_000
	climbsEach  = 500
	climbsExtra = 10_000_000
)

// References threads by Message-ID and references, and then joins threads with
// the same base subject (RFC 5256 3, REFERENCES). The numbers in the comments
// are the steps of the RFC.
func References(msgs []Message) *Forest {
	b := newBuilder(msgs)
	for i := range msgs {
		b.link(int32(i))
	}
	f := b.forest()
	f.prune()
	slices.SortFunc(f.root, f.byDate) // 4
	f.joinSubjects()
	f.sortSiblings()
	return f
}

// builder is step 1: which node is whose child.
type builder struct {
	msgs   []Message
	parent []int32
	has    []bool  // nodes that are or were somebody's parent
	byID   []int32 // node of each ID, none until it is seen
	climbs int     // ancestors that may still be looked at
}

// newBuilder gives each Message-ID to the first message that has it.
func newBuilder(msgs []Message) *builder {
	largest := uint32(0)
	for i := range msgs {
		largest = max(largest, msgs[i].ID)
		for _, ref := range msgs[i].Refs {
			largest = max(largest, ref)
		}
	}
	b := &builder{msgs: msgs, parent: make([]int32, len(msgs), 2*len(msgs)),
		has: make([]bool, len(msgs), 2*len(msgs)), byID: make([]int32, largest+1),
		climbs: climbsExtra + climbsEach*len(msgs)}
	for i := range b.byID {
		b.byID[i] = none
	}
	for i := range msgs {
		b.parent[i] = none
		if id := msgs[i].ID; id != 0 && b.byID[id] == none {
			b.byID[id] = int32(i)
		}
	}
	return b
}

// node is the message with an ID, or a dummy for it.
func (b *builder) node(id uint32) int32 {
	if b.byID[id] == none {
		b.byID[id] = int32(len(b.parent))
		b.parent = append(b.parent, none)
		b.has = append(b.has, false)
	}
	return b.byID[id]
}

// link links the references of a message to one another, and it to the last.
func (b *builder) link(n int32) {
	last := int32(none)
	for _, id := range b.msgs[n].Refs { // 1.A
		ref := b.node(id)
		if last != none && b.parent[ref] == none {
			b.adopt(last, ref)
		}
		last = ref
	}
	b.parent[n] = none // 1.B
	if last != none {
		b.adopt(last, n)
	}
}

// adopt makes kid a child of parent unless that would be a loop.
func (b *builder) adopt(parent, kid int32) {
	if !b.isAncestor(kid, parent) {
		b.parent[kid], b.has[parent] = parent, true
	}
}

// isAncestor reports whether a is n or above it.
func (b *builder) isAncestor(a, n int32) bool {
	if !b.has[a] {
		return a == n
	}
	for range min(maxClimb, b.climbs) {
		b.climbs--
		if n == a {
			return true
		}
		if n = b.parent[n]; n == none {
			return false
		}
	}
	return true
}

// forest is step 2: children in place of parents.
func (b *builder) forest() *Forest {
	f := &Forest{msgs: b.msgs, kids: make([][]int32, len(b.parent))}
	counts := make([]int32, len(b.parent))
	total := 0
	for _, p := range b.parent {
		if p != none {
			counts[p]++
			total++
		}
	}
	all := make([]int32, total)
	for n, p := range b.parent {
		if p == none {
			f.root = append(f.root, int32(n))
			continue
		}
		if f.kids[p] == nil {
			f.kids[p], all = all[:0:counts[p]], all[counts[p]:]
		}
		f.kids[p] = append(f.kids[p], int32(n))
	}
	return f
}

// postorder lists all nodes, children before their parents.
func (f *Forest) postorder() []int32 {
	order := slices.Clone(f.root)
	for i := 0; i < len(order); i++ {
		order = append(order, f.kids[order[i]]...)
	}
	slices.Reverse(order)
	return order
}

// prune is step 3: dummies go, and their children move up; under the root only
// if it is one child.
func (f *Forest) prune() {
	for _, n := range f.postorder() {
		if slices.ContainsFunc(f.kids[n], f.isDummy) {
			f.kids[n] = f.promote(f.kids[n], len(f.msgs)+len(f.kids))
		}
	}
	f.root = f.promote(f.root, 1)
}

// promote replaces dummies by their children if they have at most so many.
func (f *Forest) promote(list []int32, most int) []int32 {
	out := make([]int32, 0, len(list))
	for _, n := range list {
		if f.isDummy(n) && len(f.kids[n]) <= most {
			out = append(out, f.kids[n]...)
		} else {
			out = append(out, n)
		}
	}
	return out
}

// joinSubjects is step 5: threads with the same subject become one.
func (f *Forest) joinSubjects() {
	// Dummies at the root are known by their first child, by date.
	for _, n := range f.root {
		if f.isDummy(n) {
			slices.SortFunc(f.kids[n], f.byDate)
		}
	}
	table := f.subjectTable()
	kept := f.root[:0:0]
	place := make(map[int32]int, len(table)) // where a node of the table stands in kept
	for _, n := range f.root {
		subject := f.first(n).Subject
		if subject == 0 {
			kept = append(kept, n)
			continue
		}
		in := table[subject]
		if in == n {
			place[n] = len(kept)
			kept = append(kept, n)
			continue
		}
		switch {
		case f.isDummy(in) && f.isDummy(n):
			f.kids[in] = append(f.kids[in], f.kids[n]...)
		case f.isDummy(in), f.first(n).Reply && !f.first(in).Reply:
			f.kids[in] = append(f.kids[in], n)
		default:
			dummy := int32(len(f.kids))
			f.kids = append(f.kids, []int32{in, n})
			table[subject] = dummy
			// The node of the table came earlier: had it come later, it would
			// have had to be better than this one to get there.
			place[dummy] = place[in]
			kept[place[in]] = dummy
		}
	}
	f.root = kept
}

// subjectTable is step 5.B: the message that stands for each subject.
func (f *Forest) subjectTable() map[uint32]int32 {
	table := make(map[uint32]int32, len(f.root))
	for _, n := range f.root {
		m := f.first(n)
		if m.Subject == 0 {
			continue
		}
		in, ok := table[m.Subject]
		if !ok || !f.isDummy(in) && (f.isDummy(n) || f.msgs[in].Reply && !m.Reply) {
			table[m.Subject] = n
		}
	}
	return table
}

// sortSiblings is step 6: each set of siblings by date, the lowest first.
func (f *Forest) sortSiblings() {
	for _, n := range f.postorder() {
		if len(f.kids[n]) > 1 {
			slices.SortFunc(f.kids[n], f.byDate)
		}
	}
	slices.SortFunc(f.root, f.byDate)
}
