package imap

import (
	"bytes"
	"io"

	"tram/internal/mail/fold"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
)

// headerKey looks into a header field: HEADER, FROM, SUBJECT and their like.
type headerKey struct {
	name    string
	cached  bool // the store keeps the field beside the message
	address bool // it is looked for in the addresses, not in the text
	needle  *needle
	index   indexQuery
}

func newHeaderKey(name string, n *needle) *headerKey {
	k := &headerKey{name: name, cached: message.CachedFields.Has([]byte(name)), needle: n}
	// The field says its name and its value in the header. That both are there
	// does not mean that they belong together.
	k.index = indexQuery{scope: mailstore.HeaderText, terms: n.Query().Terms}
	if (!k.cached || len(n.Folded) == 0) && fold.IsASCII([]byte(name)) {
		k.index.terms = append(k.index.terms, fold.NewNeedle(name+":").Query().Terms...)
	}
	return k
}

// newAddressKey looks into the addresses of a field. The index does not have
// them in the form in which they are looked for.
func newAddressKey(name string, n *needle) *headerKey {
	return &headerKey{name: name, cached: message.CachedFields.Has([]byte(name)), address: true, needle: n}
}

func (k *headerKey) want() mailstore.Want {
	if k.cached {
		return mailstore.WantHeader // and WantMeta where that is not enough, see loadMeta
	}
	return mailstore.WantMeta
}

func (k *headerKey) cost() int {
	if k.cached {
		return costHeader
	}
	return costBody
}

func (k *headerKey) eval(c *candidate) verdict {
	if v := c.askIndex(&k.index); v != unknown || c.msg == nil {
		return v
	}
	header := c.msg.Header
	if !k.cached || header == nil {
		header = c.header()
	}
	for f := range message.Fields(header) {
		if !f.Is(k.name) {
			continue
		}
		if k.address && k.needle.inAddresses(c, f.Value) || !k.address && k.needle.inField(c, f.Value) {
			return matched
		}
	}
	return mismatch
}

// inField looks into the raw value of a field. A row of blanks, as a folded line
// has, counts as one: so do Dovecot and Cyrus.
func (n *needle) inField(c *candidate, value []byte) bool {
	if len(n.Folded) == 0 {
		return true
	}
	if !n.blank && fold.IsASCII(value) && bytes.IndexByte(value, '\n') < 0 && !bytes.Contains(value, []byte("=?")) {
		return n.inText(value, &c.folded)
	}
	c.scratch = message.AppendDecoded(c.scratch[:0], value)
	if !n.blank {
		return n.inText(c.scratch, &c.folded)
	}
	c.scratch = squeezeBlanks(c.scratch)
	return n.squeezed.inText(c.scratch, &c.folded)
}

// squeezeBlanks makes one space of each row of blanks, in place.
func squeezeBlanks(p []byte) []byte {
	out := p[:0]
	for i, c := range p {
		if c == '\t' || c == '\r' || c == '\n' {
			c = ' '
		}
		if c == ' ' && i > 0 && len(out) > 0 && out[len(out)-1] == ' ' {
			continue
		}
		out = append(out, c)
	}
	return out
}

// textKey is TEXT and BODY.
type textKey struct {
	needle   *needle
	bodyOnly bool
	index    indexQuery
}

func newTextKey(n *needle, bodyOnly bool) *textKey {
	q := n.Query()
	k := &textKey{needle: n, bodyOnly: bodyOnly}
	k.index = indexQuery{terms: q.Terms, final: q.Whole, scope: mailstore.BodyText}
	if !bodyOnly {
		k.index.scope |= mailstore.HeaderText
	}
	return k
}

func (k *textKey) want() mailstore.Want { return mailstore.WantMeta | mailstore.WantStructure }
func (k *textKey) cost() int            { return costBody }

func (k *textKey) eval(c *candidate) verdict {
	if len(k.needle.Folded) == 0 {
		return matched
	}
	if v := c.askIndex(&k.index); v != unknown || c.msg == nil {
		return v
	}
	table, err := message.Parts(c.msg.Parts)
	if err != nil {
		return mismatch
	}
	if c.load() && k.absent(c, table) {
		return mismatch
	}
	r, ok := c.reader()
	if !ok {
		return mismatch
	}
	own := int64(len(c.msg.Own))
	if !k.bodyOnly && k.inOwn(c) {
		return matched
	}
	// The table counts from behind the message's own lines.
	stored := io.NewSectionReader(r, own, c.msg.Size-own)
	stream := needleStream{needle: k.needle, form: textForm{room: &c.folded}}
	if k.bodyOnly {
		err = message.BodyText(stored, table, stream.write)
	} else {
		err = message.Text(stored, table, stream.write)
	}
	return verdictOf(err == nil && stream.found)
}

// inOwn looks into the lines that delivery put in front of the message.
func (k *textKey) inOwn(c *candidate) bool {
	for f := range message.Fields(c.msg.Own) {
		if k.needle.inField(c, f.Line) {
			return true
		}
	}
	return false
}

// absent reports that the text is certainly not in the message, from its raw
// bytes: they are what is searched when nothing in them is encoded. Most
// messages end here, at the speed of a search for one byte.
func (k *textKey) absent(c *candidate, table message.PartTable) bool {
	// A blank may be a folded line in the raw header.
	if !k.needle.ascii || k.needle.blank || k.needle.inASCII(c.raw) {
		return false
	}
	if !fold.IsASCII(c.raw) || bytes.Contains(c.raw, []byte("=?")) {
		return false
	}
	plain := true
	table.Walk(func(_ int, p *message.Part) bool {
		if p.Readable && (p.Encoding != message.Identity || !isASCIISuperset(p.Charset)) {
			plain = false
		}
		return plain
	})
	return plain
}

// isASCIISuperset reports whether bytes below 128 mean in a charset what they
// mean in ASCII.
func isASCIISuperset(charset []byte) bool {
	switch string(charset) {
	case "", "us-ascii", "ascii", "utf-8", "utf8":
		return true
	}
	return bytes.HasPrefix(charset, []byte("iso-8859-")) || bytes.HasPrefix(charset, []byte("windows-125"))
}
