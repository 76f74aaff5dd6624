package disk

import "sync/atomic"

// Who reads message after message reads a pack from front to back. The kernel
// notices, but it begins with the next bytes when the last ones are used up or
// nearly so, and a disk that answers in good time still makes everybody wait for
// each answer. So a pack that is read in a row is asked for well ahead.

const (
	aheadRow  = 256 << 10 // bytes in a row, before it is one
	aheadGap  = 64 << 10  // bytes between two reads that are still in a row
	aheadRoom = 4 << 20   // bytes that the disk is ahead of the reader
	aheadStep = 1 << 20   // bytes asked for at once
)

// ahead follows the reads of a file. Readers of different places in it spoil
// each other's rows, and nothing else.
type ahead struct {
	end   atomic.Int64 // of the last read
	since atomic.Int64 // the row began here
	asked atomic.Int64 // for the bytes before this
}

// read notes a read, and returns what to ask the disk for, if anything.
func (a *ahead) read(off, n int64) (from, to int64) {
	end := off + n
	if last := a.end.Swap(end); off < last || off-last > aheadGap {
		a.since.Store(off)
		a.asked.Store(end)
		return 0, 0
	}
	asked := max(a.asked.Load(), end)
	if end-a.since.Load() < aheadRow || asked-end > aheadRoom-aheadStep {
		return 0, 0
	}
	a.asked.Store(asked + aheadStep)
	return asked, asked + aheadStep
}

// readAhead lets the disk begin with what comes next. It promises nothing.
func (h *handle) readAhead(off, n int64) {
	if from, to := h.ahead.read(off, n); to > from {
		_ = h.Prefetch(from, to-from)
	}
}
