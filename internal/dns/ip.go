package dns

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	wire "github.com/miekg/dns"
)

// LookupIP gives the addresses of a host, IPv6 first, in the order of the
// answers. An address in place of a name is its own answer, and localhost is
// this machine without asking (RFC 6761 6.3).
//
// It fails only when neither family has an address: with ErrNotFound when the
// DNS says that there is none, with a temporary error when it did not say so
// for both.
func (r *Resolver) LookupIP(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	if isLocalhost(host) {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	type result struct {
		addrs []netip.Addr
		err   error
	}
	other := make(chan result, 1)
	go func() {
		addrs, err := r.lookupAAAA(ctx, host)
		other <- result{addrs, err}
	}()
	addrs4, err4 := r.lookupA(ctx, host)
	six := <-other
	if addrs := append(six.addrs, addrs4...); len(addrs) > 0 {
		return addrs, nil
	}
	return nil, worse(err4, six.err)
}

// worse chooses between two failures the one that is less certain.
func worse(a, b error) error {
	if errors.Is(a, ErrNotFound) {
		return b
	}
	return a
}

func isLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func (r *Resolver) lookupA(ctx context.Context, host string) ([]netip.Addr, error) {
	a, err := r.lookup(ctx, host, wire.TypeA)
	if err != nil {
		return nil, err
	}
	var addrs []netip.Addr
	for _, rr := range a.records {
		if addr, ok := netip.AddrFromSlice(rr.(*wire.A).A); ok {
			addrs = append(addrs, addr.Unmap())
		}
	}
	return addrs, nil
}

func (r *Resolver) lookupAAAA(ctx context.Context, host string) ([]netip.Addr, error) {
	a, err := r.lookup(ctx, host, wire.TypeAAAA)
	if err != nil {
		return nil, err
	}
	var addrs []netip.Addr
	for _, rr := range a.records {
		if addr, ok := netip.AddrFromSlice(rr.(*wire.AAAA).AAAA); ok {
			addrs = append(addrs, addr)
		}
	}
	return addrs, nil
}
