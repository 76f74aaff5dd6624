package mailstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tram/internal/storage/kv"
)

// Problem is one thing that Verify found or Rebuild repaired.
type Problem struct {
	Account kv.Account
	Mailbox MailboxID // 0 when it concerns the account
	UID     UID       // 0 when it concerns the mailbox
	Text    string
	Err     error // the cause, or nil
	// Damaged: nothing that is stored here can mend it. As a rule it is the body,
	// and nothing else is wrong with the message; then Err is one of package blob.
	Damaged bool
}

// String is one line for a terminal or log.
func (p Problem) String() string {
	where := fmt.Sprintf("account %d", p.Account)
	if p.Mailbox != 0 {
		where += fmt.Sprintf(" mailbox %d", p.Mailbox)
	}
	if p.UID != 0 {
		where += fmt.Sprintf(" message %d", p.UID)
	}
	if p.Err != nil {
		return fmt.Sprintf("%s: %s: %v", where, p.Text, p.Err)
	}
	return where + ": " + p.Text
}

// Pace is asked before the octets of a body are read: it waits as long as work
// that nobody waits for has to, so that users notice nothing. nil never waits.
type Pace func(ctx context.Context, octets int64) error

func (p Pace) wait(ctx context.Context, octets int64) error {
	if p == nil {
		return ctx.Err()
	}
	return p(ctx, octets)
}

// Verify is VerifyAt without pauses.
func (s *Store) Verify(ctx context.Context, id kv.Account, report func(Problem)) error {
	return s.VerifyAt(ctx, id, nil, report)
}

// VerifyAt checks all records of an account against each other and reads every
// body: counters and quota against messages, names against mailboxes, what was
// computed at arrival against what the body gives, the change log. It goes on
// past problems and reports each. The error is about Verify itself.
//
// The records are read from one picture of the account, the bodies after it, a
// batch at a time: their messages may change meanwhile.
func (s *Store) VerifyAt(ctx context.Context, id kv.Account, pace Pace, report func(Problem)) error {
	v := verifier{ctx: ctx, store: s, id: id, report: report, boxes: map[MailboxID]Mailbox{}}
	err := s.db.View(ctx, id, func(r kv.Reader) error {
		v.r = r
		return v.run()
	})
	for _, m := range slices.Sorted(maps.Keys(v.boxes)) {
		if err == nil {
			err = s.verifyBodies(ctx, id, m, pace, report)
		}
	}
	return err
}

// verifier is one run of Verify.
type verifier struct {
	ctx    context.Context
	store  *Store
	id     kv.Account
	r      kv.Reader
	report func(Problem)

	acct  account
	boxes map[MailboxID]Mailbox
	sum   counters // of all mailboxes
}

func (v *verifier) problem(m MailboxID, uid UID, err error, format string, args ...any) {
	v.report(Problem{Account: v.id, Mailbox: m, UID: uid, Text: fmt.Sprintf(format, args...), Err: err})
}

func (v *verifier) run() error {
	acct, used, err := readAccount(v.r)
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return err
	}
	if err != nil {
		v.problem(0, 0, err, "account record")
	}
	v.acct = acct
	if !used && err == nil {
		return v.unused()
	}
	for _, step := range []func() error{v.mailboxRecords, v.uniqueIDs, v.names, v.mailboxes, v.orphans, v.sharing, v.totals, v.threads, v.gone, v.log} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// unused checks that an account without a record has no other one.
func (v *verifier) unused() error {
	it := v.r.Scan(nil, nil)
	defer it.Close()
	if it.Next() {
		v.problem(0, 0, nil, "account record is missing")
	}
	return it.Err()
}

// mailboxRecords reads the mailboxes and checks what the account says of them.
func (v *verifier) mailboxRecords() error {
	it := v.r.Scan([]byte{kindMailbox}, []byte{kindMailbox + 1})
	defer it.Close()
	validity := map[uint32]MailboxID{}
	for it.Next() {
		id := boxKeyOf(it.Key())
		m, err := decodeMailbox(id, it.Value())
		if err != nil {
			v.problem(id, 0, err, "mailbox record")
		}
		v.boxes[id] = m
		if other := validity[m.UIDValidity]; other != 0 {
			v.problem(id, 0, nil, "UIDVALIDITY %d is that of mailbox %d too", m.UIDValidity, other)
		}
		validity[m.UIDValidity] = id
		if id > v.acct.lastMailbox || m.UIDValidity > v.acct.lastValidity {
			v.problem(id, 0, nil, "ID or UIDVALIDITY %d was not given out yet", m.UIDValidity)
		}
		if home := homeOf(m.SpecialUse); home != 0 && v.acct.home[home] != id {
			v.problem(id, 0, nil, "the account has another mailbox for %s", m.SpecialUse)
		}
	}
	if n := len(v.boxes); n != int(v.acct.mailboxes) {
		v.problem(0, 0, nil, "%d mailboxes, the account counts %d", n, v.acct.mailboxes)
	}
	for home, id := range v.acct.home {
		if m, ok := v.boxes[id]; id != 0 && (!ok || m.SpecialUse != homeMailboxes[home].use) || home == homeInbox && m.Name != inbox {
			v.problem(id, 0, nil, "is not %s%s", homeMailboxes[home].name, homeMailboxes[home].use)
		}
	}
	return it.Err()
}

// names checks that names and mailboxes belong together one to one.
func (v *verifier) names() error {
	it := v.r.Scan([]byte{kindName}, []byte{kindName + 1})
	defer it.Close()
	named := map[MailboxID]bool{}
	for it.Next() {
		name := string(it.Key()[1:])
		d := decode(it.Value())
		id := MailboxID(d.uint32())
		if m, ok := v.boxes[id]; d.bad || !ok || m.Name != name {
			v.problem(id, 0, d.err("name"), "name %q leads to it, but it is called %q", name, m.Name)
		}
		named[id] = true
	}
	for id, m := range v.boxes {
		if !named[id] {
			v.problem(id, 0, nil, "name %q does not lead to it", m.Name)
		}
	}
	return it.Err()
}

func (v *verifier) mailboxes() error {
	for id := range v.boxes {
		if err := v.mailbox(id); err != nil {
			return err
		}
	}
	return nil
}

// orphans finds records of mailboxes that do not exist.
func (v *verifier) orphans() error {
	kinds := append([]byte{kindCounters, kindFlags, kindKeywords, kindUIDL, kindIndex}, messageKinds[:]...)
	for _, kind := range kinds {
		it := v.r.Scan([]byte{kind}, []byte{kind + 1})
		for ok := it.Next(); ok; {
			id := boxKeyOf(it.Key())
			if _, known := v.boxes[id]; !known {
				v.problem(id, 0, nil, "has records of kind %q but does not exist", kind)
			}
			ok = it.Seek(appendBoxKey(nil, kind, id+1))
		}
		if err := errors.Join(it.Err(), it.Close()); err != nil {
			return err
		}
	}
	return nil
}

// totals compares the account's counters with the sum of the mailboxes.
func (v *verifier) totals() error {
	if v.acct.bytes != v.sum.size || v.acct.messages != int64(v.sum.messages) {
		v.problem(0, 0, nil, "%d messages of %d bytes, the account counts %d of %d",
			v.sum.messages, v.sum.size, v.acct.messages, v.acct.bytes)
	}
	n := uint32(0)
	err := eachSubscription(v.r, func(string) { n++ })
	if n != v.acct.subscriptions {
		v.problem(0, 0, nil, "%d subscriptions, the account counts %d", n, v.acct.subscriptions)
	}
	return err
}

// log checks that every record of the change log can be read.
func (v *verifier) log() error {
	return eachChange(v.r, 0, func(seq ModSeq, m MailboxID, value []byte) (bool, error) {
		switch _, err := decodeChange(value); {
		case err != nil:
			v.problem(m, 0, err, "change log at MODSEQ %d", seq)
		case seq > v.acct.modSeq:
			v.problem(m, 0, nil, "change log at MODSEQ %d, the account is at %d", seq, v.acct.modSeq)
		}
		return true, nil
	})
}
