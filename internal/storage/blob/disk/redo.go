package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// After a crash, bodies that were staged may be missing in their packs, in whole
// or in part, although records name them: then their riders are in the log. So
// before anything else is read they are written again, each at its place, and
// synced.
//
// Nothing else can lie there. The pack was durable before the first rider led
// into it, and no place is given out twice while a rider of it can be read: what
// appends next begins behind all that was written again. A pack that is gone was
// collected, with a day's delay, after everything that was live in it was moved.
// Whoever crashes in the middle begins again: to write the same bytes twice is no
// harm.
//
// Bodies that are there are written too. After a sync of the pack that failed they
// may be there in the memory of the kernel only, which takes them for written, and
// the next sync would say that all is well. To write them makes it try again.

// redo writes the bodies again that perhaps only the log has.
func (s *Store) redo() error {
	if s.o.Redo == nil {
		return nil
	}
	r := redo{s: s, packs: map[uint32]*redoPack{}}
	err := s.o.Redo(r.apply)
	if err = errors.Join(err, r.finish()); err != nil {
		return fmt.Errorf("write bodies again: %w", err)
	}
	if r.written > 0 {
		s.o.Logger.Debug("blob store: bodies were written again from the log", "bodies", r.written)
	}
	return nil
}

type redo struct {
	s       *Store
	packs   map[uint32]*redoPack // nil: not there
	written int
}

// redoPack is a pack that riders lead into.
type redoPack struct {
	vfs.File
	tag     uint32
	damaged bool // its head, which was whole once: then the riders know the tag
	size    int64
}

// apply writes the record of one rider.
func (r *redo) apply(rider []byte) error {
	h, err := checkRider(rider)
	if errors.Is(err, errRiderDamaged) {
		// The log is protected by checksums of its own, so this was damaged in
		// memory. It is one body, and reading it will say so.
		r.s.o.Logger.Error("blob store: a body in the log is damaged", "pack", h.first.pack, "offset", h.first.offset)
		return nil
	}
	if err != nil {
		return err
	}
	p, err := r.pack(h.first.pack)
	if err != nil || p == nil || p.tag != h.tag && !p.damaged {
		return err
	}
	at := int64(h.first.offset)
	if p.holdsOther(rider, h.tag, at) {
		r.s.o.Logger.Error("blob store: another body lies where one in the log belongs", "pack", h.first.pack, "offset", at)
		return nil
	}
	if _, err := p.WriteAt(rider, at); err != nil {
		return fmt.Errorf("write to pack %d: %w", h.first.pack, err)
	}
	p.size = max(p.size, at+int64(len(rider)))
	r.written++
	return nil
}

// holdsOther reports whether the whole head of another record lies at a place.
// It cannot be, see above; but if it is, this is not the time to destroy it.
func (p *redoPack) holdsOther(rider []byte, tag uint32, at int64) bool {
	sc := scanner{file: p, size: p.size, tag: tag}
	it, err := sc.read(at)
	return err == nil && storedSum(it.raw) != storedSum(rider)
}

// pack opens a pack that exists, once.
func (r *redo) pack(number uint32) (*redoPack, error) {
	if p, ok := r.packs[number]; ok {
		return p, nil
	}
	p, err := r.s.openForRedo(number)
	if err == nil {
		r.packs[number] = p
	}
	return p, err
}

// openForRedo returns nil when there is no such pack.
func (s *Store) openForRedo(number uint32) (*redoPack, error) {
	path := s.files.path(number)
	info, err := s.fs.Stat(path)
	if oserror.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	file, err := s.fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	b := make([]byte, headBytes)
	if n, err := file.ReadAt(b, 0); n < headBytes && err != io.EOF {
		return nil, errors.Join(fmt.Errorf("read pack %d: %w", number, err), file.Close())
	}
	_, tag, err := parsePackHead(b, number)
	if err != nil && !errors.Is(err, errPackHead) {
		return nil, errors.Join(err, file.Close())
	}
	return &redoPack{File: file, tag: tag, damaged: err != nil, size: info.Size()}, nil
}

// finish makes durable what was written, and what was found: a killed process
// may have left it in memory.
func (r *redo) finish() (err error) {
	for number, p := range r.packs {
		if p == nil {
			continue
		}
		if syncing := p.SyncData(); syncing != nil {
			err = errors.Join(err, fmt.Errorf("sync pack %d: %w", number, syncing))
		}
		err = errors.Join(err, p.Close())
	}
	return err
}

// errRiderDamaged is a rider whose checksums are wrong.
var errRiderDamaged = errors.New("a rider is damaged")

// checkRider verifies a rider and returns its head.
func checkRider(rider []byte) (h head, err error) {
	if len(rider) < headBytes {
		return h, errRiderDamaged
	}
	h = parseHead(rider)
	switch {
	case rider[4] != recordVersion || h.kind != kindBody:
		return h, fmt.Errorf("a rider in the log has version %d and kind %q: use a newer version of Tram", rider[4], h.kind)
	case recordSize(h.length) != int64(len(rider)):
		return h, errRiderDamaged
	}
	front := headSize(h.length)
	if headSum(rider[:front]) != binary.LittleEndian.Uint32(rider[28:]) || h.first.offset%alignment != 0 || h.first.offset < headBytes {
		return h, errRiderDamaged
	}
	if checkBlocks(rider[:front], 0, rider[front:front+int(h.length)]) != nil {
		return h, errRiderDamaged
	}
	return h, nil
}
