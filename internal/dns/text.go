package dns

import (
	"context"
	"net/netip"
	"strings"

	wire "github.com/miekg/dns"
)

// LookupTXT gives the TXT records of a name, each with its strings joined as
// SPF, DKIM and DMARC read them (RFC 7208 3.3).
func (r *Resolver) LookupTXT(ctx context.Context, name string) ([]string, error) {
	a, err := r.lookup(ctx, name, wire.TypeTXT)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, rr := range a.records {
		texts = append(texts, unescape(strings.Join(rr.(*wire.TXT).Txt, "")))
	}
	return texts, nil
}

// unescape undoes the zone file form, \DDD and \X, in which the wire library
// hands out the octets of a string.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\' || i+1 == len(s):
			b.WriteByte(s[i])
		case i+3 < len(s) && isDigit(s[i+1]) && isDigit(s[i+2]) && isDigit(s[i+3]):
			b.WriteByte((s[i+1]-'0')*100 + (s[i+2]-'0')*10 + s[i+3] - '0')
			i += 3
		default:
			b.WriteByte(s[i+1])
			i++
		}
	}
	return b.String()
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// LookupPTR gives the names of an address, in lower case without the final
// dot. Whoever owns the address chooses them; believe a name only after
// [Resolver.LookupIP] led back to the address.
func (r *Resolver) LookupPTR(ctx context.Context, addr netip.Addr) ([]string, error) {
	name, err := reverseName(addr)
	if err != nil {
		return nil, &Error{Name: addr.String(), Type: "PTR", Err: ErrBadName}
	}
	a, err := r.lookup(ctx, name, wire.TypePTR)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, rr := range a.records {
		names = append(names, strings.ToLower(strings.TrimSuffix(rr.(*wire.PTR).Ptr, ".")))
	}
	return names, nil
}
