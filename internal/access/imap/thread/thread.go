// Package thread puts messages into conversations, by the two algorithms of
// RFC 5256 and by REFS. It knows messages by a few numbers only and reads
// nothing itself.
package thread

import (
	"cmp"
	"slices"
	"strconv"
)

// Message is what threading has to know of a message. Message-IDs and subjects
// are numbers, the same for the same text; small ones, for tables are as long as
// the largest.
type Message struct {
	Number  uint32   // what the message is called in the answer
	Date    int64    // sent date, in seconds since 1970
	ID      uint32   // number of the Message-ID; 0 when there is none
	Refs    []uint32 // numbers of the references, oldest first
	Subject uint32   // number of the base subject; 0 for an empty one
	Reply   bool     // the subject was that of a reply or a forwarded message
}

// none is no node.
const none = -1

// Forest is the threads of some messages. Nodes below len(msgs) are the
// messages, the others are dummies: messages that are referred to but are not
// there.
type Forest struct {
	msgs []Message
	kids [][]int32
	root []int32
}

func (f *Forest) isDummy(n int32) bool { return int(n) >= len(f.msgs) }

// first is the message that stands for a node: itself, or the first below a
// dummy.
func (f *Forest) first(n int32) *Message {
	for f.isDummy(n) {
		n = f.kids[n][0]
	}
	return &f.msgs[n]
}

// byDate orders nodes by sent date, and those of the same date by number
// (RFC 5256 2.2).
func (f *Forest) byDate(a, b int32) int {
	x, y := f.first(a), f.first(b)
	if c := cmp.Compare(x.Date, y.Date); c != 0 {
		return c
	}
	return cmp.Compare(x.Number, y.Number)
}

// Append appends the threads as the THREAD response has them (RFC 5256
// BASE.7.2.THREAD): "(2)(3 6 (4 23)(44 7 96))".
func (f *Forest) Append(dst []byte) []byte {
	// Trees may be as deep as there are messages, so this keeps a stack of its
	// own: nodes to begin a list with, and none where a list ends.
	stack := slices.Clone(f.root)
	slices.Reverse(stack)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n == none {
			dst = append(dst, ')')
			continue
		}
		dst = append(dst, '(')
		if f.isDummy(n) {
			stack = f.pushKids(append(stack, none), n)
			continue
		}
		dst = strconv.AppendUint(dst, uint64(f.msgs[n].Number), 10)
		for len(f.kids[n]) == 1 {
			n = f.kids[n][0]
			dst = append(dst, ' ')
			dst = strconv.AppendUint(dst, uint64(f.msgs[n].Number), 10)
		}
		stack = append(stack, none)
		if len(f.kids[n]) > 0 {
			dst = append(dst, ' ')
			stack = f.pushKids(stack, n)
		}
	}
	return dst
}

// pushKids pushes the children of n so that the first is popped first.
func (f *Forest) pushKids(stack []int32, n int32) []int32 {
	for i := len(f.kids[n]) - 1; i >= 0; i-- {
		stack = append(stack, f.kids[n][i])
	}
	return stack
}
