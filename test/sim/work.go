package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"tram/internal/access/listen"
)

// work is one round of clients at a running world.
type work struct {
	m        *model
	smtpAddr string
	imapAddr string
	seed     uint64
	messages int // each client's
}

// runWork starts the agents and the doors of w, lets the clients work, and
// stops everything. Errors that are an orderly refusal end a client quietly;
// what was not acknowledged is not owed.
func runWork(ctx context.Context, w *world, m *model, seed uint64, messages int) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { _ = w.mail.Run(ctx) })
	running.Go(func() { _ = w.mta.Run(ctx) }) // its end is asked for above; what it did is judged on disk
	smtpAddr, err := door(ctx, func(ctx context.Context, c net.Conn) {
		w.smtp.Handle(ctx, c, info(c))
	})
	if err != nil {
		return err
	}
	imapAddr, err := door(ctx, func(ctx context.Context, c net.Conn) {
		w.imap.ServeConn(ctx, c, info(c))
	})
	if err != nil {
		return err
	}
	k := &work{m: m, smtpAddr: smtpAddr, imapAddr: imapAddr, seed: seed, messages: messages}
	return k.clients()
}

// info is what a listener says of a connection.
func info(c net.Conn) listen.Info {
	remote, _ := netip.ParseAddrPort(c.RemoteAddr().String()) // zero would mean a stranger
	return listen.Info{PlaintextLogin: true, Remote: remote}
}

// clients runs all clients at once and returns what was not an orderly end.
func (k *work) clients() error {
	roads := []func(*rand.Rand) error{
		func(r *rand.Rand) error { return k.owner(r, accountNames[0]) },
		func(r *rand.Rand) error { return k.owner(r, accountNames[1]) },
		k.senderToAlias,
		k.senderToRemote,
	}
	errs := make([]error, len(roads))
	var wg sync.WaitGroup
	for i, road := range roads {
		wg.Go(func() {
			errs[i] = road(rand.New(rand.NewPCG(k.seed, uint64(i))))
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// text makes a message. Every line is shorter than a line may be, and no line
// begins with a dot, so that what is sent is what is stored.
func text(r *rand.Rand, token string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: <sender@elsewhere.test>\r\nTo: <an@%s>\r\nSubject: crash <%s>\r\nX-Token: %s\r\n\r\n", domain, token, token)
	lines := r.IntN(20)
	if r.IntN(16) == 0 {
		lines = 500 // about 32 KiB: beyond what a body may take in memory here
	}
	for range lines {
		fmt.Fprintf(&b, "%016x %016x %016x end of line\r\n", r.Uint64(), r.Uint64(), r.Uint64())
	}
	return b.String()
}

// tokenOf finds the token of a message.
func tokenOf(text string) string {
	_, rest, _ := strings.Cut(text, "X-Token: ")
	token, _, _ := strings.Cut(rest, "\r\n")
	return token
}

// send accepts one message over SMTP for the histories of accounts.
func (k *work) send(t *talk, r *rand.Rand, token, to string, state place, accounts ...string) error {
	body := text(r, token)
	s := k.m.begin("SMTP", token, body, state, accounts...)
	if err := t.sendMail("sender@elsewhere.test", to, body); err != nil {
		return err
	}
	s.acked()
	return nil
}

// dial opens an SMTP session.
func (k *work) dial() (*talk, error) {
	c, err := net.Dial("tcp", k.smtpAddr)
	if err != nil {
		return nil, err
	}
	t := newTalk(c)
	if err := t.greet(); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (k *work) senderToAlias(r *rand.Rand) error {
	return k.sender(r, "alias", aliasName, place{kind: accepted}, accountNames...)
}

func (k *work) senderToRemote(r *rand.Rand) error {
	return k.sender(r, "remote", remoteName, place{kind: remoteTaken}, remoteAccount)
}

func (k *work) sender(r *rand.Rand, what, to string, state place, accounts ...string) error {
	t, err := k.dial()
	if err != nil {
		return err
	}
	defer t.close()
	for i := range k.messages {
		if err := k.send(t, r, fmt.Sprintf("%s-%d-%d", what, k.seed, i), to, state, accounts...); err != nil {
			return err
		}
		time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond) // lets deferrals and retries come in between
	}
	return nil
}
