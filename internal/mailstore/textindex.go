package mailstore

import (
	"context"
	"errors"

	"tram/internal/mail/fold"
	"tram/internal/mailstore/textindex"
	"tram/internal/storage/kv"
)

// TextScope says in which texts of a message to look.
type TextScope = textindex.Scope

// The texts; they are combined with |.
const (
	HeaderText = textindex.Header // headers of the message and its parts, own lines included
	BodyText   = textindex.Body   // bodies of parts that people can read
)

// TextMatches is what the text index of a mailbox knows of a search. Of a
// message up to To that is in neither set it says that it does not match.
type TextMatches struct {
	To   UID    // the index covers messages up to here; 0: there is none
	UIDs UIDSet // messages that may have all terms; with one term: that have it. Some may be expunged
	Open UIDSet // messages up to To of which the index does not know
}

// Decides reports whether the index has anything to say of a message.
func (m *TextMatches) Decides(uid UID) bool { return uid <= m.To && !m.Open.Contains(uid) }

// TextCandidates asks the text index of a mailbox which messages have all of
// the terms in a header or in a body. Whether that is enough for a match is up
// to the query (fold.Query.Whole); what the index does not decide must be read.
// A mailbox without an index, or with a damaged one, is no error.
func (s *Store) TextCandidates(ctx context.Context, id kv.Account, m MailboxID, terms []fold.Term, scope TextScope) (TextMatches, error) {
	if len(terms) == 0 || s.indexer.off {
		return TextMatches{}, nil
	}
	var state textindex.State
	var found textindex.Found
	var fresh uint32
	err := s.db.View(ctx, id, func(r kv.Reader) (err error) {
		prefix := indexPrefix(m)
		if state, fresh, err = readIndexState(r, m, prefix); err != nil || state.To == 0 {
			return err
		}
		found, err = textindex.Search(r, prefix, &state, terms, scope)
		return err
	})
	switch {
	case errors.Is(err, ErrNoMailbox):
		return TextMatches{}, nil
	case errors.Is(err, textindex.ErrCorrupt), errors.Is(err, ErrCorrupt):
		s.indexer.damaged(id, m)
		return TextMatches{}, nil
	case err != nil:
		return TextMatches{}, err
	}
	if fresh >= indexMessages {
		s.indexer.searched(id)
	}
	return TextMatches{To: UID(state.To), UIDs: uidSet(found.UIDs), Open: uidSet(found.Open)}, nil
}

// readIndexState returns the state of a mailbox's index, and about how many
// messages it does not cover; the zero state when there is none, or one of an
// older UIDVALIDITY.
func readIndexState(r kv.Reader, m MailboxID, prefix []byte) (state textindex.State, fresh uint32, err error) {
	c, err := readCounters(r, appendBoxKey(nil, kindCounters, m))
	if err != nil {
		return textindex.State{}, 0, err
	}
	state, ok, err := textindex.ReadState(r, prefix)
	if err != nil {
		return textindex.State{}, 0, err
	}
	if !ok || state.Validity != c.uidValidity {
		state = textindex.State{Validity: c.uidValidity}
	}
	return state, c.fresh(state.To), nil
}

// fresh is about how many messages have UIDs above one: gaps are not counted,
// which costs nothing.
func (c *counters) fresh(to uint32) uint32 {
	if c.uidNext == 0 || uint32(c.uidNext-1) <= to {
		return 0
	}
	return min(uint32(c.uidNext-1)-to, c.messages)
}

// uidSet turns ranges that ascend into a set.
func uidSet(ranges []textindex.Range) UIDSet {
	set := make(UIDSet, 0, len(ranges))
	for _, r := range ranges {
		if n := len(set); n > 0 && uint32(set[n-1].Last)+1 == r.First {
			set[n-1].Last = UID(r.Last)
			continue
		}
		set = append(set, UIDRange{UID(r.First), UID(r.Last)})
	}
	return set
}

// indexPrefix is what the keys of a mailbox's index begin with.
func indexPrefix(m MailboxID) []byte { return appendBoxKey(nil, kindIndex, m) }

// DropIndex removes the text indexes of an account. Searches read the messages
// until the indexes are made again, which Run does in time.
func (s *Store) DropIndex(ctx context.Context, id kv.Account) error {
	err := kv.Durable(ctx, s.db, []kv.Account{id}, func(ktx kv.Tx) error {
		return ktx.Account(id).DeleteRange([]byte{kindIndex}, []byte{kindIndex + 1})
	})
	if err == nil {
		s.indexer.note(id)
	}
	return err
}

// IndexStatus is how far the text indexes of an account are.
type IndexStatus struct {
	Messages int    // in the account
	Fresh    int    // of them not indexed, about
	Segments int    // of all indexes
	Bytes    uint64 // of their records, before compression
}

// IndexStatus tells how far the text indexes of an account are.
func (s *Store) IndexStatus(ctx context.Context, id kv.Account) (status IndexStatus, err error) {
	err = s.db.View(ctx, id, func(r kv.Reader) error {
		it := r.Scan([]byte{kindCounters}, []byte{kindCounters + 1})
		defer it.Close()
		for it.Next() {
			c, err := decodeCounters(it.Value())
			if err != nil {
				continue // Verify tells of it
			}
			m := boxKeyOf(it.Key())
			state, fresh, err := readIndexState(r, m, indexPrefix(m))
			if errors.Is(err, textindex.ErrCorrupt) {
				fresh, err = c.messages, nil
			}
			if err != nil {
				return err
			}
			status.Messages += int(c.messages)
			status.Fresh += int(fresh)
			status.Segments += len(state.Segments)
			status.Bytes += state.Size()
		}
		return it.Err()
	})
	return status, err
}
