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
	"tram/internal/queue"
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
	err = k.clients()
	w.awaitIdle(ctx)
	return err
}

// idleTime bounds the wait for the agents after the last client has gone. What
// they have not done then is a crash point like any other.
const idleTime = 3 * time.Second

// awaitIdle waits until the agents have tried everything that is in the queue.
func (w *world) awaitIdle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, idleTime)
	defer cancel()
	for {
		left, err := w.queue.List(ctx, queue.Filter{States: []queue.State{queue.Fresh, queue.InFlight}})
		if err != nil || len(left) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-w.db.Failed():
			return
		case <-time.After(time.Millisecond):
		}
	}
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
		k.senderToList,
		k.senderToFile,
		k.senderToPerson,
		k.senderToNobody,
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

// tokenOf finds the token of a message. That of a notification is made from
// the one that it returns.
func tokenOf(text string) string {
	prefix := ""
	if strings.Contains(text, "report-type=delivery-status") {
		prefix = reportPrefix
	}
	_, rest, _ := strings.Cut(text, "X-Token: ")
	token, _, _ := strings.Cut(rest, "\r\n")
	return prefix + token
}

// send accepts one message over SMTP for the histories of accounts.
func (k *work) send(t *talk, r *rand.Rand, token, to string, state place, accounts ...string) error {
	body := text(r, token)
	s := k.m.begin("SMTP", token, body, state, accounts...)
	if err := t.sendMail("sender@elsewhere.test", to, "", body); err != nil {
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
