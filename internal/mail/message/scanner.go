package message

import "sync"

// Scanner is a push parser: write a message into it in pieces of any size,
// then Close gives the digest. It works in one linear pass and holds at most
// 256 KiB whatever arrives. The split into pieces never changes the result.
//
// The zero Scanner is ready. It holds memory only between the first Write and
// Close. One goroutine at a time.
type Scanner struct {
	work *scan
}

var scans = sync.Pool{New: func() any { return new(scan) }}

// NewScanner makes a scanner.
func NewScanner() *Scanner { return &Scanner{} }

// Write takes the next piece. It never fails: whatever arrives is mail.
func (s *Scanner) Write(p []byte) (int, error) {
	if s.work == nil {
		s.begin()
	}
	s.work.write(p)
	return len(p), nil
}

// Close ends the message and gives its digest. The scanner is ready for the
// next message afterwards.
func (s *Scanner) Close() *Digest {
	if s.work == nil {
		s.begin()
	}
	d := s.work.finish()
	s.Reset()
	return d
}

// Reset forgets what was written.
func (s *Scanner) Reset() {
	if s.work != nil {
		s.work.trim()
		scans.Put(s.work)
		s.work = nil
	}
}

func (s *Scanner) begin() {
	s.work = scans.Get().(*scan)
	s.work.reset()
}
