package server

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"tram/internal/agent/mta"
	"tram/internal/config"
	"tram/internal/directory"
	"tram/internal/queue"
	"tram/internal/server/stores"
)

// explainer is what "tram explain" asks while the server runs: the transfer
// agent that is at work.
func (s *Server) explainer() (*mta.Explainer, error) {
	s.mu.Lock()
	c := s.config
	s.mu.Unlock()
	return explainerOf(c, s.stores, s.agents.delivery.current.Load(), s.agents.caller), nil
}

// NewExplainer explains beside a stopped server, by a transfer agent that is
// made of the configuration and never run.
func NewExplainer(c *config.Config, s *stores.Stores) (*mta.Explainer, error) {
	o, err := transferOptions(c)
	if err != nil {
		return nil, err
	}
	o.Queue, o.DB, o.Blobs, o.Directory = s.Queue, s.KV, s.Blobs, s.Directory
	o.Local, o.Self = nobody{}, smtpListeners(c)
	transfer, err := mta.New(o)
	if err != nil {
		return nil, err
	}
	caller := mta.NewCaller(mta.CallerOptions{MTA: func() *mta.MTA { return transfer }, TakeUnsure: c.Policy.TakeUnverified})
	return explainerOf(c, s, transfer, caller), nil
}

func explainerOf(c *config.Config, s *stores.Stores, transfer *mta.MTA, caller *mta.Caller) *mta.Explainer {
	return &mta.Explainer{
		MTA: transfer, Directory: s.Directory, Usage: s.Mail, Queue: s.Queue, Networks: c.Relay.Networks, Callout: caller,
	}
}

// smtpListeners are the addresses on which the server would take mail from
// other servers.
func smtpListeners(c *config.Config) (all []netip.AddrPort) {
	for _, l := range c.Listeners {
		if l.Protocol != config.SMTP {
			continue
		}
		if addr, err := net.ResolveTCPAddr("tcp", l.Address); err == nil {
			ap := addr.AddrPort()
			if !ap.Addr().IsValid() { // ":25" is every address
				ap = netip.AddrPortFrom(netip.IPv6Unspecified(), ap.Port())
			}
			all = append(all, ap)
		}
	}
	return all
}

// nobody delivers nothing.
type nobody struct{}

var errExplains = errors.New("this transfer agent only explains")

func (nobody) Deliver(context.Context, *queue.Entry, []int, []directory.Resolution, []queue.Outcome) error {
	return errExplains
}
