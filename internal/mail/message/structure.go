package message

import (
	"bytes"
	"encoding/binary"
)

// A structure log holds, for each part in order, the elements of its
// BODYSTRUCTURE that come from its header, in IMAP form. What a part lacks
// costs nothing, what is common costs a byte, so that ten thousand parts fit.
// When the message ends, the log and the table of parts give the structure.
//
//	part:    uint16 which elements are there, then each element
//	element: uvarint n; n < len(commonElements): that one; else n-len(commonElements) bytes

// element is a place in a BODYSTRUCTURE (RFC 3501 7.4.2).
type element uint8

const (
	elementType        element = iota // "text" "plain"; of a multipart the subtype alone
	elementParams                     // (...) of the type
	elementID                         //
	elementDescription                //
	elementEncoding                   //
	elementMD5                        //
	elementDisposition                // (type params)
	elementLanguage                   // (...)
	elementLocation                   //
	elementEnvelope                   // of the message in a message/rfc822

	elements
)

const (
	opaqueType      = `"application" "octet-stream"`
	defaultType     = `"text" "plain"`
	defaultParams   = `("charset" "us-ascii")`
	defaultEncoding = `"7bit"`

	emptyMultipart = "(" + defaultType + " " + defaultParams + " NIL NIL " + defaultEncoding + " 0 0 NIL NIL NIL NIL)"
)

// commonElements are written as their number. They are part of no stored
// format: a log lives as long as its scanner.
var commonElements = [...][]byte{
	[]byte(defaultType), []byte(`"text" "html"`), []byte(opaqueType),
	[]byte(`"message" "rfc822"`), []byte(`"TEXT" "PLAIN"`), []byte(`"TEXT" "HTML"`),
	[]byte(defaultParams), []byte(`("charset" "utf-8")`), []byte(`("charset" "UTF-8")`),
	[]byte(defaultEncoding), []byte(`"8bit"`), []byte(`"base64"`), []byte(`"quoted-printable"`),
	[]byte(`("inline" NIL)`), []byte(`("attachment" NIL)`),
	[]byte(`"mixed"`), []byte(`"alternative"`), []byte(`"related"`), []byte(`"digest"`), []byte(`"report"`),
}

// structureLog is the log while it is written.
type structureLog struct {
	bytes []byte
	mask  int // where the flags of the part being written are
}

func (l *structureLog) reset() { l.bytes = l.bytes[:0] }

// beginPart starts the next part.
func (l *structureLog) beginPart() {
	l.bytes = reserve(l.bytes, 2)
	l.mask = len(l.bytes)
	l.bytes = append(l.bytes, 0, 0)
}

// add writes an element, unless it takes more than room. Elements are added in
// their order.
func (l *structureLog) add(e element, text []byte, room int) bool {
	if len(text) > room {
		return false
	}
	l.bytes = reserve(l.bytes, len(text)+binary.MaxVarintLen32)
	n := commonElement(text)
	if n < 0 {
		l.bytes = binary.AppendUvarint(l.bytes, uint64(len(text)+len(commonElements)))
		l.bytes = append(l.bytes, text...)
	} else {
		l.bytes = append(l.bytes, byte(n))
	}
	flags := binary.LittleEndian.Uint16(l.bytes[l.mask:])
	binary.LittleEndian.PutUint16(l.bytes[l.mask:], flags|1<<e)
	return true
}

func commonElement(text []byte) int {
	for i, s := range commonElements {
		if len(s) == len(text) && bytes.Equal(s, text) {
			return i
		}
	}
	return -1
}

// partElements are the elements of one part; nil is missing.
type partElements [elements][]byte

// readElements reads the next part of a log and gives what follows it.
func readElements(log []byte) (p partElements, rest []byte) {
	flags := binary.LittleEndian.Uint16(log)
	log = log[2:]
	for e := range elements {
		if flags&(1<<e) == 0 {
			continue
		}
		n, size := binary.Uvarint(log)
		log = log[size:]
		if n < uint64(len(commonElements)) {
			p[e] = commonElements[n]
			continue
		}
		n -= uint64(len(commonElements))
		p[e], log = log[:n:n], log[n:]
	}
	return p, log
}
