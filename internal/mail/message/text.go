package message

import (
	"io"
	"sync"
	"unicode/utf8"
)

// Text gives fn everything that SEARCH TEXT looks at, decoded to UTF-8: the
// header fields of the message and of its parts, and the bodies of parts that
// people can read, with transfer encoding and charset undone. Chunks end
// between characters. An empty chunk stands between two pieces (headers,
// bodies), so that nothing matches across. Text stops when fn returns false.
// The error is r's.
func Text(r io.ReaderAt, t PartTable, fn func(chunk []byte) bool) error {
	return walkText(r, t, headersToo, func(_ bool, chunk []byte) bool { return fn(chunk) })
}

// SortedText is Text that says of each chunk whether it is from a body, so that
// one reading serves searches of either.
func SortedText(r io.ReaderAt, t PartTable, fn func(body bool, chunk []byte) bool) error {
	return walkText(r, t, headersToo, fn)
}

// BodyText is Text without headers: SEARCH BODY.
func BodyText(r io.ReaderAt, t PartTable, fn func(chunk []byte) bool) error {
	return walkText(r, t, bodiesOnly, func(_ bool, chunk []byte) bool { return fn(chunk) })
}

// textScope says what a walk through the texts of a message passes by.
type textScope uint8

const (
	headersToo textScope = iota
	bodiesOnly
)

func walkText(r io.ReaderAt, t PartTable, scope textScope, fn func(body bool, chunk []byte) bool) (err error) {
	w := textWalkers.Get().(*textWalker)
	defer textWalkers.Put(w)
	w.r, w.fn, w.stopped = r, fn, false
	defer func() { w.r, w.fn = nil, nil }()
	t.Walk(func(_ int, p *Part) bool {
		if w.inBody = false; scope == headersToo {
			err = w.header(p)
		}
		if w.inBody = true; err == nil && !w.stopped && p.Readable && p.Encoding != Unknown {
			err = w.body(p)
		}
		return err == nil && !w.stopped
	})
	return err
}

// MaxTextField is the length in octets from which on Text gives a header field
// in pieces, without decoding its words.
const MaxTextField = textChunk

// textChunk is how many octets are read at once.
const textChunk = 16 << 10

var textWalkers = sync.Pool{New: func() any { return &textWalker{in: make([]byte, textChunk)} }}

type textWalker struct {
	r       io.ReaderAt
	fn      func(body bool, chunk []byte) bool
	inBody  bool
	stopped bool
	in      []byte // read
	decoded []byte // with its transfer encoding undone
	out     []byte // UTF-8
}

func (w *textWalker) give(chunk []byte) { w.stopped = w.stopped || !w.fn(w.inBody, chunk) }

// header gives the fields of a header as "Name: value" lines.
func (w *textWalker) header(p *Part) error {
	held := 0 // octets of a field whose end has not come
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
	charset := string(p.Charset)
	if !isUTF8(charset) && !isUndeclared(charset) {
		return w.otherCharset(p, charset)
	}
	decoder := newBodyDecoder(p.Encoding)
	w.decoded = w.decoded[:0]
	for pos := p.BodyStart; pos < p.BodyEnd && !w.stopped; {
		raw := w.in[:min(textChunk, p.BodyEnd-pos)]
		if err := readFull(w.r, raw, pos); err != nil {
			return err
		}
		pos += int64(len(raw))
		final := pos == p.BodyEnd
		if decoder == nil {
			w.decoded = append(w.decoded, raw...)
		} else {
			w.decoded = decoder.append(w.decoded, raw, final)
		}
		whole := len(w.decoded)
		if !final {
			whole -= unfinishedRune(w.decoded)
		}
		w.giveUTF8(w.decoded[:whole], charset)
		w.decoded = w.decoded[:copy(w.decoded, w.decoded[whole:])]
	}
	w.give(nil)
	return nil
}

// giveUTF8 gives text that is UTF-8 already, or should be.
func (w *textWalker) giveUTF8(text []byte, charset string) {
	if len(text) == 0 {
		return
	}
	if !utf8.Valid(text) {
		w.out = AppendUTF8(w.out[:0], charset, text)
		text = w.out
	}
	w.give(text)
}

// unfinishedRune gives how many bytes at the end of p begin a character that
// goes on behind it.
func unfinishedRune(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if utf8.RuneStart(p[len(p)-n]) {
			if utf8.FullRune(p[len(p)-n:]) {
				return 0
			}
			return n
		}
	}
	return 0
}

// otherCharset gives the text of a part that is to be converted.
func (w *textWalker) otherCharset(p *Part, charset string) error {
	raw, err := OpenPart(w.r, *p)
	if err != nil {
		return err
	}
	source := &errorKeeper{r: raw}
	text := NewCharsetReader(source, charset)
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
