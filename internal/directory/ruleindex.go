package directory

import (
	"net/netip"
	"slices"
	"strings"
)

// ruleIndex finds rules by map hits. It is built once for a snapshot and never
// changed.
type ruleIndex struct {
	rewrites    [len(rewriteKinds)]patterns[Rewrite]
	routes      [len(routeBys)]patterns[Route]
	copies      [len(copyBys)]patterns[[]*Copy]
	access      [len(accessBys)]patterns[Access]
	clients     map[netip.Prefix]*Access
	clientBits  []int // lengths of the prefixes in clients, IPv6 ones over 128, longest first
	credentials map[string][]*Credential
}

// build makes the index of a snapshot.
func (r *Rules) build() {
	x := &ruleIndex{clients: make(map[netip.Prefix]*Access), credentials: make(map[string][]*Credential)}
	for i := range r.Rewrites {
		w := &r.Rewrites[i]
		put(&x.rewrites[w.Kind], w.Match, w)
		if w.Kind == Masquerade && !strings.HasPrefix(w.Match, ".") {
			put(&x.rewrites[w.Kind], "."+w.Match, w)
		}
	}
	for i := range r.Routes {
		t := &r.Routes[i]
		put(&x.routes[t.By], t.Match, t)
	}
	for i := range r.Credentials {
		c := &r.Credentials[i]
		x.credentials[c.Host] = append(x.credentials[c.Host], c)
	}
	for i := range r.Copies {
		x.addCopy(&r.Copies[i])
	}
	for i := range r.Access {
		x.addAccess(&r.Access[i])
	}
	// The smallest network first.
	slices.SortFunc(x.clientBits, func(a, b int) int { return b - a })
	x.clientBits = slices.Compact(x.clientBits)
	r.index = x
}

func put[T any](table *patterns[T], match string, rule *T) {
	if *table == nil {
		*table = make(patterns[T])
	}
	(*table)[patternKey(match)] = rule
}

func (x *ruleIndex) addCopy(c *Copy) {
	table, key := &x.copies[c.By], patternKey(c.Match)
	if list := (*table)[key]; list != nil {
		*list = append(*list, c)
		return
	}
	put(table, c.Match, &[]*Copy{c})
}

func (x *ruleIndex) addAccess(a *Access) {
	if a.By == ByClient {
		if p, ok := network(a.Match); ok {
			bits := p.Bits()
			if p.Addr().Is6() {
				bits += v6
			}
			x.clients[p], x.clientBits = a, append(x.clientBits, bits)
			return
		}
	}
	put(&x.access[a.By], a.Match, a)
}

// network reads an IP address or a network.
func network(s string) (netip.Prefix, bool) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(ip, ip.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p, err == nil
}
