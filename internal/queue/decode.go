package queue

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// decodeRecord reads a whole record. Nothing in e refers to v.
func decodeRecord(v []byte) (*Entry, error) {
	h, err := decodeHead(v)
	if err != nil {
		return nil, err
	}
	d := decoder{rest: string(v[h.length:]), version: h.version}
	e := &Entry{}
	e.Hold = h.flags&flagHold != 0
	e.Body = h.body
	e.Priority = h.priority
	e.SMTPUTF8 = h.flags&flagSMTPUTF8 != 0
	e.EightBit = h.flags&flagEightBit != 0
	e.Binary = h.flags&flagBinary != 0
	e.RequireTLS = h.flags&flagRequireTLS != 0
	e.Size = int64(d.uint())
	e.Received = d.time()
	e.Sender = d.address()
	e.Header = []byte(d.text())
	d.origin(&e.Origin)
	e.Ret = d.text()
	e.EnvID = d.text()
	if d.version > recordVersion1 {
		e.Release = d.time()
		d.by(&e.By)
		e.HoldReason = d.text()
	}
	n := d.uint()
	if n == 0 || n > MaxRcptsPerEntry {
		d.fail(fmt.Errorf("record names %d recipients", n))
		n = 0
	}
	e.Rcpts = make([]Rcpt, n)
	last := -1
	for i := range e.Rcpts {
		d.rcpt(&e.Rcpts[i], last)
		last = int(e.Rcpts[i].number)
	}
	if d.err == nil && d.rest != "" {
		d.fail(errTrailing)
	}
	if d.err != nil {
		return nil, d.err
	}
	return e, nil
}

// decoder takes values off the front of a record. All its texts share the one
// string; the first error sticks and later values are zero.
type decoder struct {
	rest    string
	version byte
	err     error
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.rest = ""
}

func (d *decoder) uint() uint64 {
	var v uint64
	for i := range min(len(d.rest), binary.MaxVarintLen64) {
		c := d.rest[i]
		if i == binary.MaxVarintLen64-1 && c > 1 {
			break // more than 64 bits
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return v
		}
	}
	d.fail(errShort)
	return 0
}

func (d *decoder) int() int64 {
	u := d.uint()
	return int64(u>>1) ^ -int64(u&1)
}

func (d *decoder) time() time.Time { return timeOf(d.int()) }

func (d *decoder) text() string {
	n := d.uint()
	if n > uint64(len(d.rest)) {
		d.fail(errShort)
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

// bits reads flags of which known are all that exist.
func (d *decoder) bits(known uint64) uint64 {
	v := d.uint()
	if v&^known != 0 {
		d.fail(errNewVersion)
		return 0
	}
	return v
}

func (d *decoder) by(by *DeliverBy) {
	by.Until = d.time()
	bits := d.bits(byReturn | byTrace)
	by.Return, by.Trace = bits&byReturn != 0, bits&byTrace != 0
}

func (d *decoder) address() address.Address {
	local := d.text()
	return address.Address{Local: local, Domain: d.text()}
}

func (d *decoder) origin(o *Origin) {
	ip := d.text()
	if ip != "" {
		var ok bool
		if o.Client, ok = netip.AddrFromSlice([]byte(ip)); !ok {
			d.fail(errors.New("record has an IP address of strange length"))
		}
	}
	o.Helo = d.text()
	o.User = d.text()
	o.Account = kv.Account(d.uint())
	o.Protocol = d.text()
}

// rcpt reads a recipient, whose number is above the one before.
func (d *decoder) rcpt(r *Rcpt, last int) {
	number := d.uint()
	if number >= MaxRcptsPerEntry || int(number) <= last {
		d.fail(errors.New("record has recipients out of order"))
	}
	r.number = uint8(number)
	r.To = d.address()
	r.ORcpt = d.text()
	r.Notify = d.text()
	if d.version > recordVersion1 {
		r.Outlet = d.text()
		r.Warned = d.bits(rcptWarned) != 0
	}
	r.Attempts = int(d.uint())
	r.Tried = d.time()
	r.Next = d.time()
	r.LastReply = d.text()
}
