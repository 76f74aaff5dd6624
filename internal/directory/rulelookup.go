package directory

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"tram/internal/mail/address"
)

// patterns is a table by pattern, in the forms of [Rules].
type patterns[T any] map[address.Address]*T

// patternKey is the key of a pattern: {user, domain}, {"", domain},
// {"", ".domain"} or {"", "*"}.
func patternKey(match string) address.Address {
	if at := strings.LastIndexByte(match, '@'); at >= 0 {
		return ownParts(match)
	}
	return address.Address{Domain: match}
}

var anyKey = address.Address{Domain: "*"}

// find returns what the most specific pattern says about a folded address.
func (p patterns[T]) find(a address.Address) *T {
	if len(p) == 0 {
		return nil
	}
	if v := p[a]; v != nil && a.Local != "" {
		return v
	}
	return p.findDomain(a.Domain)
}

// findDomain is find for a domain alone.
func (p patterns[T]) findDomain(domain string) *T {
	if len(p) == 0 {
		return nil
	}
	if v := p[address.Address{Domain: domain}]; v != nil && domain != "" {
		return v
	}
	for rest := domain; ; {
		dot := strings.IndexByte(rest, '.')
		if dot < 0 {
			return p[anyKey]
		}
		if v := p[address.Address{Domain: rest[dot:]}]; v != nil {
			return v
		}
		rest = rest[dot+1:]
	}
}

// Has reports whether there are rules of one kind of rewriting. Who would have
// to read a message to rewrite it asks first.
func (r *Rules) Has(kind RewriteKind) bool {
	return r != nil && r.index != nil && len(r.index.rewrites[kind]) > 0
}

// Rewrite returns what the table of one kind makes of an address, and the
// rule, or the address itself and nil. One step: the result is not looked up
// again.
func (r *Rules) Rewrite(kind RewriteKind, a address.Address) (to address.Address, by *Rewrite) {
	if r == nil || r.index == nil || int(kind) >= len(r.index.rewrites) || a.IsNull() {
		return a, nil
	}
	table := r.index.rewrites[kind]
	if len(table) == 0 {
		return a, nil
	}
	folded := a.Fold()
	by = table.find(folded)
	if by == nil || kind == Masquerade && by.excepts(folded) {
		return a, nil
	}
	if at := strings.LastIndexByte(by.To, '@'); at > 0 {
		to, err := address.ParseAddress(by.To)
		if err != nil { // was checked when it was stored
			return a, nil
		}
		return to, by
	}
	return address.Address{Local: a.Local, Domain: by.To}, by
}

// excepts reports whether a masquerading rule leaves a folded address alone.
func (w *Rewrite) excepts(a address.Address) bool {
	for _, e := range w.Except {
		if e == a.Local || e == a.Domain || strings.Contains(e, "@") && ownParts(e) == a {
			return true
		}
	}
	return false
}

// RouteTo returns the route of mail to a recipient, or nil.
func (r *Rules) RouteTo(recipient address.Address) *Route { return r.route(ByRecipient, recipient) }

// RouteFrom returns the route of mail from a sender, or nil. The null sender
// matches "*" only.
func (r *Rules) RouteFrom(sender address.Address) *Route { return r.route(BySender, sender) }

func (r *Rules) route(by RouteBy, a address.Address) *Route {
	if r == nil || r.index == nil || len(r.index.routes[by]) == 0 {
		return nil
	}
	return r.index.routes[by].find(a.Fold())
}

// Credential returns the login at a host, by "host:port" first and then by
// "host". With a user, only the one of that user. port 0 is the usual one.
func (r *Rules) Credential(host string, port int, user string) *Credential {
	if r == nil || r.index == nil || len(r.index.credentials) == 0 {
		return nil
	}
	host = strings.ToLower(host)
	if port != 0 {
		if c := ofUser(r.index.credentials[host+":"+strconv.Itoa(port)], user); c != nil {
			return c
		}
	}
	return ofUser(r.index.credentials[host], user)
}

func ofUser(list []*Credential, user string) *Credential {
	for _, c := range list {
		if user == "" || c.User == user {
			return c
		}
	}
	return nil
}

// CopiesOf returns the copies of a message, each receiver once. Of each table
// the most specific pattern counts for the sender and for each recipient.
func (r *Rules) CopiesOf(sender address.Address, recipients []address.Address) []*Copy {
	if r == nil || r.index == nil {
		return nil
	}
	var out []*Copy
	add := func(list *[]*Copy) {
		if list == nil {
			return
		}
		for _, c := range *list {
			if !slices.ContainsFunc(out, func(o *Copy) bool { return o.To == c.To }) {
				out = append(out, c)
			}
		}
	}
	add(r.index.copies[CopyAlways][anyKey])
	if table := r.index.copies[CopyBySender]; len(table) > 0 {
		add(table.find(sender.Fold()))
	}
	if table := r.index.copies[CopyByRecipient]; len(table) > 0 {
		for _, to := range recipients {
			add(table.find(to.Fold()))
		}
	}
	return out
}

// AccessOfClient returns the rule about a client: by its address, then the
// smallest network around it, then its verified host name ("" if it has none),
// its domains, and "*".
func (r *Rules) AccessOfClient(ip netip.Addr, host string) *Access {
	if r == nil || r.index == nil {
		return nil
	}
	ip = ip.Unmap().WithZone("")
	for _, bits := range r.index.clientBits {
		if ip.Is6() {
			bits -= v6
		}
		if p, err := ip.Prefix(bits); err == nil && bits >= 0 {
			if a := r.index.clients[p]; a != nil {
				return a
			}
		}
	}
	return r.index.access[ByClient].findDomain(strings.ToLower(strings.TrimSuffix(host, ".")))
}

// v6 sets the lengths of IPv6 prefixes apart in clientBits.
const v6 = 1000

// NamesClients reports whether there are rules about host names of clients, so
// that the name is worth looking up.
func (r *Rules) NamesClients() bool {
	return r != nil && r.index != nil && len(r.index.access[ByClient]) > 0
}

// AccessOfHelo returns the rule about the name in EHLO, or nil.
func (r *Rules) AccessOfHelo(name string) *Access {
	if r == nil || r.index == nil {
		return nil
	}
	return r.index.access[ByHelo].findDomain(strings.ToLower(strings.TrimSuffix(name, ".")))
}

// AccessOfSender returns the rule about an envelope sender, or nil. "<>" as
// Match is the null sender.
func (r *Rules) AccessOfSender(a address.Address) *Access {
	if a.IsNull() {
		if r == nil || r.index == nil {
			return nil
		}
		if rule := r.index.access[ByMailFrom][nullKey]; rule != nil {
			return rule
		}
	}
	return r.accessOf(ByMailFrom, a)
}

// nullKey is the key of "<>", which no address has.
var nullKey = address.Address{Domain: "<>"}

// AccessOfRecipient returns the rule about an envelope recipient, or nil.
func (r *Rules) AccessOfRecipient(a address.Address) *Access { return r.accessOf(ByRcptTo, a) }

func (r *Rules) accessOf(by AccessBy, a address.Address) *Access {
	if r == nil || r.index == nil || len(r.index.access[by]) == 0 {
		return nil
	}
	return r.index.access[by].find(a.Fold())
}
