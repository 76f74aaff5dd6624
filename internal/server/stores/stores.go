// Package stores opens everything that lives in the data directory, in order,
// and closes it in reverse. The running server and the command beside a
// stopped one stand on the same [Stores].
//
//	<data>/lock           who uses the directory now (flock)
//	<data>/kv/            the key-value store (Pebble)
//	<data>/blobs/         the message bodies (packs)
//	<data>/tls/           the self-signed certificate, see package certs
//	<data>/journal/       the road of each message, see package observe/journal
//	<data>/control.sock   administration, see package control
package stores

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"tram/internal/config"
	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/storage/blob"
	"tram/internal/storage/blob/disk"
	"tram/internal/storage/ground"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

// Stores is everything that is stored.
type Stores struct {
	Data      string // the directory
	KV        kv.DB
	Blobs     blob.Store
	Directory *directory.Directory
	Queue     *queue.Queue
	Mail      *mailstore.Store

	lock    *lock
	closers []func() error // in the order in which things were opened
}

// Open takes the lock of the data directory, which it makes when it does not
// exist, and opens everything in it. When another process has the lock the
// error is a *LockedError.
func Open(ctx context.Context, c *config.Config, log *slog.Logger) (*Stores, error) {
	l, err := takeLock(c.Data)
	if err != nil {
		return nil, err
	}
	s := &Stores{Data: c.Data, lock: l}
	s.onClose(l.release)
	if err := s.open(ctx, c, log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stores) open(ctx context.Context, c *config.Config, log *slog.Logger) error {
	db, blobs, err := ground.Open(filepath.Join(s.Data, "kv"), filepath.Join(s.Data, "blobs"), ground.Options{
		KV: pebble.Options{Logger: log}, Blobs: disk.Options{Logger: log, MaxBody: maxBody(c)},
	})
	if err != nil {
		return err
	}
	s.KV, s.Blobs = db, blobs
	s.onClose(blobs.Close)
	s.onClose(db.Close)

	if s.Directory, err = directory.Open(ctx, db, directoryOptions(c, log)); err != nil {
		return fmt.Errorf("open directory: %w", err)
	}
	if s.Queue, err = queue.Open(ctx, db, queueOptions(c, log)); err != nil {
		return fmt.Errorf("open queue: %w", err)
	}
	s.onClose(func() error { s.Queue.Close(); return nil })
	s.Mail = mailstore.New(db, blobs, mailstore.Options{Logger: log, Members: s.members, NoTextIndex: !c.Search.Index})
	return nil
}

// members are the accounts that count for the quota of a domain: those of its
// users, and its public folders.
func (s *Stores) members(ctx context.Context, domain string) ([]kv.Account, error) {
	dom, err := s.Directory.Domain(ctx, domain)
	if err != nil {
		return nil, err
	}
	var ids []kv.Account
	if dom.Public != 0 {
		ids = append(ids, dom.Public)
	}
	for a, err := range s.Directory.Accounts(ctx, domain) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, a.ID)
	}
	return ids, nil
}

// Journal is the directory of the journal.
func (s *Stores) Journal() string { return filepath.Join(s.Data, "journal") }

// maxBody is the largest body the store takes: the largest message with the
// header lines that we put on top.
func maxBody(c *config.Config) int64 {
	return int64(c.Limits.MessageSize) + queue.MaxHeader
}

func directoryOptions(c *config.Config, log *slog.Logger) directory.Options {
	o := directory.Options{Log: log, CRAMMD5: c.Auth.CRAMMD5}
	if a, err := address.ParseAddress(c.Postmaster); err == nil && c.Postmaster != "" {
		o.Postmaster = a
	}
	return o
}

// InFlight is how many entries of the queue may be in the hands of agents. It
// is what a burst of mail for other hosts may take up in memory, at about 2 KiB
// each; mta.Options.MaxRemote must be smaller, or slow hosts would hold up
// local mail.
const InFlight = 2048

func queueOptions(c *config.Config, log *slog.Logger) queue.Options {
	o := queue.Options{
		Expiry: c.Queue.Expire.Std(), WarnAfter: c.Queue.WarnAfter.Std(),
		MaxInFlight: InFlight, MaxEntries: c.Queue.MaxEntries, Log: log,
	}
	for _, pause := range c.Queue.Retry {
		o.Retry = append(o.Retry, pause.Std())
	}
	return o
}

func (s *Stores) onClose(fn func() error) { s.closers = append(s.closers, fn) }

// Close closes everything in reverse and gives the lock back.
func (s *Stores) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// Failed waits until one of the stores has failed, or ctx ends, and returns
// which one: its name, or "".
func (s *Stores) Failed(ctx context.Context) string {
	select {
	case <-s.KV.Failed():
		return "key-value store"
	case <-s.Blobs.Failed():
		return "body store"
	case <-ctx.Done():
		return ""
	}
}
