package mailstore

import (
	"errors"
	"strings"

	"tram/internal/storage/kv"
)

// A level is a name that is no mailbox and is listed all the same. Names above
// mailboxes are listed for those below them; when the last of these is deleted
// the name above it stays, until it is deleted itself or becomes a mailbox
// (the example of RFC 3501 6.3.4). Such a name has a record of kindLevel.

// keepAbove writes a record for each name above one that is about to go, where
// there is no mailbox. An account has at most MaxLevels; a name above that goes
// with what was below it.
func (t *tx) keepAbove(name string) error {
	for {
		i := strings.LastIndexByte(name, '/')
		if i < 0 {
			return nil
		}
		name = name[:i]
		switch _, err := readName(t.space, name); {
		case err == nil:
			continue
		case !errors.Is(err, ErrNoMailbox):
			return err
		}
		if err := t.keepLevel(name); err != nil {
			return err
		}
	}
}

func (t *tx) keepLevel(name string) error {
	if is, err := isLevel(t.space, name); is || err != nil {
		return err
	}
	count := 0
	if err := eachLevel(t.space, func(string) { count++ }); err != nil || count >= MaxLevels {
		return err
	}
	return t.space.Set(appendNameKey(nil, kindLevel, name), []byte{version1})
}

// deleteLevel removes a name that is no mailbox and has nothing below it, or
// returns ErrNoMailbox.
func (t *tx) deleteLevel(name string) error {
	normal, err := normalName(name)
	if err != nil || strings.HasSuffix(name, "/") {
		return ErrNoMailbox // as findMailbox says
	}
	is, err := isLevel(t.space, normal)
	if err != nil {
		return err
	}
	above, err := hasChildren(t.space, normal)
	if err != nil {
		return err
	}
	if !is || above {
		return ErrNoMailbox
	}
	if err := t.space.Delete(appendNameKey(nil, kindLevel, normal)); err != nil {
		return err
	}
	return t.keepAbove(normal)
}

// isLevel reports whether a name has a record.
func isLevel(r kv.Reader, name string) (bool, error) {
	_, err := r.Get(appendNameKey(nil, kindLevel, name))
	if errors.Is(err, kv.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// levelsOf returns the levels at and below a name.
func (t *tx) levelsOf(name string) (all []string, err error) {
	err = eachLevel(t.space, func(level string) {
		if level == name || isBelow(level, name) {
			all = append(all, level)
		}
	})
	return all, err
}

// moveLevels gives levels the names that they have when a name at or above them
// changes. One that would be a mailbox or no name ends.
func (t *tx) moveLevels(levels []string, from, to string) error {
	for _, level := range levels {
		if err := t.space.Delete(appendNameKey(nil, kindLevel, level)); err != nil {
			return err
		}
	}
	for _, level := range levels {
		name, err := normalName(to + level[len(from):])
		if err != nil {
			continue
		}
		switch _, err := readName(t.space, name); {
		case errors.Is(err, ErrNoMailbox):
			err = t.space.Set(appendNameKey(nil, kindLevel, name), []byte{version1})
			if err != nil {
				return err
			}
		case err != nil:
			return err
		}
	}
	return nil
}

// eachLevel calls fn for each level.
func eachLevel(r kv.Reader, fn func(name string)) error {
	it := r.Scan([]byte{kindLevel}, []byte{kindLevel + 1})
	defer it.Close()
	for it.Next() {
		fn(string(it.Key()[1:]))
	}
	return it.Err()
}
