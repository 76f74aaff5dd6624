package mailstore

import (
	"context"
	"log/slog"

	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// DefaultViewMessages is how many messages the kept views have together. A
// message costs 24 bytes.
const DefaultViewMessages = 500_000

// Options configure a store. The zero value is a sensible one.
type Options struct {
	ViewMessages int  // messages of the views that are kept though no session holds them; 0 means DefaultViewMessages
	NoTextIndex  bool // no text index is made or used: searches read the messages
	// Members lists the accounts of a domain, for the limit of all together; nil
	// means that there is none.
	Members func(ctx context.Context, domain string) ([]kv.Account, error)
	Logger  *slog.Logger // where Run reports trouble; nil means nowhere
}

// Store keeps the mail of all accounts. Its methods may be called from any
// goroutine.
type Store struct {
	db       kv.DB
	blobs    blob.Store
	log      *slog.Logger
	views    *views
	watchers *watchers
	indexer  *indexer
	grants   aclCache
	pools    pools
	keepLog  ModSeq // how far back the change log reaches at least
}

// New returns a store on top of two stores that the caller closes. Watchers
// are served while [Store.Run] runs.
func New(db kv.DB, blobs blob.Store, o Options) *Store {
	if o.ViewMessages == 0 {
		o.ViewMessages = DefaultViewMessages
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Store{
		db: db, blobs: blobs, log: o.Logger, views: newViews(o.ViewMessages), watchers: newWatchers(),
		indexer: newIndexer(o.NoTextIndex), pools: pools{db: db, members: o.Members},
		keepLog: defaultKeepLog,
	}
}
