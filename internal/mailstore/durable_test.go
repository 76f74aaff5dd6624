package mailstore

import (
	"context"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/kv"
)

// lying is a store that says it synced and did not.
type lying struct{ kv.DB }

func (lying) Sync(context.Context, kv.Account) error { return nil }

// What any method has shown of a delivery that was not synced is there after a
// crash that keeps only what was synced.
func TestShownIsDurable(t *testing.T) {
	show := map[string]func(*env, MailboxID) error{
		"view": func(e *env, m MailboxID) error { _, err := e.View(context.Background(), alice, m); return err },
		"status": func(e *env, m MailboxID) error {
			_, err := e.Status(context.Background(), alice, m)
			return err
		},
		"status by name": func(e *env, m MailboxID) error {
			_, _, err := e.StatusByName(context.Background(), alice, "INBOX")
			return err
		},
		"messages": func(e *env, m MailboxID) error {
			return e.Messages(context.Background(), alice, m, AllUIDs(), WantEnvelope, func(*Message) error { return nil })
		},
		"usage": func(e *env, m MailboxID) error { _, _, err := e.Usage(context.Background(), alice); return err },
		"store that changes nothing": func(e *env, m MailboxID) error {
			_, err := e.StoreFlags(context.Background(), alice, m, AllUIDs(), FlagChange{Op: RemoveFlags, Flags: Seen})
			return err
		},
		"watcher": func(e *env, m MailboxID) error {
			ctx, cancel := context.WithCancelCause(context.Background())
			told := make(chan struct{}, 10)
			defer e.Watch(alice, m, func() { told <- struct{}{} })()
			e.Committed(alice)
			go func() { <-told; cancel(nil) }()
			e.Run(ctx)
			return nil
		},
		"second view of a cached one": func(e *env, m MailboxID) error {
			_, err := e.View(context.Background(), alice, m)
			return err
		},
	}
	for name, fn := range show {
		for _, honest := range []bool{true, false} {
			t.Run(name+map[bool]string{true: "", false: " without sync"}[honest], func(t *testing.T) {
				fs := vfs.NewCrashableMem()
				e := newEnvOn(t, "", fs)
				in := e.inbox(t, alice)
				e.view(t, alice, in)
				if !honest {
					e.Store = New(lying{e.db}, e.blobs, Options{})
				}
				err := e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
					_, err := e.AppendTx(tx, alice, []Delivery{e.delivery(letter)})
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := fn(e, in); err != nil {
					t.Fatal(err)
				}
				after := newEnvOn(t, "", fs.CrashClone(vfs.CrashCloneCfg{}))
				s, err := after.Status(t.Context(), alice, in)
				if err != nil {
					t.Fatal(err)
				}
				if honest != (s.Messages == 1) {
					t.Fatalf("%d messages after the crash", s.Messages)
				}
				if got := after.problems(t, alice); got != nil {
					t.Fatal(got)
				}
			})
		}
	}
}

// Every method that changes something is durable when it returns.
func TestChangedIsDurable(t *testing.T) {
	ctx := context.Background()
	fs := vfs.NewCrashableMem()
	e := newEnvOn(t, "", fs)
	in, to := e.inbox(t, alice), e.box(t, alice, "Archive")
	for _, op := range []struct {
		name string
		fn   func() error
	}{
		{"append", func() error {
			_, _, err := e.Append(ctx, alice, in, e.delivery(letter), e.delivery(letter))
			return err
		}},
		{"copy", func() error {
			_, err := e.Copy(ctx, Place{alice, in}, Place{alice, to}, AllUIDs(), Quota{})
			return err
		}},
		{"store", func() error {
			_, err := e.StoreFlags(ctx, alice, in, AllUIDs(), FlagChange{Op: ReplaceFlags, Flags: Deleted, Keywords: []string{"x"}})
			return err
		}},
		{"expunge", func() error { _, err := e.Expunge(ctx, alice, in, UIDs(1)); return err }},
		{"remove", func() error { _, err := e.Remove(ctx, alice, in, UIDs(2)); return err }},
		{"move", func() error {
			_, err := e.Move(ctx, Place{alice, to}, Place{alice, in}, AllUIDs(), Quota{})
			return err
		}},
		{"create", func() error { _, err := e.Create(ctx, alice, "x/y", ""); return err }},
		{"rename", func() error { return e.Rename(ctx, alice, "x", "z") }},
		{"rename of INBOX", func() error { return e.Rename(ctx, alice, "INBOX", "old") }},
		{"delete", func() error { return e.Delete(ctx, alice, "z/y") }},
		{"subscribe", func() error { return e.Subscribe(ctx, alice, "q") }},
		{"unsubscribe", func() error { return e.Unsubscribe(ctx, alice, "q") }},
		{"first look of another account", func() error { _, err := e.Mailboxes(ctx, bob); return err }},
		{"delete account", func() error { return e.DeleteAccount(ctx, alice) }},
	} {
		before := e.dump(t, alice) + e.dump(t, bob)
		if err := op.fn(); err != nil {
			t.Fatalf("%s: %v", op.name, err)
		}
		after := newEnvOn(t, "", fs.CrashClone(vfs.CrashCloneCfg{}))
		was, is := e.dump(t, alice)+e.dump(t, bob), after.dump(t, alice)+after.dump(t, bob)
		if was != is || was == before {
			t.Errorf("%s: after the crash\n%q\nbefore it\n%q", op.name, is, was)
		}
	}
}

// dump returns all records of an account.
func (e *env) dump(t *testing.T, id kv.Account) string {
	t.Helper()
	var all []byte
	err := e.db.View(t.Context(), id, func(r kv.Reader) error {
		it := r.Scan(nil, nil)
		defer it.Close()
		for it.Next() {
			all = append(append(append(all, it.Key()...), '='), it.Value()...)
			all = append(all, '\n')
		}
		return it.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}
