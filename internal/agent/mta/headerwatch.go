package mta

import "bytes"

// MaxReceived is how many Received fields a message may have when it comes. A
// message with more goes round in circles (RFC 5321 6.3 asks for at least 100).
const MaxReceived = 100

// longest of the names that headerWatch looks for.
const longestName = len("delivered-to")

// headerWatch looks at the header of a message as it streams by: how many
// stations it has passed, whether it was delivered somewhere before, whether
// it holds octets beyond ASCII. It is linear and keeps no text but the first
// letters of a field name. The zero value is ready.
type headerWatch struct {
	received    int
	deliveredTo bool
	eightBit    bool

	state watchState
	name  [longestName + 1]byte
	n     int // letters of the name so far; longer names count on
}

type watchState uint8

const (
	lineStart watchState = iota
	emptyLine            // CR at the start of a line
	fieldName
	fieldValue
	pastHeader
)

// write takes the next piece of the message.
func (w *headerWatch) write(p []byte) {
	for len(p) > 0 && w.state != pastHeader {
		p = p[w.step(p):]
	}
}

// step looks at the start of p and says how much of it is done with.
func (w *headerWatch) step(p []byte) int {
	switch w.state {
	case lineStart:
		w.n = 0
		switch p[0] {
		case '\r':
			w.state = emptyLine
			return 1
		case '\n':
			w.state = pastHeader
			return 1
		case ' ', '\t':
			w.state = fieldValue
			return 1
		}
		w.state = fieldName
		return 0
	case emptyLine:
		w.state = fieldValue
		if p[0] == '\n' {
			w.state = pastHeader
		}
		return 1
	case fieldName:
		return w.letter(p[0])
	}
	return w.skip(p)
}

// letter takes one letter of a field name.
func (w *headerWatch) letter(c byte) int {
	switch c {
	case ':':
		w.field()
		w.state = fieldValue
	case '\n':
		w.state = lineStart
	case ' ', '\t', '\r': // blanks before the colon (RFC 5322 4.5)
	default:
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if w.n < len(w.name) {
			w.name[w.n] = c
		}
		w.n++
		w.eightBit = w.eightBit || c >= 0x80
	}
	return 1
}

func (w *headerWatch) field() {
	switch string(w.name[:min(w.n, len(w.name))]) {
	case "received":
		w.received++
	case "delivered-to":
		w.deliveredTo = true
	}
}

// skip passes over the rest of a line.
func (w *headerWatch) skip(p []byte) int {
	n := bytes.IndexByte(p, '\n') + 1
	if n == 0 {
		n = len(p)
	} else {
		w.state = lineStart
	}
	w.eightBit = w.eightBit || hasEightBit(p[:n])
	return n
}

// hasEightBit reports whether p has an octet beyond ASCII.
func hasEightBit(p []byte) bool {
	var bits byte
	for len(p) >= 8 {
		bits |= p[0] | p[1] | p[2] | p[3] | p[4] | p[5] | p[6] | p[7]
		p = p[8:]
	}
	for _, c := range p {
		bits |= c
	}
	return bits >= 0x80
}
