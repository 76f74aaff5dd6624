package directory

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/singleflight"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// maxWaiting is how many logins wait for a core; at 26 ms a hash on two cores
// the last one waits about three seconds. More are told to come back.
const maxWaiting = 256

// Authenticate checks a login and returns the account's number and address.
// The login is the account's address in any case of letters, or the same in an
// alias domain; one without a domain gets Options.DefaultDomain. remote is for those who limit guesses.
//
// The error is ErrAuth for every reason that the client may not know, and an
// unknown login takes as long as a wrong password. ErrAuthBusy and errors of
// the store mean: try again.
func (d *Directory) Authenticate(ctx context.Context, login, password string, remote netip.Addr) (uint64, string, error) {
	c, err := d.credentials(ctx, login, passwordKey)
	hash, usable := d.hasher.decoy, c.record != nil
	if err == nil && usable {
		hash, err = decodeHash(c.record)
	}
	if err != nil {
		return 0, "", fmt.Errorf("authenticate: %w", err)
	}
	ok, err := d.hasher.verify(ctx, hash, password)
	if err != nil {
		return 0, "", err
	}
	if !ok || !usable {
		return 0, "", ErrAuth
	}
	d.keepKeys(ctx, c.account.ID, c.record, password)
	return uint64(c.account.ID), c.account.Address, nil
}

// credentials are what a login is checked against; record is nil when it
// cannot succeed.
type credentials struct {
	account Account
	record  []byte
}

// credentials reads the account of a login and one of its secrets.
func (d *Directory) credentials(ctx context.Context, login string, secretKey func(AccountID) []byte) (c credentials, err error) {
	a, err := parseLogin(d.complete(login))
	if err != nil {
		return c, nil
	}
	err = d.view(ctx, func(r kv.Reader) error {
		c, err = readCredentials(r, a, secretKey)
		return err
	})
	return c, err
}

// complete adds the default domain to a login without one.
func (d *Directory) complete(login string) string {
	if !strings.Contains(login, "@") && d.defaultDomain != "" {
		login += "@" + d.defaultDomain
	}
	return login
}

func parseLogin(login string) (address.Address, error) {
	a, err := address.ParseAddress(login)
	return a.Fold(), err
}

func readCredentials(r kv.Reader, a address.Address, secretKey func(AccountID) []byte) (c credentials, err error) {
	e, found, err := readEntry(r, a.Domain, a.Local)
	if err == nil && !found {
		e, found, err = readAliased(r, a)
	}
	if err != nil || !found || e.account == 0 {
		return c, err
	}
	if c.account, err = readAccount(r, e.account); err != nil || c.account.Disabled {
		return c, err
	}
	v, err := r.Get(secretKey(e.account))
	if errors.Is(err, kv.ErrNotFound) {
		return c, nil
	}
	c.record = bytes.Clone(v)
	return c, err
}

// readAliased reads what an address in an alias domain stands for: who writes
// to people there expects that they log in with the same address.
func readAliased(r kv.Reader, a address.Address) (e entry, found bool, err error) {
	dom, err := readDomain(r, a.Domain)
	switch {
	case errors.Is(err, ErrNoDomain):
		return e, false, nil
	case err != nil || dom.Kind != AliasDomain:
		return e, false, err
	}
	return readEntry(r, dom.Target, a.Local)
}

// hasher runs password hashes: as many at once as there are cores, each
// question once however many ask it at the same time, and none for what was
// answered lately.
type hasher struct {
	decoy   string // a hash that no password matches, for unknown logins
	log     *slog.Logger
	slots   chan struct{}
	waiting atomic.Int32
	flights singleflight.Group
	known   remembered

	hashed, spared atomic.Uint64 // for Stats
}

// Stats count logins since start.
type Stats struct {
	Hashed uint64 // passwords that were hashed to verify them
	Spared uint64 // that were remembered, or verified by another login at that moment
}

// Stats returns the numbers of now.
func (d *Directory) Stats() Stats {
	return Stats{Hashed: d.hasher.hashed.Load(), Spared: d.hasher.spared.Load()}
}

func newHasher(log *slog.Logger) *hasher {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h := &hasher{log: log, slots: make(chan struct{}, workers())}
	h.known.init()
	// Nobody knows a password whose key is all zeros.
	decoy := argonHash{
		memory: argonMemory, passes: argonPasses, lanes: argonLanes,
		salt: make([]byte, argonSalt), key: make([]byte, argonKey),
	}
	rand.Read(decoy.salt)
	h.decoy = decoy.String()
	return h
}

// enter waits for a core.
func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hasher) leave() { <-h.slots }

// verify reports whether a plain password matches a stored hash.
func (h *hasher) verify(ctx context.Context, hash, password string) (bool, error) {
	password, err := prepare(password)
	if err != nil {
		hash, password = h.decoy, "" // no stored password is like that
	}
	p := h.known.proof(hash, password)
	if h.known.has(p) {
		h.spared.Add(1)
		return true, nil
	}
	if h.waiting.Add(1) > maxWaiting {
		h.waiting.Add(-1)
		return false, ErrAuthBusy
	}
	defer h.waiting.Add(-1)
	// The flight outlives a caller who goes away: others may wait for it.
	flight := h.flights.DoChan(string(p[:]), func() (any, error) { return h.compute(p, hash, password), nil })
	select {
	case r := <-flight:
		if r.Shared {
			h.spared.Add(1)
		}
		return r.Val.(bool), r.Err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// compute waits for a core and hashes.
func (h *hasher) compute(p proof, hash, password string) bool {
	h.slots <- struct{}{}
	defer h.leave()
	if h.known.has(p) { // an earlier flight ended while this one began
		return true
	}
	h.hashed.Add(1)
	ok, err := matches(hash, password)
	if err != nil {
		// It was checked when it was stored: this is damage, or a hash that a
		// newer version took.
		h.log.Error("stored password hash cannot be read", "err", err)
	}
	if ok {
		h.known.add(p)
	}
	return ok
}
