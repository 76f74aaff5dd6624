package mailstore

import (
	"encoding/binary"

	"tram/internal/storage/blob"
)

// appendMeta appends the value of kindMeta. The blob comes first, so that a
// sweep finds it without decoding the rest. Size and HeaderSize are stored
// without the own lines.
func appendMeta(dst []byte, m *Message) []byte {
	own := int64(len(m.Own))
	dst = append(dst, version2)
	dst = append(dst, m.Blob[:]...)
	dst = binary.AppendUvarint(dst, uint64(m.Size-own))
	dst = binary.AppendUvarint(dst, uint64(m.HeaderSize-own))
	dst = appendTime(dst, m.InternalDate)
	dst = appendTime(dst, m.SentDate)
	dst = appendTime(dst, m.SavedDate.UTC())
	dst = binary.AppendUvarint(dst, m.EmailID)
	dst = binary.AppendUvarint(dst, m.ContentID)
	dst = binary.AppendUvarint(dst, m.ThreadID)
	return append(dst, m.Own...)
}

// decodeMeta fills in what WantMeta asks for. Own is a part of the value. A
// message of version 1 came before threads were kept: it is one of its own.
func (m *Message) decodeMeta(value []byte, z *zones) error {
	d, version := decodeVersion(value)
	copy(m.Blob[:], d.bytes(uint64(len(blob.ID{}))))
	m.Size = int64(d.uint())
	m.HeaderSize = int64(d.uint())
	m.InternalDate = z.decode(&d)
	m.SentDate = z.decode(&d)
	m.SavedDate = z.decode(&d)
	m.EmailID = d.uint()
	m.ContentID = d.uint()
	m.ThreadID = m.ContentID
	if version == version2 {
		m.ThreadID = d.uint()
	}
	m.Own = d.b
	m.Size += int64(len(m.Own))
	m.HeaderSize += int64(len(m.Own))
	return d.err("message")
}

// blobOf returns the blob of a value of kindMeta.
func blobOf(value []byte) (id blob.ID, err error) {
	d, _ := decodeVersion(value)
	copy(id[:], d.bytes(uint64(len(id))))
	return id, d.err("message")
}

// appendStructure appends the value of kindStructure.
func appendStructure(dst, parts, structure []byte) []byte {
	dst = binary.AppendUvarint(append(dst, version1), uint64(len(parts)))
	dst = append(dst, parts...)
	return append(dst, structure...)
}

// decodeStructure fills in what WantStructure asks for.
func (m *Message) decodeStructure(value []byte) error {
	d := decode(value)
	m.Parts = d.bytes(d.uint())
	m.BodyStructure = d.b
	return d.err("structure")
}

// appendEnvelope appends the value of kindEnvelope.
func appendEnvelope(dst, envelope []byte) []byte {
	return append(append(dst, version1), envelope...)
}

// decodeEnvelope fills in what WantEnvelope asks for.
func (m *Message) decodeEnvelope(value []byte) error {
	d := decode(value)
	m.Envelope = d.b
	return d.err("envelope")
}

// The second byte of a value of kindHeader: no lines is not the same as lines
// that must be looked for in the body.
const (
	headerUnknown = 0
	headerKnown   = 1
)

// appendHeader appends the value of kindHeader; nil means unknown.
func appendHeader(dst, lines []byte) []byte {
	if lines == nil {
		return append(dst, version1, headerUnknown)
	}
	return append(append(dst, version1, headerKnown), lines...)
}

// decodeHeader fills in what WantHeader asks for.
func (m *Message) decodeHeader(value []byte) error {
	d := decode(value)
	m.Header = nil
	switch d.uint() {
	case headerUnknown:
	case headerKnown:
		m.Header = d.b[:len(d.b):len(d.b)]
		if m.Header == nil {
			m.Header = []byte{}
		}
	default:
		d.bad = true
	}
	return d.err("header lines")
}

// appendPreview appends the value of kindPreview.
func appendPreview(dst, text []byte) []byte { return append(append(dst, version1), text...) }

// decodePreview fills in what WantPreview asks for.
func (m *Message) decodePreview(value []byte) error {
	d := decode(value)
	m.Preview = nil
	if !d.bad {
		m.Preview = d.b[:len(d.b):len(d.b)]
		if m.Preview == nil {
			m.Preview = []byte{}
		}
	}
	return d.err("preview")
}
