package imap

import (
	"context"
	"log/slog"
	"net"
	"net/netip"

	"tram/internal/access/listen"
	"tram/internal/access/listen/login"
	"tram/internal/mailstore"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Busy is the refusal when there are too many connections.
const Busy = "* BYE [UNAVAILABLE] Too many connections, try again later\r\n"

// Authenticator checks a login. What more it can do, SCRAM for one, says
// package login.
type Authenticator = login.Authenticator

// Options of a server. The zero value is sensible but for Auth.
type Options struct {
	Hostname string        // named in the greeting; "localhost" when empty
	Auth     Authenticator // required
	Limits   Limits        //
	Log      *slog.Logger  // nil discards

	// Quota returns the limits of an account, for APPEND and COPY. nil means
	// that no account is limited.
	Quota func(ctx context.Context, account kv.Account) (mailstore.Quota, error)
	// Refuse says why a message of so many octets is not taken for now, for
	// lack of room on the server; "" when it is. nil means that there is always
	// room. COPY and MOVE are not asked: they store no text.
	Refuse func(size int64) string

	// Neighbours leads to the mailboxes of others and to public ones. nil means
	// that there are none.
	Neighbours Neighbours

	// JMAP is the URL of the JMAP session resource at which users find the same
	// mail (RFC 9698); empty when there is none.
	JMAP string

	// KeyCache is how many bytes of sort and thread keys are remembered, for
	// all mailboxes together; 0 means DefaultKeyCache.
	KeyCache int64
}

// Server holds what sessions share.
type Server struct {
	opts  Options
	store *mailstore.Store
	blobs blob.Store
	log   *slog.Logger
	crew  crew
	push  pushers
	beat  beat
	keys  keyCache

	searchHelpers searchHelpers
	searchRoom    searchRoom
	damaged       damaged
	listRoom      listRoom
}

// New returns a server of the mail in store, whose bodies are in blobs.
func New(store *mailstore.Store, blobs blob.Store, opts Options) *Server {
	opts.Limits = opts.Limits.withDefaults()
	if opts.Hostname == "" {
		opts.Hostname = "localhost"
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.KeyCache == 0 {
		opts.KeyCache = DefaultKeyCache
	}
	srv := &Server{
		opts:  opts,
		store: store,
		blobs: blobs,
		log:   opts.Log,
		keys:  keyCache{limit: opts.KeyCache},
		beat:  beat{interval: max(opts.Limits.IdleNotice, 0)},
	}
	srv.searchHelpers.init()
	srv.listRoom.init()
	return srv
}

// Close ends the goroutines that wait for work. The connections must have
// ended before.
func (s *Server) Close() { s.crew.close() }

// ServeConn speaks IMAP on nc until the client leaves, fails or ctx ends (then
// the client is told BYE), and closes nc. A panic ends this connection only.
// It is a [listen.Handler].
func (s *Server) ServeConn(ctx context.Context, nc net.Conn, info listen.Info) {
	c := newSession(s, ctx, nc, info)
	defer context.AfterFunc(ctx, c.stop)()
	c.serve()
}

// remoteAddr is the client's address, invalid on a pipe.
func remoteAddr(nc net.Conn, info listen.Info) netip.Addr {
	if info.Remote.IsValid() {
		return info.Remote.Addr()
	}
	if tcp, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
