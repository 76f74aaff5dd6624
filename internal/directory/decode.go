package directory

import (
	"encoding/binary"
	"time"
)

// decoder takes values off the front of a record. All texts share one string;
// the first mistake sticks and later values are zero.
type decoder struct {
	rest string
	err  error
}

// newDecoder checks and takes off the version.
func newDecoder(v []byte) decoder {
	r, _ := newDecoderUpTo(v, recordVersion)
	return r
}

// newDecoderUpTo is newDecoder for a record that has several versions.
func newDecoderUpTo(v []byte, newest byte) (r decoder, version byte) {
	r = decoder{rest: string(v)}
	version = r.byte()
	if r.err == nil && (version == 0 || version > newest) {
		r.rest, r.err = "", ErrNewVersion
	}
	return r, version
}

// done returns the first mistake, or one about bytes left over.
func (r *decoder) done() error {
	if r.rest != "" {
		r.fail()
	}
	return r.err
}

func (r *decoder) fail() {
	if r.err == nil {
		r.err = ErrDamaged
	}
	r.rest = ""
}

func (r *decoder) take(n uint64) string {
	if n > uint64(len(r.rest)) {
		r.fail()
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *decoder) byte() byte {
	if s := r.take(1); s != "" {
		return s[0]
	}
	return 0
}

func (r *decoder) fixed64() uint64 {
	s := r.take(8)
	if s == "" {
		return 0
	}
	return binary.BigEndian.Uint64([]byte(s))
}

func (r *decoder) uint() uint64 {
	var v uint64
	for i := range min(len(r.rest), binary.MaxVarintLen64) {
		c := r.rest[i]
		if i == binary.MaxVarintLen64-1 && c > 1 {
			break // more than 64 bits
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.rest = r.rest[i+1:]
			return v
		}
	}
	r.fail()
	return 0
}

func (r *decoder) text() string { return r.take(r.uint()) }

// texts reads a number of texts and the texts.
func (r *decoder) texts(most int) []string {
	n := r.uint()
	if n > uint64(most) || n > uint64(len(r.rest)) { // each has a byte at least
		r.fail()
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.text()
	}
	return list
}

func (r *decoder) time() time.Time {
	u := r.uint()
	ms := int64(u>>1) ^ -int64(u&1)
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
