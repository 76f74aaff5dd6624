package directory

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"tram/internal/mail/address"
)

// NextHop is where a route sends mail.
type NextHop struct {
	Kind   HopKind
	Host   string // HopHost: domain or host in lower case, or an IP address without brackets; "" with Socket
	Port   int    // HopHost: 0 is the usual one
	MX     bool   // HopHost: Host is a domain, its MX records say which hosts
	LMTP   bool   // HopHost: LMTP instead of SMTP
	Socket string // HopHost with LMTP: path of a Unix socket
	TLS    string // HopHost: "" as usual, or none, opportunistic, starttls, implicit
	User   string // HopHost: chooses a Credential of the host by its user; "" takes the one that there is
	Code   string // HopError: enhanced status code, "5.1.1"
	Text   string // HopError, HopHold: for people
}

// HopKind says what a next hop is.
type HopKind uint8

// The kinds of next hops.
const (
	HopLocal   HopKind = iota // deliver here, or go on as if there were no route
	HopHost                   // another host
	HopDiscard                // take it and throw it away
	HopHold                   // keep it in the queue until an administrator releases it
	HopError                  // refuse it
)

// tlsModes are what "tls=" of a next hop can be.
var tlsModes = [...]string{"none", "opportunistic", "starttls", "implicit"}

var (
	errHopForm = errors.New(`it is smtp:DOMAIN[:PORT], smtp:[HOST][:PORT], lmtp:[HOST][:PORT], lmtp:/SOCKET, local, discard, hold [TEXT] or error:5.X.Y TEXT`)
	errHopPort = errors.New("a port is a number from 1 to 65535")
	errHopTLS  = fmt.Errorf("tls= is one of %q", tlsModes)
	errHopWord = errors.New("after the host may stand tls=… and auth=USER")
	errHopCode = errors.New("after error: stands an enhanced status code that begins with 4 or 5, and a text: error:5.1.1 No such user")
	errHopLong = fmt.Errorf("a next hop has at most %d octets", MaxNextHop)
	errHopText = errors.New("it holds a control character or is not UTF-8")
)

// ParseNextHop reads a next hop:
//
//	smtp:example.org           the MX of example.org
//	smtp:example.org:2525      on another port
//	smtp:[mail.example.org]    this host, whatever MX says
//	smtp:[192.0.2.1]:2525      this address; IPv6 too
//	lmtp:[mail.example.org]:24 LMTP
//	lmtp:/run/dovecot/lmtp     LMTP on a Unix socket
//	local                      as if there were no route
//	discard                    taken and thrown away
//	hold why                   taken and kept until released
//	error:5.1.1 No such user   refused
//
// After a host may stand options: tls=none, opportunistic, starttls (no mail
// without TLS) or implicit; auth=USER logs in with the Credential of that user.
func ParseNextHop(s string) (h NextHop, err error) {
	text := strings.TrimSpace(s)
	switch {
	case len(text) > MaxNextHop:
		err = errHopLong
	case !utf8.ValidString(text) || strings.ContainsFunc(text, isControl):
		err = errHopText
	default:
		h, err = parseNextHop(text)
	}
	if err != nil {
		return NextHop{}, invalid(fmt.Sprintf("next hop %q", s), err)
	}
	return h, nil
}

func parseNextHop(s string) (NextHop, error) {
	word, rest, _ := strings.Cut(s, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case word == "local" && rest == "":
		return NextHop{Kind: HopLocal}, nil
	case word == "discard" && rest == "":
		return NextHop{Kind: HopDiscard}, nil
	case word == "hold":
		return NextHop{Kind: HopHold, Text: rest}, nil
	case strings.HasPrefix(word, "error:"):
		code := word[len("error:"):]
		if !isStatus(code) || rest == "" {
			return NextHop{}, errHopCode
		}
		return NextHop{Kind: HopError, Code: code, Text: rest}, nil
	}
	protocol, host, ok := strings.Cut(word, ":")
	if !ok || protocol != "smtp" && protocol != "lmtp" {
		return NextHop{}, errHopForm
	}
	h := NextHop{Kind: HopHost, LMTP: protocol == "lmtp"}
	if err := h.host(host); err != nil {
		return h, err
	}
	return h, h.options(rest)
}

// host reads what stands after "smtp:" or "lmtp:".
func (h *NextHop) host(s string) (err error) {
	if h.LMTP && strings.HasPrefix(s, "/") {
		h.Socket = s
		return checkPath(s)
	}
	var port string
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, after, ok := strings.Cut(inner, "]")
		if port, _ = strings.CutPrefix(after, ":"); !ok || after != "" && port == "" {
			return errHopForm
		}
		s = inner
	} else {
		// LMTP has no MX: RFC 2033 hosts are named one by one.
		h.MX = !h.LMTP
		s, port, _ = strings.Cut(s, ":")
	}
	if port != "" {
		if h.Port, err = strconv.Atoi(port); err != nil || h.Port < 1 || h.Port > 65535 {
			return errHopPort
		}
	}
	if ip, err := netip.ParseAddr(strings.TrimPrefix(s, "IPv6:")); err == nil && !h.MX {
		h.Host = ip.Unmap().String()
		return nil
	}
	d, err := address.ParseDomain(strings.TrimSuffix(s, "."))
	if err != nil {
		return err
	}
	h.Host = address.Address{Domain: d}.ASCII()
	if h.Host == "" || strings.HasPrefix(h.Host, "[") {
		return errHopForm
	}
	return nil
}

// options reads tls= and auth=.
func (h *NextHop) options(s string) error {
	for word := range strings.FieldsSeq(s) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "tls":
			if _, err := indexOf("tls", tlsModes[:], value); err != nil || value == "" {
				return errHopTLS
			}
			h.TLS = value
		case "auth":
			if value == "" {
				return errHopWord
			}
			h.User = value
		default:
			return errHopWord
		}
	}
	return nil
}

// isStatus reports whether s is an enhanced status code of a failure, RFC 3463.
func isStatus(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || parts[0] != "4" && parts[0] != "5" {
		return false
	}
	for _, p := range parts {
		if len(p) == 0 || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return false
		}
	}
	return true
}

// String is the text that ParseNextHop reads.
func (h NextHop) String() string {
	switch h.Kind {
	case HopLocal:
		return "local"
	case HopDiscard:
		return "discard"
	case HopHold:
		return strings.TrimSpace("hold " + h.Text)
	case HopError:
		return "error:" + h.Code + " " + h.Text
	}
	s := "smtp:"
	if h.LMTP {
		s = "lmtp:"
	}
	switch {
	case h.Socket != "":
		s += h.Socket
	case h.MX:
		s += h.Host
	default:
		s += "[" + h.Host + "]"
	}
	if h.Port != 0 {
		s += ":" + strconv.Itoa(h.Port)
	}
	if h.TLS != "" {
		s += " tls=" + h.TLS
	}
	if h.User != "" {
		s += " auth=" + h.User
	}
	return s
}
