package outlet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// runner is a deliverer that may run programs here: as nobody for root, else
// as the one who runs the test.
func runner(t testing.TB, change func(*Programs)) *Deliverer {
	t.Helper()
	name := "nobody"
	if os.Geteuid() != 0 {
		u, err := user.LookupId(strconv.Itoa(os.Geteuid()))
		if err != nil {
			t.Fatal(err)
		}
		name = u.Username
	}
	u, err := LookupUser(name)
	if err != nil {
		t.Fatal(err)
	}
	p := Programs{User: u, OwnUser: true, Time: 20 * time.Second}
	if change != nil {
		change(&p)
	}
	return New(Options{Programs: p})
}

// script makes a shell script that everybody may run, and a directory that
// everybody may write to; $OUT names it.
func script(t testing.TB, text string) (path, out string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "outlet")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path, out = dir+"/program", dir+"/out"
	for _, err := range []error{
		os.Chmod(dir, 0o755), os.Mkdir(out, 0o700), os.Chmod(out, 0o777),
		os.WriteFile(path, []byte("#!/bin/sh\nOUT="+out+"\n"+text+"\n"), 0o755), os.Chmod(path, 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return path, out
}

func run1(t testing.TB, d *Deliverer, command string, m *Message) *Failure {
	t.Helper()
	err := d.Deliver(t.Context(), target(t, "|"+command), m)
	if err == nil {
		return nil
	}
	var failure *Failure
	if !errors.As(err, &failure) {
		t.Fatalf("%s: %v", command, err)
	}
	return failure
}

// TestProgram: what a program is given.
func TestProgram(t *testing.T) {
	t.Setenv("SECRET", "of the server")
	path, out := script(t, `cat >$OUT/text; env | sort >$OUT/env; id -u >$OUT/uid; id -G >$OUT/groups; for a in "$@"; do echo "<$a>"; done >$OUT/args; ps -o pgid= -p $$ >$OUT/group; echo $$ >>$OUT/group`)
	d := runner(t, nil)
	m := testMessage(letter)
	m.Original = "first@there.example"
	if f := run1(t, d, path+` one "two words" '$HOME;|&'`, m); f != nil {
		t.Fatal(f)
	}
	if got, want := read(t, out+"/text"), "From a@there.example Sun Mar  1 12:00:00 2026\n"+strings.ReplaceAll(letter, "\r\n", "\n"); got != want {
		t.Errorf("%q", got)
	}
	if got := read(t, out+"/args"); got != "<one>\n<two words>\n<$HOME;|&>\n" {
		t.Errorf("%q", got)
	}
	env := read(t, out+"/env")
	for _, want := range []string{"SENDER=a@there.example\n", "RECIPIENT=log@here.example\n", "ORIGINAL_RECIPIENT=first@there.example\n", "HOME=" + d.o.Programs.User.Home + "\n", "QUEUE_ID=0123456789abc\n"} {
		if !strings.Contains(env, want) {
			t.Errorf("no %q in %q", want, env)
		}
	}
	if strings.Contains(env, "SECRET") {
		t.Errorf("the environment of the server: %q", env)
	}
	if got, want := strings.TrimSpace(read(t, out+"/uid")), fmt.Sprint(d.o.Programs.User.UID); got != want {
		t.Errorf("runs as %s, want %s", got, want)
	}
	if got := strings.TrimSpace(read(t, out+"/groups")); os.Geteuid() == 0 && got != fmt.Sprint(d.o.Programs.User.GID) {
		t.Errorf("groups %s", got)
	}
	if g := strings.Fields(read(t, out+"/group")); g[0] != g[1] {
		t.Errorf("group %s, process %s", g[0], g[1])
	}
}

// TestExits: the codes of sysexits.h.
func TestExits(t *testing.T) {
	d := runner(t, nil)
	path, _ := script(t, `cat >/dev/null; echo; printf 'Sorry\001, code %s\nmore' $1 >&2; exit $1`)
	for code, want := range map[int]string{
		1: "554 5.3.0", 64: "554 5.5.4", 65: "554 5.6.0", 66: "550 5.3.0", 67: "550 5.1.1", 68: "550 5.1.2", 69: "554 5.3.0",
		70: "554 5.3.0", 71: "451 4.3.0", 72: "554 5.3.5", 73: "550 5.3.0", 74: "451 4.3.0", 75: "451 4.3.0", 76: "554 5.5.0",
		77: "550 5.7.0", 78: "554 5.3.5", 79: "554 5.3.0", 127: "554 5.3.0",
	} {
		f := run1(t, d, fmt.Sprintf("%s %d", path, code), testMessage(letter))
		if f == nil || !strings.HasPrefix(f.Reply, want) || !strings.HasSuffix(f.Reply, fmt.Sprintf(": Sorry , code %d", code)) || f.Temporary != (want[0] == '4') {
			t.Errorf("%d: %+v, want %s", code, f, want)
		}
	}
}

// TestEnds: the other ways in which a program can end.
func TestEnds(t *testing.T) {
	large := "Subject: large\r\n\r\n" + strings.Repeat("all work and no play\r\n", 50_000)
	for _, test := range []struct {
		name, script, want string
		change             func(*Programs)
	}{
		{"reads nothing", `exit 0`, "", nil},
		{"reads a little", `head -c 10 >/dev/null`, "", nil},
		{"dies", `kill -9 $$`, replyKilled, nil},
		{"takes too long", `cat >/dev/null; sleep 100`, replyTime, func(p *Programs) { p.Time = 200 * time.Millisecond }},
		{"never reads", `sleep 100`, replyTime, func(p *Programs) { p.Time = 200 * time.Millisecond }},
		{"writes too much", `yes; exit 1`, replyOutput, func(p *Programs) { p.Output = 1000 }},
		{"writes a lot", `head -c 60000 /dev/zero`, "", nil},
		{"reads too late", `sleep 100; cat`, replyTime, func(p *Programs) { p.Time = 200 * time.Millisecond }},
	} {
		t.Run(test.name, func(t *testing.T) {
			path, _ := script(t, test.script)
			f := run1(t, runner(t, test.change), path, testMessage(large))
			if got := ""; f != nil {
				got = f.Reply
				if got != test.want || !f.Temporary {
					t.Errorf("%+v", f)
				}
			} else if got != test.want {
				t.Errorf("no failure, want %s", test.want)
			}
		})
	}
	t.Run("cannot be started", func(t *testing.T) {
		if f := run1(t, runner(t, nil), "/nonexistent/program", testMessage(letter)); f == nil || f.Reply != replyStart {
			t.Errorf("%+v", f)
		}
	})
	t.Run("message cannot be read", func(t *testing.T) {
		m := testMessage("")
		m.Text = &failing{left: 10}
		if f := run1(t, runner(t, nil), "/bin/cat", m); f == nil || f.Reply != replyInput {
			t.Errorf("%+v", f)
		}
	})
}

// TestGroup: whatever a program has started ends with it, at its limit and at
// its own end.
func TestGroup(t *testing.T) {
	for name, text := range map[string]string{
		"at the limit": `sleep 300 & echo $! >$OUT/pid; wait`,
		"at its end":   `sleep 300 & echo $! >$OUT/pid; exit 0`,
	} {
		t.Run(name, func(t *testing.T) {
			path, out := script(t, text)
			d := runner(t, func(p *Programs) { p.Time = time.Second })
			began := time.Now()
			run1(t, d, path, testMessage(letter))
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(read(t, out+"/pid")))
			if err != nil {
				t.Fatal(err)
			}
			for began := time.Now(); alive(pid); time.Sleep(5 * time.Millisecond) {
				if time.Since(began) > 5*time.Second {
					t.Fatal("the child lives on")
				}
			}
		})
	}
}

// alive reports whether a process runs; a zombie does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestProgramStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	err := runner(t, nil).Deliver(ctx, target(t, "|/bin/sleep 100"), testMessage(letter))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestRefused: whom programs do not run as.
func TestRefused(t *testing.T) {
	own := uint32(os.Geteuid())
	for name, p := range map[string]Programs{
		"nobody set": {},
		"root":       {User: User{Name: "root"}},
		"own user":   {User: User{Name: "own", UID: own}},
	} {
		f := run1(t, New(Options{Programs: p}), "/bin/cat", testMessage(letter))
		if f == nil || f.Reply != replyPrograms || !f.Temporary {
			t.Errorf("%s: %+v", name, f)
		}
	}
	p := Programs{User: User{Name: "other", UID: own + 1}}
	if err := p.Check(); own != 0 && !errors.Is(err, errChange) {
		t.Errorf("another user without root: %v", err)
	}
	if _, err := LookupUser("no such user"); err == nil {
		t.Error("found nobody")
	}
}

// TestPlaces: one program gets half of the places, all together the rest.
func TestPlaces(t *testing.T) {
	p := newPlaces(3)
	for i, test := range []struct {
		key  string
		want bool
	}{{"a", true}, {"a", true}, {"a", false}, {"b", true}, {"c", false}} {
		if got := p.try(test.key) == nil; got != test.want {
			t.Errorf("%d: %v", i, got)
		}
	}
	done := make(chan error)
	go func() { done <- p.take(t.Context(), "c") }()
	p.give("a")
	if err := <-done; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.take(ctx, "d"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestTogether: no more programs run at once than there are places, and all
// get their turn.
func TestTogether(t *testing.T) {
	path, out := script(t, `cat >/dev/null; mkdir $OUT/$$; ls $OUT | wc -l >>$OUT.count; sleep 0.02; rmdir $OUT/$$`)
	if err := os.WriteFile(out+".count", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(out+".count", 0o666); err != nil {
		t.Fatal(err)
	}
	d := runner(t, func(p *Programs) { p.Places = 4 })
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			if f := run1(t, d, path, testMessage(letter)); f != nil {
				t.Errorf("%+v", f)
			}
		})
	}
	all.Wait()
	counts := strings.Fields(read(t, out+".count"))
	if len(counts) != 12 {
		t.Errorf("%d programs ran", len(counts))
	}
	for _, n := range counts {
		if n != "1" && n != "2" {
			t.Errorf("%s at once", n)
		}
	}
}
