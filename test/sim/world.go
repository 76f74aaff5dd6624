package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/access/imap"
	"tram/internal/access/smtp"
	"tram/internal/agent/mda"
	"tram/internal/agent/mda/outlet"
	"tram/internal/agent/mta"
	"tram/internal/directory"
	"tram/internal/dns"
	"tram/internal/mail/smtpwire"
	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/storage/blob/disk"
	"tram/internal/storage/ground"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

const (
	domain   = "sim.test"
	password = "correct-horse"
)

// accountNames are the accounts of every world; aliasName leads to both.
var accountNames = []string{"an@" + domain, "binh@" + domain}

const (
	aliasName  = "all@" + domain
	listName   = "list@" + domain // both accounts and remoteName are members
	fileName   = "file@" + domain // leads to the Maildir
	maildir    = "box"
	remoteName = "somebody@elsewhere.test"

	reportedTo    = "an@" + domain // the sender of messages that are reported on
	refusedPrefix = "refused-"     // of addresses that the other host does not know
	reportPrefix  = "report-"      // of the token of a notification

	// Histories that are no account's.
	remoteAccount  = "remote"
	fileAccount    = "file"
	refusedAccount = "refused"
)

// accountsOf returns whose histories a recipient in the queue belongs to.
func accountsOf(rcpt string) []string {
	switch {
	case rcpt == aliasName:
		return accountNames
	case rcpt == listName:
		return []string{accountNames[0], accountNames[1], remoteAccount}
	case rcpt == fileName:
		return []string{fileAccount}
	case rcpt == remoteName:
		return []string{remoteAccount}
	case strings.HasPrefix(rcpt, refusedPrefix):
		return []string{refusedAccount}
	}
	return []string{rcpt}
}

// world is a server without a process: stores, agents and doors, put together
// as internal/server does it.
type world struct {
	db        kv.DB
	blobs     *disk.Store
	directory *directory.Directory
	mail      *mailstore.Store
	queue     *queue.Queue
	mta       *mta.MTA
	smtp      *smtp.Server
	imap      *imap.Server
	files     string // root of the files that aliases lead to
}

// worldOptions break a world on purpose.
type worldOptions struct {
	relay  netip.AddrPort    // where remote mail goes
	files  string            // root of the files that aliases lead to
	open   opener            // opens the stores; nil means properly
	wrapDB func(kv.DB) kv.DB // puts a liar between the agents and the store
	mute   bool              // the delivery agent reports nothing
	retry  time.Duration     // pause after a deferral
	log    *slog.Logger
}

// opener opens the two stores on a disk.
type opener func(fs vfs.FS) (*pebble.DB, *disk.Store, error)

// sizes are small, so that a round has several packs, tables and logs.
func sizes(fs vfs.FS) ground.Options {
	return ground.Options{
		FS:    fs,
		KV:    pebble.Options{FS: fs, MemTableBytes: 64 << 10, CacheBytes: 1 << 20},
		Blobs: disk.Options{FS: fs, PackBytes: 1 << 20, MemoryBody: 16 << 10},
	}
}

func properly(fs vfs.FS) (*pebble.DB, *disk.Store, error) {
	return ground.Open("kv", "blobs", sizes(fs))
}

// openWorld opens the stores on fs and joins everything, starting nothing.
func openWorld(ctx context.Context, fs vfs.FS, o worldOptions) (*world, error) {
	w := &world{files: o.files}
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	if o.retry == 0 {
		o.retry = 5 * time.Millisecond
	}
	if o.open == nil {
		o.open = properly
	}
	db, blobs, err := o.open(fs)
	if err != nil {
		return nil, err
	}
	w.db, w.blobs = db, blobs
	if o.wrapDB != nil {
		w.db = o.wrapDB(db)
	}
	if err := w.join(ctx, o); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) join(ctx context.Context, o worldOptions) (err error) {
	if w.directory, err = directory.Open(ctx, w.db, directory.Options{}); err != nil {
		return fmt.Errorf("open the directory: %w", err)
	}
	w.mail = mailstore.New(w.db, w.blobs, mailstore.Options{})
	w.queue, err = queue.Open(ctx, w.db, queue.Options{Shards: 2, Retry: []time.Duration{o.retry}})
	if err != nil {
		return fmt.Errorf("open the queue: %w", err)
	}
	return w.joinAgents(o)
}

func (w *world) joinAgents(o worldOptions) (err error) {
	const hostname = "mail." + domain
	reporter := mta.NewReporter(mta.ReporterOptions{Hostname: hostname, Queue: w.queue, Blobs: w.blobs, Log: o.log})
	deliver := mda.Options{
		DB: w.db, Blobs: w.blobs, Queue: w.queue, Mail: w.mail, Directory: w.directory,
		Reporter: reporter, Outlets: outlet.Options{Hostname: hostname, Root: o.files}, Log: o.log,
	}
	if o.mute {
		deliver.Reporter = nil
	}
	local := mda.New(deliver)
	w.mta, err = mta.New(mta.Options{
		Hostname: hostname, Report: reporter, Queue: w.queue, DB: w.db, Blobs: w.blobs, Directory: w.directory, Local: local,
		Resolver: &dns.Resolver{},
		Relay:    &mta.Relay{Host: o.relay.Addr().String(), Port: int(o.relay.Port())},
		Backoff:  time.Millisecond, StopTime: time.Second, LocalWorkers: 2, Log: o.log,
	})
	if err != nil {
		return err
	}
	intake := mta.NewIntake(mta.IntakeOptions{Hostname: hostname, Blobs: w.blobs, Queue: w.queue, Log: o.log})
	receiver := mta.NewReceiver(mta.ReceiverOptions{
		Intake: intake, Directory: w.directory, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Log: o.log,
	})
	w.imap = imap.New(w.mail, w.blobs, imap.Options{Hostname: hostname, Auth: w.directory, Log: o.log})
	w.smtp, err = smtp.New(smtp.Options{Hostname: hostname, Extensions: smtpwire.DSN, Receiver: receiver, Log: o.log})
	return err
}

// furnish makes the accounts of a new world.
func (w *world) furnish(ctx context.Context) error {
	if _, err := w.directory.AddDomain(ctx, directory.Domain{Name: domain}); err != nil {
		return err
	}
	for _, name := range accountNames {
		if _, err := w.directory.AddAccount(ctx, directory.Account{Address: name}, password); err != nil {
			return err
		}
	}
	for name, targets := range map[string][]string{aliasName: accountNames, fileName: {"/" + maildir + "/"}} {
		if err := w.directory.AddAlias(ctx, directory.Alias{Address: name, Targets: targets}); err != nil {
			return err
		}
	}
	_, err := w.directory.AddList(ctx, directory.List{
		Address: listName, Owner: accountNames[0], Members: append([]string{remoteName}, accountNames...),
	})
	return err
}

// close ends a world that is whole. A crashed one is left as it is.
func (w *world) close() error {
	var errs []error
	if w.queue != nil {
		w.queue.Close()
	}
	if w.imap != nil {
		w.imap.Close()
	}
	return errors.Join(append(errs, w.db.Close(), w.blobs.Close())...)
}

// door accepts connections on loopback until ctx ends.
func door(ctx context.Context, serve func(context.Context, net.Conn)) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(ctx, c)
			}()
		}
	}()
	return l.Addr().String(), nil
}
