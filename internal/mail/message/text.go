package message

import "io"

// Text gives fn everything that SEARCH TEXT looks at, decoded to UTF-8: the
// header fields of the message and of its parts, and the bodies of parts that
// people can read, with transfer encoding and charset undone. Chunks end
// between characters. An empty chunk stands between two pieces (headers,
// bodies), so that nothing matches across. Text stops when fn returns false.
// The error is r's.
func Text(r io.ReaderAt, t PartTable, fn func(chunk []byte) bool) error {
	return walkText(r, t, headersToo, fn)
}

// BodyText is Text without headers: SEARCH BODY.
func BodyText(r io.ReaderAt, t PartTable, fn func(chunk []byte) bool) error {
	return walkText(r, t, bodiesOnly, fn)
}

// textScope says what a walk through the texts of a message passes by.
type textScope uint8

const (
	headersToo textScope = iota
	bodiesOnly
)

func walkText(r io.ReaderAt, t PartTable, scope textScope, fn func(chunk []byte) bool) (err error) {
	w := textWalker{r: r, fn: fn}
	t.Walk(func(_ int, p *Part) bool {
		if scope == headersToo {
			err = w.header(p)
		}
		if err == nil && !w.stopped && p.Readable {
			err = w.body(p)
		}
		return err == nil && !w.stopped
	})
	return err
}

type textWalker struct {
	r       io.ReaderAt
	fn      func(chunk []byte) bool
	stopped bool
	in, out []byte
}

// textChunk is how many octets are read at once. A field longer than this is
// decoded in pieces.
const textChunk = 16 << 10

func (w *textWalker) give(chunk []byte) { w.stopped = w.stopped || !w.fn(chunk) }

// header gives the fields of a header as "Name: value" lines.
func (w *textWalker) header(p *Part) error {
	held := 0 // octets of a field whose end has not come
	if w.in == nil {
		w.in = make([]byte, textChunk)
	}
	for pos := p.HeaderStart; pos < p.BodyStart && !w.stopped; {
		n := min(int64(textChunk-held), p.BodyStart-pos)
		if err := readFull(w.r, w.in[held:held+int(n)], pos); err != nil {
			return err
		}
		pos += n
		chunk := w.in[:held+int(n)]
		rest := w.fields(chunk, pos == p.BodyStart)
		if len(rest) == textChunk {
			w.give(AppendUTF8(w.out[:0], "", rest))
			rest = nil
		}
		held = copy(w.in, rest)
	}
	w.give(nil)
	return nil
}

// fields gives the whole fields of a header's piece and returns what is left.
func (w *textWalker) fields(chunk []byte, final bool) (rest []byte) {
	w.out = w.out[:0]
	for {
		f, rest, ok := nextField(chunk)
		if !ok || len(rest) == 0 && !final {
			w.give(w.out)
			if !ok {
				return nil
			}
			return chunk
		}
		if len(f.Name) > 0 {
			w.out = append(AppendUTF8(w.out, "", f.Name), ": "...)
		}
		w.out = AppendDecoded(w.out, f.Value)
		w.out = append(w.out, "\r\n"...)
		chunk = rest
	}
}

// body gives the text of a part.
func (w *textWalker) body(p *Part) error {
	raw, err := OpenPart(w.r, *p)
	if err != nil {
		return nil // an encoding that nobody can read
	}
	if w.in == nil {
		w.in = make([]byte, textChunk)
	}
	source := &errorKeeper{r: raw}
	text := NewCharsetReader(source, string(p.Charset))
	for !w.stopped {
		n, err := text.Read(w.in)
		if n > 0 {
			w.give(w.in[:n])
		}
		if err != nil {
			break // the end, or a charset that gives up: then this is all there is
		}
	}
	w.give(nil)
	return source.err
}

// errorKeeper remembers the error of the reader at the bottom.
type errorKeeper struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (k *errorKeeper) Read(p []byte) (int, error) {
	n, err := k.r.Read(p)
	if err != nil && err != io.EOF {
		k.err = err
	}
	return n, err
}

// readFull reads exactly len(p) octets at off.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}
