package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"tram/internal/directory"
	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/server/control"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Verify implements control.Operations: the directory, the queue, every
// account's records against each other and against their bodies, then every body
// against its checksum. It goes on past problems.
func (a *Admin) Verify(ctx context.Context, v control.Verify, emit func(control.Finding) error) error {
	accounts, err := a.accountsToVerify(ctx, v.Address)
	if err != nil {
		return err
	}
	w := verification{Admin: a, v: v, pace: a.pace(v.Rate), emit: emit}
	if v.Address == "" {
		if err := w.rest(ctx, "directory", w.directory); err != nil {
			return err
		}
		if err := w.rest(ctx, "queue", w.queue); err != nil {
			return err
		}
	}
	for i, id := range accounts {
		name := a.nameOf(ctx, id)
		if err := emit(progress(i, len(accounts), name)); err != nil {
			return err
		}
		if err := w.account(ctx, id, name); err != nil {
			return err
		}
	}
	if v.Address != "" {
		return nil
	}
	return w.rest(ctx, "bodies", w.bodies)
}

// verification is one run of Verify.
type verification struct {
	*Admin
	v       control.Verify
	pace    mailstore.Pace
	emit    func(control.Finding) error
	emitErr error // ends the run
}

// found reports a problem.
func (w *verification) found(p control.Problem) {
	if w.emitErr == nil {
		w.emitErr = w.emit(control.Finding{Problem: &p})
	}
}

// rest runs a part that belongs to no account.
func (w *verification) rest(ctx context.Context, what string, part func(context.Context) error) error {
	if err := w.emit(control.Finding{Progress: &control.Progress{What: what}}); err != nil {
		return err
	}
	if err := part(ctx); err != nil {
		return kinded(fmt.Errorf("verify %s: %w", what, err))
	}
	return w.emitErr
}

func (w *verification) directory(ctx context.Context) error {
	return w.s.Directory.Verify(ctx, func(what string, err error) {
		w.found(control.Problem{Part: "directory", Text: what + ": " + err.Error()})
	})
}

func (w *verification) queue(ctx context.Context) error {
	return w.s.Queue.Verify(ctx, w.readBody, func(id queue.ID, err error) {
		w.found(control.Problem{Part: "queue", Text: id.String() + ": " + err.Error(), Damaged: errors.Is(err, blob.ErrCorrupt)})
	})
}

// readBody reads a body, which verifies it.
func (w *verification) readBody(ctx context.Context, id blob.ID) error {
	r, err := w.s.Blobs.Open(ctx, id)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := w.pace(ctx, r.Size()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.NewSectionReader(r, 0, r.Size()))
	return err
}

func (w *verification) bodies(ctx context.Context) error {
	report := func(id blob.ID, err error) {
		w.found(control.Problem{Body: fmt.Sprintf("%x", id[:]), Text: err.Error(), Damaged: true})
	}
	if up, ok := w.s.Blobs.(blob.Upkeep); ok {
		return up.VerifyAt(ctx, w.pace, report)
	}
	return w.s.Blobs.Verify(ctx, report)
}

// account verifies or repairs one account.
func (w *verification) account(ctx context.Context, id kv.Account, name string) error {
	check := w.s.Mail.VerifyAt
	if w.v.Repair {
		check = w.s.Mail.RebuildAt
	}
	damaged := map[mailstore.MailboxID][]mailstore.UID{}
	err := check(ctx, id, w.pace, func(p mailstore.Problem) {
		out := w.problemOut(ctx, name, p)
		body := errors.Is(p.Err, blob.ErrCorrupt) || errors.Is(p.Err, blob.ErrNotFound)
		if body && w.v.Repair && w.v.Quarantine {
			out.MovedTo = mailstore.QuarantineName
			damaged[p.Mailbox] = append(damaged[p.Mailbox], p.UID)
		}
		w.found(out)
	})
	if err != nil {
		return kinded(fmt.Errorf("verify %s: %w", name, err))
	}
	for m, uids := range damaged {
		if _, err := w.s.Mail.Quarantine(ctx, id, m, mailstore.UIDs(uids...)); err != nil {
			return kinded(fmt.Errorf("move the damaged messages of %s: %w", name, err))
		}
	}
	return w.emitErr
}

// accountsToVerify is the account asked for, or every one that has records,
// known to the directory or not.
func (a *Admin) accountsToVerify(ctx context.Context, address string) ([]kv.Account, error) {
	if address != "" {
		acct, err := a.account(ctx, address)
		return []kv.Account{acct.ID}, err
	}
	var all []kv.Account
	err := a.s.KV.Snapshot(ctx, func(s kv.Snapshot) error {
		return s.Accounts(func(id kv.Account) error {
			if id >= kv.FirstUser {
				all = append(all, id)
			}
			return nil
		})
	})
	return all, kinded(err)
}

// nameOf is the address of an account, or its number.
func (a *Admin) nameOf(ctx context.Context, id directory.AccountID) string {
	if acct, err := a.s.Directory.Account(ctx, id); err == nil {
		return acct.Address
	}
	return strconv.FormatUint(uint64(id), 10)
}

func (a *Admin) problemOut(ctx context.Context, name string, p mailstore.Problem) control.Problem {
	out := control.Problem{Account: name, UID: uint32(p.UID), Text: p.Text, Damaged: p.Damaged}
	if p.Err != nil {
		out.Text += ": " + p.Err.Error()
	}
	if p.Mailbox != 0 {
		out.Mailbox = strconv.FormatUint(uint64(p.Mailbox), 10)
	}
	boxes, err := a.s.Mail.Mailboxes(ctx, p.Account)
	if err != nil { // the number must do: the names may be what is damaged
		return out
	}
	for _, box := range boxes {
		if box.ID == p.Mailbox && p.Mailbox != 0 {
			out.Mailbox = box.Name
		}
	}
	return out
}

func progress(done, total int, what string) control.Finding {
	return control.Finding{Progress: &control.Progress{Done: int64(done), Total: int64(total), What: what}}
}
