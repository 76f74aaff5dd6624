package mta_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"tram/internal/agent/mda"
	"tram/internal/agent/mta"
	"tram/internal/agent/mta/smtpclient"
	"tram/internal/agent/mta/smtptest"
	"tram/internal/directory"
	"tram/internal/dns"
	"tram/internal/dns/dnstest"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/storage/blob"
	"tram/internal/storage/ground"
	"tram/internal/storage/kv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// lab is one mail host, mx.here.example with the domain here.example and the
// account an, on real stores in memory, with a DNS of its own and any number of
// other hosts. All other hosts listen on one port, on addresses of their own.
type lab struct {
	t       testing.TB
	db      kv.DB
	blobs   blob.Store
	queue   *queue.Queue
	dir     *directory.Directory
	mail    *mailstore.Store
	dns     *dnstest.Server
	intake  *mta.Intake
	options mta.Options
	mta     *mta.MTA
	counts  *mta.Counters
	journal *journal
	port    uint16 // of all other hosts
}

// newLab makes the lab of here.example. It does nothing until start.
func newLab(t testing.TB, zone string) *lab {
	t.Helper()
	return newLabOf(t, zone, "here.example", "an")
}

// newLabOf makes a lab with a domain and one account in it.
func newLabOf(t testing.TB, zone, domain, user string) *lab {
	t.Helper()
	ctx := context.Background()
	l := &lab{t: t, counts: new(mta.Counters), journal: newJournal()}
	fs := vfs.NewMem()
	var err error
	l.db, l.blobs, err = ground.Open("kv", "blobs", ground.Options{FS: fs})
	l.must(err)
	l.dir, err = directory.Open(ctx, l.db, directory.Options{})
	l.must(err)
	l.mail = mailstore.New(l.db, l.blobs, mailstore.Options{})
	t.Cleanup(func() {
		l.queue.Close()
		l.db.Close()
		l.blobs.Close()
	})
	_, err = l.dir.AddDomain(ctx, directory.Domain{Name: domain})
	l.must(err)
	_, err = l.dir.AddAccount(ctx, directory.Account{Address: user + "@" + domain}, "")
	l.must(err)
	l.dns = dnstest.Start(t, zone)
	resolver, err := dns.New(dns.Options{Servers: []string{l.dns.Addr().String()}, Timeout: 300 * time.Millisecond, Rounds: 1})
	l.must(err)
	log := slog.New(l.journal)
	l.options = mta.Options{
		Hostname: "mx." + domain, DB: l.db, Blobs: l.blobs, Directory: l.dir, Resolver: resolver,
		Client: smtpclient.Options{Timeouts: smtpclient.Timeouts{
			Connect: patience, Greeting: patience, Command: patience, Final: patience,
		}},
		Counters: l.counts, Log: log, StopTime: 100 * time.Millisecond,
	}
	l.openQueue(queue.Options{})
	return l
}

// openQueue opens the queue and what stands on it.
func (l *lab) openQueue(o queue.Options) {
	l.t.Helper()
	var err error
	l.queue, err = queue.Open(context.Background(), l.db, o)
	l.must(err)
	log := l.options.Log
	l.intake = mta.NewIntake(mta.IntakeOptions{Hostname: l.options.Hostname, Blobs: l.blobs, Queue: l.queue, Counters: l.counts, Log: log})
	l.options.Queue = l.queue
	l.options.Local = mda.New(mda.Options{DB: l.db, Blobs: l.blobs, Queue: l.queue, Mail: l.mail, Directory: l.dir, Log: log})
}

func (l *lab) reopenQueue(o queue.Options) {
	l.t.Helper()
	l.queue.Close()
	l.openQueue(o)
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// host starts another host on an address.
func (l *lab) host(addr string, o smtptest.Options) *smtptest.Host {
	l.t.Helper()
	o.Address = netip.AddrPortFrom(netip.MustParseAddr(addr), l.port).String()
	h := smtptest.Start(l.t, o)
	l.port = h.Addr().Port()
	return h
}

// start runs the transfer agent until the test ends, or until the returned
// function is called.
func (l *lab) start() (stop func()) {
	l.t.Helper()
	l.options.Port = int(l.port)
	var err error
	l.mta, err = mta.New(l.options)
	l.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.mta.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				l.t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			l.t.Error("Run did not end")
		}
	})
	l.t.Cleanup(stop)
	return stop
}

// parse reads an address; "" is the null sender.
func parse(t testing.TB, s string) address.Address {
	t.Helper()
	if s == "" {
		return address.Address{}
	}
	a, err := address.ParseAddress(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return a
}

// peer is a stranger who sends mail to port 25.
func peer() *smtpwire.Peer {
	return &smtpwire.Peer{
		Remote: netip.MustParseAddrPort("192.0.2.7:40000"), Local: netip.MustParseAddrPort("192.0.2.1:25"), Helo: "client.example", ESMTP: true,
	}
}

func (l *lab) envelope(from string, rcpts ...string) *smtpwire.Envelope {
	l.t.Helper()
	e := &smtpwire.Envelope{From: parse(l.t, from)}
	for _, r := range rcpts {
		e.Rcpts = append(e.Rcpts, smtpwire.Rcpt{To: parse(l.t, r)})
	}
	return e
}

const letter = "Subject: hello\r\nFrom: a@there.example\r\nMessage-ID: <1@there.example>\r\n\r\nHow are you?\r\n"

// send queues the letter, and returns its id.
func (l *lab) send(from string, rcpts ...string) string {
	l.t.Helper()
	return l.sendAs(l.envelope(from, rcpts...), letter)
}

func (l *lab) sendAs(e *smtpwire.Envelope, text string) string {
	l.t.Helper()
	id, err := l.intake.Take(context.Background(), peer(), e, strings.NewReader(text))
	l.must(err)
	return id
}

// inbox returns the texts in the mailbox of an.
func (l *lab) inbox() []string {
	l.t.Helper()
	return l.inboxOf("an@here.example")
}

func (l *lab) inboxOf(account string) []string {
	l.t.Helper()
	ctx := context.Background()
	a, err := l.dir.AccountByAddress(ctx, account)
	l.must(err)
	box, err := l.mail.Lookup(ctx, a.ID, "INBOX")
	l.must(err)
	var texts []string
	l.must(l.mail.Messages(ctx, a.ID, box.ID, mailstore.AllUIDs(), mailstore.WantMeta, func(m *mailstore.Message) error {
		text, err := l.mail.AppendBody(ctx, nil, m)
		texts = append(texts, string(text))
		return err
	}))
	return texts
}

// drained waits until the queue is empty.
func (l *lab) drained() {
	l.t.Helper()
	for deadline := time.Now().Add(patience); l.left() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatalf("the queue: %+v", l.queue.Stats())
		}
	}
}

// waiting waits until n entries were put off.
func (l *lab) waiting(n int) {
	l.t.Helper()
	for deadline := time.Now().Add(patience); l.queue.Stats().Waiting != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatalf("the queue: %+v, want %d that wait", l.queue.Stats(), n)
		}
	}
}

// bigQueue hands out enough entries for a busy relay.
var bigQueue = queue.Options{MaxInFlight: 8000}

// left is how many entries the queue holds.
func (l *lab) left() int { return l.queue.Len() }

// journal keeps the lines of the log, and lets a test wait for them.
type journal struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{}
	mute  bool // set before anything is logged
}

func newJournal() *journal { return &journal{more: make(chan struct{})} }

func (j *journal) Enabled(context.Context, slog.Level) bool { return !j.mute }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler       { return j }
func (j *journal) WithGroup(string) slog.Handler            { return j }
func (j *journal) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&b, " %s=%v", a.Key, a.Value)
		return true
	})
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, b.String())
	close(j.more)
	j.more = make(chan struct{})
	return nil
}

// find returns the lines that contain all words.
func (j *journal) find(words ...string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []string
	for _, line := range j.lines {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
			found = append(found, line)
		}
	}
	return found
}

// wait returns the lines that contain all words once there are n of them.
func (l *lab) wait(n int, words ...string) []string {
	l.t.Helper()
	deadline := time.After(patience)
	for {
		l.journal.mu.Lock()
		more := l.journal.more
		l.journal.mu.Unlock()
		if found := l.journal.find(words...); len(found) >= n {
			return found
		}
		select {
		case <-more:
		case <-deadline:
			l.t.Fatalf("no %d lines with %q; the log is:\n%s", n, words, strings.Join(l.journal.find(), "\n"))
		}
	}
}

// body reads the stored text of an entry.
func (l *lab) body(e *queue.Entry) string {
	l.t.Helper()
	r, err := l.blobs.Open(context.Background(), e.Body)
	l.must(err)
	defer r.Close()
	text, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
	l.must(err)
	return string(text)
}
