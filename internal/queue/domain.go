package queue

import (
	"bytes"
	"encoding/binary"
)

// The shape of a record behind its head: n is a number or time, t a text. The
// schedule wants to know one text of a million records, so it steps over the
// others without decoding them.
const (
	shapeEnvelope1 = "nn" + "tt" + "t" + "ttt" + "n" + "t" + "tt" // up to ENVID
	shapeEnvelope2 = shapeEnvelope1 + "n" + "nn" + "t"
	shapeRcptFront = "nt" // then the domain
	shapeRcptRest1 = "tt" + "n" + "nn" + "t"
	shapeRcptRest2 = "tt" + "tn" + "n" + "nn" + "t"
)

// domainOf returns the domain of all recipients of a record, nil when they have
// several or when the record is damaged. It points into v.
func domainOf(h head, v []byte) []byte {
	envelope, rest := shapeEnvelope2, shapeRcptRest2
	if h.version == recordVersion1 {
		envelope, rest = shapeEnvelope1, shapeRcptRest1
	}
	s := skipper{rest: v[h.length:]}
	s.skip(envelope)
	n := s.number()
	if n == 0 || n > MaxRcptsPerEntry {
		return nil
	}
	var domain []byte
	for i := range n {
		s.skip(shapeRcptFront)
		d := s.text()
		if i > 0 && !bytes.Equal(d, domain) {
			return nil
		}
		domain = d
		s.skip(rest)
	}
	if s.bad {
		return nil
	}
	return domain
}

// skipper steps over the values of a record.
type skipper struct {
	rest []byte
	bad  bool
}

func (s *skipper) skip(shape string) {
	for i := range len(shape) {
		if shape[i] == 'n' {
			s.number()
		} else {
			s.text()
		}
	}
}

func (s *skipper) number() uint64 {
	v, n := binary.Uvarint(s.rest)
	if n <= 0 {
		s.bad, s.rest = true, nil
		return 0
	}
	s.rest = s.rest[n:]
	return v
}

func (s *skipper) text() []byte {
	n := s.number()
	if n > uint64(len(s.rest)) {
		s.bad, s.rest = true, nil
		return nil
	}
	t := s.rest[:n]
	s.rest = s.rest[n:]
	return t
}
