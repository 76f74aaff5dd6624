package mailstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tram/internal/storage/kv"
)

// mail is a message of a thread.
func mail(id, subject, refs string) string {
	return fmt.Sprintf("Message-ID: <%s@x>\r\nSubject: %s\r\n%s\r\nHello\r\n", id, subject, refs)
}

// thread returns the content and the thread ID of a message.
func (e *env) thread(t testing.TB, m MailboxID, uid UID) (content, thread uint64) {
	t.Helper()
	err := e.Messages(t.Context(), alice, m, UIDs(uid), WantMeta, func(msg *Message) error {
		content, thread = msg.ContentID, msg.ThreadID
		return nil
	})
	if err != nil || thread == 0 {
		t.Fatalf("thread %d, %v", thread, err)
	}
	return content, thread
}

func TestThreads(t *testing.T) {
	many := strings.Repeat(" <none@x>", 500)
	tests := []struct {
		name string
		mail []string
		want []int // the first message of each one's thread
	}{
		{"strangers", []string{mail("a", "x", ""), mail("b", "x", "")}, []int{0, 1}},
		{"reply", []string{mail("a", "x", ""), mail("b", "Re: X", "In-Reply-To: <a@x>\r\n")}, []int{0, 0}},
		{"another subject", []string{mail("a", "x", ""), mail("b", "Re: y", "In-Reply-To: <a@x>\r\n")}, []int{0, 1}},
		{"references", []string{mail("a", "x", ""), mail("c", "x", "References: <a@x>\r\n <b@x>\r\n")}, []int{0, 0}},
		{"a parent that nobody has", []string{mail("b", "x", "References: <a@x>\r\n"), mail("c", "x", "In-Reply-To: <a@x>\r\n")}, []int{0, 0}},
		{"out of order", []string{mail("b", "Re: x", "References: <a@x>\r\n"), mail("a", "x", "")}, []int{0, 0}},
		{"the same message twice", []string{mail("a", "x", ""), mail("a", "x", "")}, []int{0, 0}},
		{"two that meet keep their own", []string{mail("a", "x", ""), mail("b", "x", ""), mail("c", "x", "References: <a@x> <b@x>\r\n")}, []int{0, 1, 1}},
		{"the first of many", []string{mail("a", "x", ""), mail("z", "x", "References: <a@x>"+many+"\r\n")}, []int{0, 0}},
		{"no ID", []string{"Subject: x\r\n\r\n", "Subject: x\r\n\r\n"}, []int{0, 1}},
		{"header too large to keep", []string{mail("a", "x", ""), mail("b", strings.Repeat("x", 20<<10), "References: <a@x>\r\n")}, []int{0, 1}},
	}
	for _, tt := range tests {
		for _, together := range []bool{false, true} { // one commit or many: the same threads
			e := newEnv(t)
			in := e.inbox(t, alice)
			var all []Delivery
			for _, text := range tt.mail {
				if together {
					all = append(all, e.delivery(text))
				} else {
					e.deliver(t, alice, in, text, nil)
				}
			}
			if together {
				if _, _, err := e.Append(t.Context(), alice, in, all...); err != nil {
					t.Fatal(err)
				}
			}
			for i, want := range tt.want {
				first, _ := e.thread(t, in, UID(want+1))
				if _, got := e.thread(t, in, UID(i+1)); got != first {
					t.Errorf("%s (together %v): message %d is in thread %d, want %d", tt.name, together, i, got, first)
				}
			}
			if got := e.problems(t, alice); got != nil {
				t.Errorf("%s: %v", tt.name, got)
			}
		}
	}
}

// TestThreadsStay shows that threads are kept by COPY and MOVE, and by the
// deletion of what began them.
func TestThreadsStay(t *testing.T) {
	e := newEnv(t)
	in, archive := e.inbox(t, alice), e.box(t, alice, "Archive")
	e.deliver(t, alice, in, mail("a", "x", ""), nil)
	_, want := e.thread(t, in, 1)
	if _, err := e.Copy(t.Context(), Place{alice, in}, Place{alice, archive}, UIDs(1), Quota{}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Move(t.Context(), Place{alice, in}, Place{alice, archive}, UIDs(1), Quota{}); err != nil {
		t.Fatal(err)
	}
	for _, uid := range []UID{1, 2} {
		if _, got := e.thread(t, archive, uid); got != want {
			t.Errorf("copy %d is in thread %d", uid, got)
		}
	}
	if _, err := e.Remove(t.Context(), alice, archive, AllUIDs()); err != nil {
		t.Fatal(err)
	}
	e.deliver(t, alice, in, mail("b", "x", "In-Reply-To: <a@x>\r\n"), nil)
	if _, got := e.thread(t, in, 2); got != want {
		t.Errorf("the reply is in thread %d, want %d", got, want)
	}
}

// TestThreadGenerations fills a generation and shows that the oldest keys go,
// and that threads that go on do not.
func TestThreadGenerations(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	full := func() {
		e.editAccount(t, func(a *account) { a.threadKeys = MaxThreadKeys })
	}
	reply := func(id string) uint64 {
		uid := e.deliver(t, alice, in, mail(id, "x", "In-Reply-To: <a@x>\r\n"), nil)
		_, thread := e.thread(t, in, uid)
		return thread
	}
	e.deliver(t, alice, in, mail("a", "x", ""), nil)
	e.deliver(t, alice, in, mail("old", "x", ""), nil)
	_, want := e.thread(t, in, 1)
	full()
	if got := reply("b"); got != want { // found in the other generation, and written again
		t.Fatalf("thread %d, want %d", got, want)
	}
	full()
	if got := reply("c"); got != want {
		t.Fatalf("a thread that goes on was forgotten")
	}
	uid := e.deliver(t, alice, in, mail("d", "x", "In-Reply-To: <old@x>\r\n"), nil)
	if content, got := e.thread(t, in, uid); got != content {
		t.Errorf("thread %d was to be forgotten", got)
	}
	e.editAccount(t, func(a *account) { a.threadKeys = 4 }) // c, a, d, old; b in the other generation
	keys := 0
	err := e.db.View(t.Context(), alice, func(r kv.Reader) error {
		for gen := range uint32(2) {
			if err := eachThread(r, gen, func([]byte, uint64, error) { keys++ }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || keys != 5 {
		t.Errorf("%d keys, %v", keys, err)
	}
	if got := e.problems(t, alice); got != nil {
		t.Error(got)
	}
}

// editAccount changes the record of the account.
func (e *env) editAccount(t testing.TB, fn func(*account)) {
	t.Helper()
	err := e.db.Update(context.Background(), []kv.Account{alice}, func(ktx kv.Tx) error {
		space := ktx.Account(alice)
		a, _, err := readAccount(space)
		if err != nil {
			return err
		}
		fn(&a)
		return space.Set(accountKey, a.append(nil))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestThreadsRebuilt throws all keys away: Rebuild makes them again, and a
// reply finds its thread.
func TestThreadsRebuilt(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	e.deliver(t, alice, in, mail("a", "x", ""), nil)
	_, want := e.thread(t, in, 1)
	err := e.db.Update(t.Context(), []kv.Account{alice}, func(ktx kv.Tx) error {
		return ktx.Account(alice).DeleteRange([]byte{kindThread}, []byte{kindThread + 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := e.problems(t, alice); len(got) == 0 || !strings.Contains(got[0], "0 keys of threads, the account counts 1") {
		t.Errorf("%q", got)
	}
	if err := e.Rebuild(t.Context(), alice, func(Problem) {}); err != nil {
		t.Fatal(err)
	}
	if got := e.problems(t, alice); got != nil {
		t.Error(got)
	}
	e.deliver(t, alice, in, mail("b", "x", "In-Reply-To: <a@x>\r\n"), nil)
	if _, got := e.thread(t, in, 2); got != want {
		t.Errorf("thread %d, want %d", got, want)
	}
}

func TestReplace(t *testing.T) {
	e := newEnv(t)
	in, sent := e.inbox(t, alice), e.box(t, alice, "Sent")
	for range 3 {
		e.deliver(t, alice, in, letter, nil)
	}
	here := Place{alice, in}
	full := Quota{Messages: 3}
	d := e.delivery(letter)
	d.Quota, d.Flags = full, Seen
	// The message that goes makes room.
	if _, uid, err := e.Replace(t.Context(), here, 2, here, d); err != nil || uid != 4 {
		t.Fatal(uid, err)
	}
	if _, _, err := e.Replace(t.Context(), here, 2, here, d); !errors.Is(err, ErrNoMessage) {
		t.Fatal(err)
	}
	d.Quota = Quota{Messages: 2}
	if _, _, err := e.Replace(t.Context(), here, 3, here, d); !errors.Is(err, ErrOverQuota) {
		t.Fatal(err)
	}
	d.Quota = full
	if _, uid, err := e.Replace(t.Context(), here, 1, Place{alice, sent}, d); err != nil || uid != 1 {
		t.Fatal(uid, err)
	}
	// Into another account's mailbox.
	theirs := e.inbox(t, bob)
	if _, uid, err := e.Replace(t.Context(), here, 3, Place{bob, theirs}, d); err != nil || uid != 1 {
		t.Fatal(uid, err)
	}
	var left []UID
	for _, entry := range entries(e.view(t, alice, in)) {
		left = append(left, entry.UID)
	}
	if !slices.Equal(left, []UID{4}) || e.view(t, alice, sent).Len() != 1 || e.view(t, bob, theirs).Len() != 1 {
		t.Errorf("left %v", left)
	}
	for _, id := range []kv.Account{alice, bob} {
		if got := e.problems(t, id); got != nil {
			t.Error(got)
		}
	}
}

func TestKeepPreviews(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	e.deliver(t, alice, in, "Subject: x\r\n\r\nHello\r\n", nil)
	before := e.view(t, alice, in)
	read := func(uid UID) (text []byte) {
		err := e.Messages(t.Context(), alice, in, UIDs(uid), WantMeta|WantStructure|WantPreview, func(m *Message) error {
			text = slices.Clone(m.Preview)
			if made, err := e.MakePreview(t.Context(), m); made != "Hello" {
				t.Errorf("%q, %v", made, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if got := read(1); got != nil {
		t.Errorf("preview %q that nobody made", got)
	}
	// 9 is gone meanwhile: nothing may be left of it.
	if err := e.KeepPreviews(t.Context(), alice, in, []Preview{{1, "Hello"}, {9, "lost"}}); err != nil {
		t.Fatal(err)
	}
	if got := read(1); string(got) != "Hello" {
		t.Errorf("preview %q", got)
	}
	if e.view(t, alice, in) != before {
		t.Error("a preview changed the mailbox")
	}
	if _, err := e.Remove(t.Context(), alice, in, AllUIDs()); err != nil {
		t.Fatal(err)
	}
	err := e.db.View(t.Context(), alice, func(r kv.Reader) error {
		it := r.Scan([]byte{kindPreview}, []byte{kindPreview + 1})
		defer it.Close()
		if it.Next() {
			t.Errorf("%x is left over", it.Key())
		}
		return it.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}
