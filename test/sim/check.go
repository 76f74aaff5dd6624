package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tram/internal/directory"
	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/storage/blob"
)

// findings are the messages of a reopened store, by account and token.
type findings struct {
	w          *world
	m          *model
	found      map[string]*found
	violations []string
}

func (f *findings) violate(format string, args ...any) {
	f.violations = append(f.violations, fmt.Sprintf(format, args...))
}

func (f *findings) at(account, token string) *found {
	key := account + " " + token
	if f.found[key] == nil {
		f.found[key] = &found{}
	}
	return f.found[key]
}

// check compares a reopened store with what its clients were told before the
// crash and returns what is wrong. drained says that the queue was worked off
// before.
func check(ctx context.Context, w *world, m *model, drained bool) []string {
	f := &findings{w: w, m: m, found: map[string]*found{}}
	if err := f.readQueue(ctx); err != nil {
		f.violate("read the queue: %v", err)
	}
	for _, name := range accountNames {
		if err := f.readAccount(ctx, name); err != nil {
			f.violate("read account %s: %v", name, err)
		}
	}
	if err := f.readFiles(); err != nil {
		f.violate("read the files: %v", err)
	}
	for key, h := range m.histories {
		if v := h.judge(*f.at(h.account, h.token), m.remote[h.token], drained); v != "" {
			f.violate("%s", v)
		}
		delete(f.found, key)
	}
	for key, left := range f.found {
		if left.queued > 0 || len(left.boxed) > 0 {
			f.violate("%s: nobody sent it, found %d in the queue and %v", key, left.queued, left.boxed)
		}
	}
	return f.violations
}

// readQueue counts who waits in the queue and reads each body.
func (f *findings) readQueue(ctx context.Context) error {
	entries, err := f.w.queue.List(ctx, queue.Filter{})
	if err != nil {
		return err
	}
	for _, e := range entries {
		text, err := f.body(ctx, e.Body)
		if err != nil {
			f.violate("queue entry %s: %v", e.ID, err)
			continue
		}
		token := tokenOf(text)
		for _, r := range e.Rcpts {
			for _, account := range accountsOf(r.To.String()) {
				f.at(account, token).queued++
				f.compare("queue entry "+e.ID.String(), account, token, text)
			}
			if e.Sender.String() == reportedTo {
				f.at(reportedTo, reportPrefix+token).queued++ // the notification about it is yet to come
			}
		}
	}
	return nil
}

// body reads a body twice over: whole, and through a reader of ranges.
func (f *findings) body(ctx context.Context, id blob.ID) (string, error) {
	r, err := f.w.blobs.Open(ctx, id)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b := make([]byte, r.Size())
	if _, err := r.ReadAt(b, 0); err != nil {
		return "", err
	}
	return string(b), nil
}

// compare finds a torn message: what is stored must end with what was sent.
func (f *findings) compare(where, account, token, text string) {
	h := f.m.histories[account+" "+token]
	if h != nil && !strings.HasSuffix(text, h.text) {
		f.violate("%s: %s is torn: %d octets stored, %d sent", where, token, len(text), len(h.text))
	}
}

// readAccount reads all mailboxes of an account and holds them against what
// was shown.
func (f *findings) readAccount(ctx context.Context, name string) error {
	account, err := f.w.directory.AccountByAddress(ctx, name)
	if err != nil {
		return err
	}
	boxes, err := f.w.mail.Mailboxes(ctx, account.ID)
	if err != nil {
		return err
	}
	for _, box := range boxes {
		if box.ID == 0 {
			continue
		}
		if err := f.readMailbox(ctx, name, account.ID, box); err != nil {
			return fmt.Errorf("mailbox %s: %w", box.Name, err)
		}
	}
	return f.w.mail.Verify(ctx, account.ID, func(p mailstore.Problem) {
		f.violate("verify %s: %s %v", name, p.Text, p.Err)
	})
}

func (f *findings) readMailbox(ctx context.Context, name string, account directory.AccountID, box mailstore.Mailbox) error {
	view, err := f.w.mail.View(ctx, account, box.ID)
	if err != nil {
		return err
	}
	s := f.m.shown[mailboxKey{name, box.Name, box.UIDValidity}]
	if s == nil {
		s = &shown{}
	}
	if uint32(view.UIDNext()) <= s.maxUID {
		f.violate("%s/%s: UIDNEXT is %d, but UID %d was shown", name, box.Name, view.UIDNext(), s.maxUID)
	}
	if uint64(view.HighestModSeq()) < s.modseq {
		f.violate("%s/%s: HIGHESTMODSEQ went back from %d to %d", name, box.Name, s.modseq, view.HighestModSeq())
	}
	return f.w.mail.Messages(ctx, account, box.ID, mailstore.AllUIDs(), mailstore.WantMeta, func(m *mailstore.Message) error {
		text, err := f.w.mail.AppendBody(ctx, nil, m)
		if err != nil {
			f.violate("%s/%s UID %d: %v", name, box.Name, m.UID, err)
			return nil
		}
		token := tokenOf(string(text))
		if was, ok := s.tokens[uint32(m.UID)]; ok && was != token {
			f.violate("%s/%s: UID %d was %s and is %s", name, box.Name, m.UID, was, token)
		}
		i, ok := view.Index(m.UID)
		if !ok {
			f.violate("%s/%s: UID %d has a record but no flags", name, box.Name, m.UID)
			return nil
		}
		at := f.at(name, token)
		at.boxed = append(at.boxed, place{inMailbox, box.Name, flagNames(view.At(i).Flags)})
		f.compare(name+"/"+box.Name, name, token, string(text))
		return nil
	})
}

// flagNames writes system flags in the form of place.flags.
func flagNames(flags mailstore.Flags) string {
	var names []string
	for flag, name := range map[mailstore.Flags]string{
		mailstore.Seen: `\Seen`, mailstore.Answered: `\Answered`, mailstore.Flagged: `\Flagged`,
		mailstore.Deleted: `\Deleted`, mailstore.Draft: `\Draft`,
	} {
		if flags&flag != 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
