package directory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/crypto/bcrypt"
)

var noAddr netip.Addr

// cheap is the argon2id hash of "secret" with little work, as an import may
// bring it.
func cheap() string {
	h := argonHash{memory: 64, passes: 1, lanes: 1, salt: []byte("salt and pepper.")}
	h.key = h.derive("secret", 32)
	return h.String()
}

// addHashed makes an account whose password is "secret", cheaply.
func addHashed(t testing.TB, d *Directory, addr string) Account {
	t.Helper()
	a := addAccount(t, d, addr)
	must(t, d.SetPasswordHash(t.Context(), a.ID, cheap()))
	return a
}

func TestAuthenticate(t *testing.T) {
	d := newDirectory(t, Options{DefaultDomain: "A.example"})
	ctx := t.Context()
	addDomain(t, d, "a.example")
	an, err := d.AddAccount(ctx, Account{Address: "an@a.example"}, "mật khẩu")
	must(t, err)
	addAccount(t, d, "none@a.example")
	off := addHashed(t, d, "off@a.example")
	off.Disabled = true
	must(t, d.UpdateAccount(ctx, off))
	addAlias(t, d, "info@a.example", "an@a.example")
	for _, login := range []string{"an@a.example", "AN@A.example", "an"} {
		for range 2 { // hashed, remembered
			id, name, err := d.Authenticate(ctx, login, "mật khẩu", noAddr)
			if err != nil || id != uint64(an.ID) || name != "an@a.example" {
				t.Errorf("%s: %d, %q, %v", login, id, name, err)
			}
		}
	}
	// The same password with combining accents (RFC 8265).
	if _, _, err := d.Authenticate(ctx, "an", "mâ\u0323t khâ\u0309u", noAddr); err != nil {
		t.Errorf("decomposed password: %v", err)
	}
	for _, c := range [][2]string{
		{"an", "mat khau"}, {"an", ""}, {"an", "mật khẩu "}, {"an", strings.Repeat("x", MaxPassword+1)}, {"an", "\x00"},
		{"an+x", "mật khẩu"}, {"nobody", "x"}, {"none", ""}, {"none", "x"}, {"off", "secret"}, {"info", "mật khẩu"},
		{"an@b.example", "mật khẩu"}, {"", "x"}, {"@", "x"}, {"a\x00b@a.example", "x"},
	} {
		if id, name, err := d.Authenticate(ctx, c[0], c[1], noAddr); err != ErrAuth || id != 0 || name != "" {
			t.Errorf("%q: %d, %q, %v", c, id, name, err)
		}
	}
	must(t, d.SetPassword(ctx, an.ID, "new"))
	_, _, err = d.Authenticate(ctx, "an", "mật khẩu", noAddr)
	wants(t, "old password", err, ErrAuth)
	_, _, err = d.Authenticate(ctx, "an", "new", noAddr)
	must(t, err)
	must(t, d.SetPassword(ctx, an.ID, ""))
	_, _, err = d.Authenticate(ctx, "an", "new", noAddr)
	wants(t, "taken away", err, ErrAuth)
	wants(t, "password of nobody", d.SetPassword(ctx, 99, "x"), ErrNoAccount)
	wants(t, "long password", d.SetPassword(ctx, an.ID, strings.Repeat("x", MaxPassword+1)), ErrInvalid)
	wants(t, "control character", d.SetPassword(ctx, an.ID, "a\nb"), ErrInvalid)
}

// TestRememberedPasswordExpires uses time, so the cheap hash is counted by
// taking it away.
func TestRememberedPasswordExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m remembered
		m.init()
		p := m.proof("hash", "password")
		if m.has(p) {
			t.Error("known before")
		}
		m.add(p)
		time.Sleep(rememberFor - time.Second)
		if !m.has(p) || m.has(m.proof("hash2", "password")) || m.has(m.proof("hash", "passwor")) {
			t.Error("not known, or too much is known")
		}
		m.add(m.proof("other", "password"))
		time.Sleep(2 * time.Second)
		if m.has(p) {
			t.Error("known after five minutes")
		}
		m.add(p)
		time.Sleep(rememberFor / 2)
		m.add(m.proof("third", "password")) // a new generation begins
		if !m.has(p) {
			t.Error("lost when a generation ended")
		}
	})
}

func TestRememberedIsBounded(t *testing.T) {
	var m remembered
	m.init()
	var p proof
	for i := range 3 * MaxRemembered {
		p[0], p[1], p[2], p[3] = byte(i), byte(i>>8), byte(i>>16), byte(i>>24)
		m.add(p)
	}
	if n := len(m.young) + len(m.old); n > MaxRemembered {
		t.Errorf("%d are remembered", n)
	}
	if !m.has(p) {
		t.Error("the last one is forgotten")
	}
}

// TestTogetherPaysOnce logs a hundred clients in at once.
func TestTogetherPaysOnce(t *testing.T) {
	d := newDirectory(t, Options{})
	addDomain(t, d, "a.example")
	_, err := d.AddAccount(t.Context(), Account{Address: "an@a.example"}, "secret")
	must(t, err)
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if _, _, err := d.Authenticate(context.Background(), "an@a.example", "secret", noAddr); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := d.Stats().Hashed; got != 1 {
		t.Errorf("%d hashes were computed", got)
	}
}

func TestTooManyAtOnce(t *testing.T) {
	d := newDirectory(t, Options{})
	addDomain(t, d, "a.example")
	addHashed(t, d, "an@a.example")
	for range workers() {
		must(t, d.hasher.enter(t.Context())) // all cores are busy
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	results := make(chan error, 2*maxWaiting)
	for i := range 2 * maxWaiting {
		group.Go(func() {
			_, _, err := d.Authenticate(ctx, "an@a.example", fmt.Sprint(i), noAddr)
			results <- err
		})
	}
	for range maxWaiting {
		if err := <-results; err != ErrAuthBusy {
			t.Fatalf("got %v, want %v", err, ErrAuthBusy)
		}
	}
	cancel() // the others wait until their clients go away
	for range maxWaiting {
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want %v", err, context.Canceled)
		}
	}
	group.Wait()
	for range workers() {
		d.hasher.leave()
	}
	if _, _, err := d.Authenticate(t.Context(), "an@a.example", "secret", noAddr); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestSchemes(t *testing.T) {
	blowfish, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	must(t, err)
	php := "$2y$" + strings.TrimPrefix(string(blowfish), "$2a$")
	d := newDirectory(t, Options{})
	addDomain(t, d, "a.example")
	for i, hash := range []string{cheap(), string(blowfish), php, "{BLF-CRYPT}" + php, "{ARGON2ID}" + cheap(), "{CRYPT}" + php} {
		a := addAccount(t, d, fmt.Sprintf("u%d@a.example", i))
		must(t, d.SetPasswordHash(t.Context(), a.ID, hash))
		if _, _, err := d.Authenticate(t.Context(), a.Address, "secret", noAddr); err != nil {
			t.Errorf("%s: %v", hash, err)
		}
		if _, _, err := d.Authenticate(t.Context(), a.Address, "Secret", noAddr); err != ErrAuth {
			t.Errorf("%s: wrong password: %v", hash, err)
		}
	}
	good := cheap()
	for _, hash := range []string{
		"", "secret", "{PLAIN}secret", "{SSHA}abcd", "$6$salt$hash", "$1$salt$hash", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHQ",
		strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "m=64", "m=1073741824", 1),
		strings.Replace(good, "t=1", "t=1000", 1), strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "t=1", "t=0", 1),
		strings.Replace(good, "m=64,", "", 1), good + "$", good + "=", "$2y$31$" + php[7:], "$2y$99$" + php[7:], php[:20],
		"$argon2id$v=19$m=64,t=1,p=1$c2FsdA$c2FsdHNhbHQ", good + strings.Repeat("A", 600),
	} {
		_, err := acceptHash(hash)
		wants(t, hash, err, ErrInvalid)
	}
}

func FuzzScheme(f *testing.F) {
	f.Add(cheap())
	f.Add("$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, hash string) {
		name, err := Scheme(hash)
		if err != nil {
			return
		}
		if name == "argon2id" {
			h, err := parseArgon(hash)
			if err != nil || h.memory > maxArgonMemory || h.passes > maxArgonPasses || len(h.key) == 0 {
				t.Errorf("%q: %+v, %v", hash, h, err)
			}
		}
	})
}

// numbered yields accounts with a cheap hash.
func numbered(n int) iter.Seq[NewAccount] {
	hash := cheap()
	return func(yield func(NewAccount) bool) {
		for i := range n {
			if !yield(NewAccount{Account: Account{Address: fmt.Sprintf("u%d@a.example", i)}, Hash: hash}) {
				return
			}
		}
	}
}

func TestImport(t *testing.T) {
	d := newDirectory(t, Options{})
	ctx := t.Context()
	addDomain(t, d, "a.example")
	accounts := []NewAccount{
		{Account: Account{Address: "an@a.example", Name: "An", QuotaBytes: 9}, Password: "secret"},
		{Account: Account{Address: "binh@a.example"}, Hash: cheap()},
		{Account: Account{Address: "chi@a.example"}},
	}
	n, err := d.ImportAccounts(ctx, seqOf(accounts))
	if n != 3 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	for _, login := range []string{"an@a.example", "binh@a.example"} {
		if _, _, err := d.Authenticate(ctx, login, "secret", noAddr); err != nil {
			t.Errorf("%s: %v", login, err)
		}
	}
	a, err := d.AccountByAddress(ctx, "an@a.example")
	must(t, err)
	if a.Name != "An" || a.QuotaBytes != 9 || a.Created.IsZero() {
		t.Errorf("made %+v", a)
	}

	n, err = d.ImportAccounts(ctx, seqOf([]NewAccount{
		{Account: Account{Address: "new@a.example"}},
		{Account: Account{Address: "an@a.example"}},
		{Account: Account{Address: "bad"}},
		{Account: Account{Address: "x@c.example"}},
		{Account: Account{Address: "y@a.example"}, Password: "x", Hash: cheap()},
		{Account: Account{Address: "z@a.example"}, Hash: "{SSHA}x"},
	}))
	var mistake *ImportError
	if n != 0 || !errors.As(err, &mistake) || mistake.Index != 1 {
		t.Errorf("%d, %v", n, err)
	}
	for _, want := range []error{ErrExists, ErrInvalid, ErrNoDomain} {
		wants(t, "import", err, want)
	}
	if lines := strings.Count(err.Error(), "\n") + 1; lines != 5 {
		t.Errorf("%d mistakes: %v", lines, err)
	}
	_, err = d.AccountByAddress(ctx, "new@a.example")
	wants(t, "account of a refused import", err, ErrNoAccount)
	_, err = d.ImportAccounts(ctx, seqOf([]NewAccount{
		{Account: Account{Address: "twice@a.example"}}, {Account: Account{Address: "TWICE@a.example"}},
	}))
	wants(t, "repeat", err, ErrExists)
	if n, err := d.ImportAccounts(ctx, seqOf(nil)); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
}

func seqOf(all []NewAccount) iter.Seq[NewAccount] {
	return func(yield func(NewAccount) bool) {
		for _, a := range all {
			if !yield(a) {
				return
			}
		}
	}
}

// TestImportMany makes more accounts than one commit holds.
func TestImportMany(t *testing.T) {
	fs := vfs.NewMem()
	db := openStore(t, fs)
	d, err := Open(t.Context(), db, Options{})
	must(t, err)
	addDomain(t, d, "a.example")
	n, err := d.ImportAccounts(t.Context(), numbered(2*importBatch+1))
	if n != 2*importBatch+1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	must(t, db.Close())
	db = openStore(t, fs)
	defer db.Close()
	d, err = Open(t.Context(), db, Options{})
	must(t, err)
	if _, err := d.AccountByAddress(t.Context(), fmt.Sprintf("u%d@a.example", 2*importBatch)); err != nil {
		t.Error(err)
	}
}
