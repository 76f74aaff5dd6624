package login

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"tram/internal/directory"
)

// TestGuesses: strangers have ten passwords a minute, the owner any number, and
// what a program sends again and again is one.
func TestGuesses(t *testing.T) {
	g := NewGuesses()
	home, stranger := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.7")
	now := time.Now()
	guess := func(login, password string, from netip.Addr) bool {
		ok := g.take(login, password, from, now)
		if ok {
			g.ended(login, password, from, directory.ErrAuth, now)
		}
		return ok
	}
	for i := range 100_000 {
		from := stranger
		if i%2 == 1 { // from everywhere
			from = netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)})
		}
		if got := guess("ann@x.test", fmt.Sprint(i), from); got != (i < MaxGuesses) {
			t.Fatalf("guess %d: %v", i, got)
		}
	}
	switch {
	case guess("ANN@x.test", "another", stranger):
		t.Error("another way to write the login is another login")
	case !guess("ann@x.test", "3", stranger):
		t.Error("the same password again is another guess")
	case !guess("bob@x.test", "a", stranger):
		t.Error("another login is held up")
	case guess("ann@x.test", "right", home):
		t.Error("a client that nobody knows may go on")
	}
	g.Ended("ann@x.test", "right", home, nil)
	for i := range 3 * MaxGuesses {
		if !guess("ann@x.test", fmt.Sprint("typo", i), home) {
			t.Fatal("the owner is locked out")
		}
	}
	if guess("ann@x.test", "right", stranger) {
		t.Error("a stranger profits from the owner's login")
	}
	if now = now.Add(GuessWindow); !guess("ann@x.test", "right", stranger) {
		t.Error("a minute later it is still refused")
	}
	for i := range 2 * MaxGuesses { // without a password that is told
		if got := guess("scram@x.test", "", stranger); got != (i < MaxGuesses) {
			t.Errorf("exchange %d: %v", i, got)
		}
	}
}

// TestGuessesThatWereNone: what was right, or could not be checked, is no guess,
// also when many log in at once before the first of them is known.
func TestGuessesThatWereNone(t *testing.T) {
	g := NewGuesses()
	stranger := netip.MustParseAddr("198.51.100.7")
	for i := range 3 * MaxGuesses {
		password := fmt.Sprint(i)
		if !g.take("ann", password, stranger, time.Now()) {
			t.Fatalf("attempt %d is refused", i)
		}
		g.Ended("ann", password, stranger, directory.ErrAuthBusy)
	}
	for range 3 * MaxGuesses {
		if !g.take("ann", "", stranger, time.Now()) || !g.take("ann", "right", stranger, time.Now()) {
			t.Fatal("one of many logins at once is refused")
		}
	}
}

// TestGuessesOfNetwork: whoever has an address of IPv6 has all of its network.
func TestGuessesOfNetwork(t *testing.T) {
	g := NewGuesses()
	g.Ended("ann", "right", netip.MustParseAddr("2001:db8:1:2::1"), nil)
	for from, known := range map[string]bool{"2001:db8:1:2:ffff::9": true, "2001:db8:1:3::1": false} {
		refused := false
		for i := range MaxGuesses + 1 {
			refused = refused || !g.take("ann", fmt.Sprint(from, i), netip.MustParseAddr(from), time.Now())
		}
		if refused == known {
			t.Errorf("%s: refused %v", from, refused)
		}
	}
}

// TestGuessesBound guesses at a million logins, in a minute and in many.
func TestGuessesBound(t *testing.T) {
	g := NewGuesses()
	now := time.Now()
	for i := range 1_000_000 {
		if i > 500_000 {
			now = now.Add(GuessWindow / 100)
		}
		g.take(fmt.Sprint(i), "x", netip.Addr{}, now)
		if n := len(g.tried); n > 2*maxGuessed {
			t.Fatalf("%d logins are remembered", n)
		}
	}
	if n := len(g.tried); n > 2*minGuessed {
		t.Errorf("%d logins are remembered when most are old", n)
	}
	for i := range maxKnown + 10 {
		g.Ended(fmt.Sprint(i), "", netip.MustParseAddr("192.0.2.1"), nil)
	}
	if n := len(g.known); n > maxKnown {
		t.Errorf("%d clients are known", n)
	}
}

// guarded is an Authenticator with a limit of guesses.
type guarded struct {
	*Guesses
	asked int
}

func (g *guarded) Authenticate(_ context.Context, _, password string, _ netip.Addr) (uint64, string, error) {
	g.asked++
	if password != "pencil" {
		return 0, "", directory.ErrAuth
	}
	return 1, "ann@x.test", nil
}

// TestGuardedDesk: what is refused is not looked at, and says that it may be
// tried again.
func TestGuardedDesk(t *testing.T) {
	auth := &guarded{Guesses: NewGuesses()}
	home := Desk{Auth: auth, Remote: netip.MustParseAddr("192.0.2.1")}
	if err := home.Password(t.Context(), "ann", "pencil"); err != nil {
		t.Fatal(err)
	}
	stranger := Desk{Auth: auth, Remote: netip.MustParseAddr("198.51.100.7")}
	for i := range MaxGuesses {
		if err := stranger.Password(t.Context(), "ann", fmt.Sprint(i)); !errors.Is(err, directory.ErrAuth) {
			t.Fatal(err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end() // the delay is not what this is about
	asked := auth.asked
	if err := stranger.Password(ended, "ann", "pencil"); !errors.Is(err, ErrTooManyGuesses) || !errors.Is(err, directory.ErrAuthBusy) || auth.asked != asked {
		t.Errorf("%v, asked %d times", err, auth.asked-asked)
	}
	if account, _ := stranger.Who(); account != 0 {
		t.Error("the stranger is logged in")
	}
	if err := home.Password(t.Context(), "ann", "pencil"); err != nil {
		t.Errorf("the owner: %v", err)
	}
}
