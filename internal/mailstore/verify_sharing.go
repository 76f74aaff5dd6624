package mailstore

import (
	"errors"

	"tram/internal/storage/kv"
)

// sharing checks access control lists, their index, and annotations. An entry
// of the index without a grant is none of the account's records, and harmless:
// whoever follows it asks the list.
func (v *verifier) sharing() error {
	var missing []Problem
	err := eachNote(v.r, func(kind byte, key, value []byte) error {
		m := boxKeyOf(key)
		switch _, known := v.boxes[m]; {
		case !known && m != 0:
			v.problem(m, 0, nil, "has records of kind %q but does not exist", kind)
			return nil
		case kind == kindAnnotation:
			if _, err := checkAnnotation(key, value); err != nil {
				v.problem(m, 0, err, "annotation")
			}
			return nil
		}
		list, err := decodeACL(value)
		if err != nil {
			v.problem(m, 0, err, "access control list: nobody but the owner has rights")
			return nil
		}
		for i := range list {
			if list[i].indexed() {
				missing = append(missing, Problem{Mailbox: m, Text: list[i].Who})
			}
		}
		return nil
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	return v.store.db.View(v.ctx, kv.Sharing, func(r kv.Reader) error {
		for _, g := range missing {
			switch _, err := r.Get(appendGrantKey(nil, g.Text, v.id, g.Mailbox)); {
			case errors.Is(err, kv.ErrNotFound):
				v.problem(g.Mailbox, 0, nil, "is shared with %s, who is not told", g.Text)
			case err != nil:
				return err
			}
		}
		return nil
	})
}

// eachNote calls fn for the access control lists and the annotations.
func eachNote(r kv.Reader, fn func(kind byte, key, value []byte) error) error {
	for _, kind := range [...]byte{kindACL, kindAnnotation} {
		it := r.Scan([]byte{kind}, []byte{kind + 1})
		for it.Next() {
			if err := fn(kind, it.Key(), it.Value()); err != nil {
				return errors.Join(err, it.Close())
			}
		}
		if err := errors.Join(it.Err(), it.Close()); err != nil {
			return err
		}
	}
	return nil
}

// checkAnnotation decodes a record of kindAnnotation.
func checkAnnotation(key, value []byte) (Annotation, error) {
	if len(key) < 6 {
		return Annotation{}, ErrCorrupt
	}
	entry, _ := entryOf(key)
	if len(value) == 0 || value[0] != version1 {
		return Annotation{}, ErrCorrupt
	}
	if _, err := ParseEntry(entry); err != nil {
		return Annotation{}, err
	}
	return Annotation{entry, value[1:]}, nil
}

// sharing removes what is damaged or belongs to nothing, and makes the index
// again.
func (r *rebuild) sharing() error {
	return eachNote(r.space, func(kind byte, key, value []byte) error {
		m := boxKeyOf(key)
		if r.known[m] == nil && m != 0 {
			r.fixed(m, 0, "record of kind %q of no mailbox is gone", kind)
			return r.space.Delete(key)
		}
		if kind == kindAnnotation {
			if _, err := checkAnnotation(key, value); err == nil {
				return nil
			}
			r.fixed(m, 0, "damaged annotation is gone")
			return r.space.Delete(key)
		}
		list, err := decodeACL(value)
		if err != nil {
			r.fixed(m, 0, "damaged access control list is gone: share the mailbox again")
			return r.space.Delete(key)
		}
		return r.index(m, list)
	})
}

// index writes the entries of a list that the index lacks.
func (r *rebuild) index(m MailboxID, list ACL) error {
	for i := range list {
		if !list[i].indexed() {
			continue
		}
		key := appendGrantKey(nil, list[i].Who, r.id, m)
		switch _, err := r.tx.sharing.Get(key); {
		case err == nil:
			continue
		case !errors.Is(err, kv.ErrNotFound):
			return err
		}
		r.fixed(m, 0, "is shared with %s", list[i].Who)
		if err := r.tx.sharing.Set(key, []byte{version1}); err != nil {
			return err
		}
	}
	return nil
}
