package dns

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	wire "github.com/miekg/dns"
)

// MX is a host that takes mail for a domain.
type MX struct {
	Host       string // in lower case, without the final dot
	Preference uint16 // lower is tried first
}

// MXSet is where mail for a domain goes.
type MXSet struct {
	Hosts    []MX // by preference, then by name; never empty
	Implicit bool // the domain has no MX and is its own mail host (RFC 5321 5.1)
}

// LookupMX finds the hosts that take mail for a domain (RFC 5321 5.1): those
// of its MX records, through aliases, or the domain itself when it exists
// without any. The domain is given in ASCII. Besides ErrNXDomain it fails with
// ErrNullMX for a domain that takes no mail (RFC 7505).
//
// Whether a host has an address is not looked at: ask [Resolver.LookupIP].
func (r *Resolver) LookupMX(ctx context.Context, domain string) (MXSet, error) {
	a, err := r.lookup(ctx, domain, wire.TypeMX)
	if errors.Is(err, ErrNoData) {
		host := strings.ToLower(strings.TrimSuffix(domain, "."))
		return MXSet{Hosts: []MX{{Host: host}}, Implicit: true}, nil
	}
	if err != nil {
		return MXSet{}, err
	}
	var set MXSet
	for _, rr := range a.records {
		mx := rr.(*wire.MX)
		if mx.Mx == "." {
			continue // RFC 7505 3: beside other MX it says nothing
		}
		host := strings.ToLower(strings.TrimSuffix(mx.Mx, "."))
		set.Hosts = append(set.Hosts, MX{Host: host, Preference: mx.Preference})
	}
	if len(set.Hosts) == 0 {
		return MXSet{}, &Error{Name: domain, Type: "MX", Err: ErrNullMX}
	}
	slices.SortFunc(set.Hosts, func(a, b MX) int {
		return cmp.Or(cmp.Compare(a.Preference, b.Preference), strings.Compare(a.Host, b.Host))
	})
	set.Hosts = slices.Compact(set.Hosts)
	return set, nil
}
