package admin

import (
	"context"
	"fmt"
	"strconv"

	"tram/internal/directory"
	"tram/internal/mailstore"
	"tram/internal/server/control"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Verify implements control.Operations: every account's records against each
// other, then every body against its checksum. It goes on past problems.
func (a *Admin) Verify(ctx context.Context, v control.Verify, emit func(control.Finding) error) error {
	accounts, err := a.accountsToVerify(ctx, v)
	if err != nil {
		return err
	}
	check := a.s.Mail.Verify
	if v.Repair {
		check = a.s.Mail.Rebuild
	}
	for i, id := range accounts {
		name := a.nameOf(ctx, id)
		if err := emit(progress(i, len(accounts), name)); err != nil {
			return err
		}
		var emitErr error
		err := check(ctx, id, func(p mailstore.Problem) {
			if emitErr == nil {
				emitErr = emit(control.Finding{Problem: a.problemOut(ctx, name, p)})
			}
		})
		if err != nil {
			return kinded(fmt.Errorf("verify %s: %w", name, err))
		}
		if emitErr != nil {
			return emitErr
		}
	}
	if v.Address != "" {
		return nil
	}
	return a.verifyBodies(ctx, emit)
}

func (a *Admin) verifyBodies(ctx context.Context, emit func(control.Finding) error) error {
	if err := emit(control.Finding{Progress: &control.Progress{What: "bodies"}}); err != nil {
		return err
	}
	var emitErr error
	err := a.s.Blobs.Verify(ctx, func(id blob.ID, err error) {
		if emitErr == nil {
			emitErr = emit(control.Finding{Problem: &control.Problem{Body: fmt.Sprintf("%x", id[:]), Text: err.Error()}})
		}
	})
	if err != nil {
		return kinded(fmt.Errorf("verify bodies: %w", err))
	}
	return emitErr
}

// accountsToVerify is the account asked for, or every one that has records,
// known to the directory or not.
func (a *Admin) accountsToVerify(ctx context.Context, v control.Verify) ([]kv.Account, error) {
	if v.Address != "" {
		acct, err := a.account(ctx, v.Address)
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

func (a *Admin) problemOut(ctx context.Context, name string, p mailstore.Problem) *control.Problem {
	out := &control.Problem{Account: name, UID: uint32(p.UID), Text: p.Text}
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
