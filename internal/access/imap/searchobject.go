package imap

// objectKey is EMAILID and THREADID (RFC 8474 6).
type objectKey struct {
	recordKey
	kind byte
	id   string
}

func (k objectKey) eval(c *candidate) verdict {
	n, ok := parseObjectID(k.kind, c.in.account, k.id)
	if !ok {
		return mismatch // an ID that was never given out
	}
	if c.msg == nil {
		return unknown
	}
	if k.kind == objectThread {
		return verdictOf(c.msg.ThreadID == n)
	}
	return verdictOf(c.msg.ContentID == n)
}
