package imap

import "tram/internal/mailstore"

// contexts are the searches that the client asked to be kept up to date
// (RFC 5267 4.3). nil when there are none.
type contexts struct{}

// searchContext is one of them.
type searchContext struct {
	tag   string
	byUID bool
	prog  *program
	set   *bound
}

func (c *contexts) has(tag string) bool { return false }

func (s *session) keepInformed(c *searchContext, found []uint32) (string, error) { return "", nil }

// update tells the client how the results changed. advance calls it, with the
// session's view of before and of now, when everything else has been told.
func (c *contexts) update(_, _ *mailstore.View) {
	if c == nil {
		return
	}
}
