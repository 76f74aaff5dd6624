package directory

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"tram/internal/mail/address"
)

// Rules are checked here, once, before they are stored, like names in names.go.

// MaxSecret bounds user and password of a credential, in octets.
const MaxSecret = 1024

var (
	errPattern    = errors.New(`it is user@domain, domain, .domain for its subdomains, or *`)
	errMasquerade = errors.New("masquerading matches a domain: its subdomains appear as it")
	errExcept     = fmt.Errorf("at most %d exceptions, each a user, a domain or an address", MaxExcept)
	errOnlyMasq   = errors.New("only masquerading has exceptions")
	errRewriteTo  = errors.New("it is rewritten to user@domain, or to a domain, which keeps the part before the @")
	errAlways     = errors.New("a copy of all mail has no pattern")
	errHostPort   = errors.New("the host of a login is host or host:port")
	errSecret     = fmt.Errorf("user and password have 1 to %d octets and no control characters", MaxSecret)
	errUnknown    = errors.New("it is of no kind that there is")
)

// pattern returns the normal form of a match pattern.
func pattern(s string) (string, error) {
	p, err := parsePattern(strings.TrimSpace(s))
	if err != nil {
		return "", invalid(fmt.Sprintf("pattern %q", s), err)
	}
	return p, nil
}

func parsePattern(s string) (string, error) {
	if s == "*" {
		return s, nil
	}
	if at := strings.LastIndexByte(s, '@'); at > 0 {
		a, err := address.ParseAddress(s)
		return a.Fold().String(), err
	}
	s = strings.TrimPrefix(s, "@")
	if sub, ok := strings.CutPrefix(s, "."); ok {
		d, err := patternDomain(sub)
		return "." + d, err
	}
	return patternDomain(s)
}

func patternDomain(s string) (string, error) {
	d, err := address.ParseDomain(strings.TrimSuffix(s, "."))
	if err != nil {
		return "", errPattern
	}
	if d = (address.Address{Domain: d}).ASCII(); d == "" {
		return "", errPattern
	}
	return d, nil
}

// Normal checks a rewrite and brings it into its normal form.
func (w Rewrite) Normal() (_ Rewrite, err error) {
	if int(w.Kind) >= len(rewriteKinds) {
		return w, invalid("rewrite "+w.Match, errUnknown)
	}
	if w.Match, err = pattern(w.Match); err != nil {
		return w, err
	}
	if len(w.Except) == 0 {
		w.Except = nil
	}
	if w.Kind == Masquerade {
		return w.normalMasquerade()
	}
	if len(w.Except) > 0 {
		return w, invalid("rewrite "+w.Match, errOnlyMasq)
	}
	w.To, err = rewriteTo(w.To)
	return w, err
}

// rewriteTo is the normal form of what an address is rewritten to.
func rewriteTo(s string) (string, error) {
	to, err := parsePattern(s)
	if err == nil && (strings.HasPrefix(to, ".") || to == "*") {
		err = errRewriteTo
	}
	if err == nil && strings.Contains(to, "@") {
		to, err = target(s) // somebody else's local part keeps its case
	}
	if err != nil {
		return "", invalid(fmt.Sprintf("rewrite to %q", s), err)
	}
	return to, nil
}

func (w Rewrite) normalMasquerade() (_ Rewrite, err error) {
	domain := strings.TrimPrefix(w.Match, ".")
	if domain == "*" || strings.Contains(domain, "@") {
		return w, invalid("rewrite "+w.Match, errMasquerade)
	}
	if w.To == "" {
		w.To = domain
	}
	if w.To, err = rewriteTo(w.To); err != nil {
		return w, err
	}
	if strings.Contains(w.To, "@") {
		return w, invalid("rewrite "+w.Match, errMasquerade)
	}
	if w.Except == nil {
		return w, nil
	}
	except := make([]string, len(w.Except))
	for i, e := range w.Except {
		except[i] = strings.ToLower(strings.TrimSpace(e))
		if except[i] == "" || len(except[i]) > address.MaxPath || !printable(e) {
			return w, invalid("rewrite "+w.Match, errExcept)
		}
	}
	if len(except) > MaxExcept {
		return w, invalid("rewrite "+w.Match, errExcept)
	}
	w.Except = except
	return w, nil
}

// Normal checks a route and brings it into its normal form.
func (t Route) Normal() (_ Route, err error) {
	if int(t.By) >= len(routeBys) {
		return t, invalid("route "+t.Match, errUnknown)
	}
	if t.Match, err = pattern(t.Match); err != nil {
		return t, err
	}
	if t.hop, err = ParseNextHop(t.NextHop); err != nil {
		return t, err
	}
	t.NextHop = t.hop.String()
	return t, nil
}

// Normal checks a login and brings it into its normal form.
func (c Credential) Normal() (Credential, error) {
	c.Host = strings.ToLower(strings.Trim(strings.TrimSpace(c.Host), "."))
	if _, err := ParseNextHop("smtp:[" + strings.Trim(c.Host, "[]") + "]"); err != nil {
		if _, err := ParseNextHop("smtp:" + c.Host); err != nil || c.Host == "" {
			return c, invalid(fmt.Sprintf("host %q", c.Host), errHostPort)
		}
	}
	for _, s := range []string{c.User, c.Password} {
		if s == "" || len(s) > MaxSecret || strings.ContainsFunc(s, isControl) {
			return c, invalid("login at "+c.Host, errSecret)
		}
	}
	return c, nil
}

// Normal checks a copy and brings it into its normal form.
func (c Copy) Normal() (_ Copy, err error) {
	if int(c.By) >= len(copyBys) {
		return c, invalid("copy "+c.Match, errUnknown)
	}
	if c.By == CopyAlways {
		if c.Match != "" && c.Match != "*" {
			return c, invalid("copy "+c.Match, errAlways)
		}
		c.Match = "*"
	}
	if c.Match, err = pattern(c.Match); err != nil {
		return c, err
	}
	c.To, err = target(c.To)
	return c, err
}

// Normal checks an access rule and brings it into its normal form.
func (a Access) Normal() (_ Access, err error) {
	switch a.By {
	case ByClient:
		a.Match, err = clientPattern(a.Match)
	case ByHelo:
		a.Match, err = hostPattern(a.Match)
	case ByMailFrom, ByRcptTo:
		if a.Match = strings.TrimSpace(a.Match); a.Match != "<>" || a.By == ByRcptTo {
			a.Match, err = pattern(a.Match)
		}
	default:
		err = invalid("access rule "+a.Match, errUnknown)
	}
	if err != nil {
		return a, err
	}
	if a.action, err = ParseAction(a.Action); err != nil {
		return a, err
	}
	a.Action = strings.TrimSpace(a.Action)
	return a, nil
}

// clientPattern is the normal form of an address, a network, or a host pattern.
func clientPattern(s string) (string, error) {
	s = strings.TrimSpace(s)
	if ip, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil && ip.Zone() == "" {
		return ip.Unmap().String(), nil
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked().String(), nil
	}
	return hostPattern(s)
}

func hostPattern(s string) (string, error) {
	p, err := pattern(s)
	if err == nil && strings.Contains(p, "@") {
		err = invalid(fmt.Sprintf("host %q", s), errPattern)
	}
	return p, err
}
