package mailstore

import (
	"encoding/binary"
	"fmt"
	"time"
)

// version1 is the first byte of every value, and version2 of those that have
// grown since. A value of another version is damage to this program.
const (
	version1 = 1
	version2 = 2
)

// decoder reads the fields of a value. After the first field that is not there
// it gives zeros, and err tells.
type decoder struct {
	b   []byte
	bad bool
}

// decode checks the version byte and returns the fields after it.
func decode(value []byte) decoder {
	if len(value) == 0 || value[0] != version1 {
		return decoder{bad: true}
	}
	return decoder{b: value[1:]}
}

// decodeVersion is decode for a record that has two versions.
func decodeVersion(value []byte) (d decoder, version byte) {
	if len(value) == 0 || value[0] != version1 && value[0] != version2 {
		return decoder{bad: true}, 0
	}
	return decoder{b: value[1:]}, value[0]
}

func (d *decoder) uint() uint64 {
	if len(d.b) > 0 && d.b[0] < 0x80 { // nearly all of them
		v := uint64(d.b[0])
		d.b = d.b[1:]
		return v
	}
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) uint32() uint32 {
	v := d.uint()
	if v > 1<<32-1 {
		d.bad = true
	}
	return uint32(v)
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

// bytes returns the next n bytes as a part of the value.
func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return nil
	}
	p := d.b[:n:n]
	d.b = d.b[n:]
	return p
}

// err says whether all fields were there; what names the record.
func (d *decoder) err(what string) error {
	if d.bad {
		return fmt.Errorf("%w: %s", ErrCorrupt, what)
	}
	return nil
}

// appendTime appends seconds since 1970 and minutes east of Greenwich. The zero
// time is a zone that no clock has.
func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendVarint(binary.AppendVarint(dst, 0), noZone)
	}
	_, offset := t.Zone()
	return binary.AppendVarint(binary.AppendVarint(dst, t.Unix()), int64(offset/60))
}

const (
	noZone  = 1 << 14 // marks the zero time
	maxZone = 24 * 60 // minutes; more is damage
)

// zones remembers the last zone, because most messages of a mailbox share one
// and a time.Location is an allocation.
type zones struct {
	minutes int64
	loc     *time.Location
}

func (z *zones) decode(d *decoder) time.Time {
	sec, minutes := d.int(), d.int()
	switch {
	case d.bad || minutes == noZone:
		return time.Time{}
	case minutes == 0:
		return time.Unix(sec, 0).UTC()
	case minutes > maxZone || minutes < -maxZone:
		d.bad = true
		return time.Time{}
	}
	if z.loc == nil || z.minutes != minutes {
		z.minutes, z.loc = minutes, time.FixedZone("", int(minutes)*60)
	}
	return time.Unix(sec, 0).In(z.loc)
}
