package dns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	wire "github.com/miekg/dns"
)

// Limits of an exchange.
const (
	udpSize     = 1232 // octets: what passes every path in one piece (DNS flag day 2020)
	maxStrayUDP = 32   // datagrams that are not the answer, before the query is given up
)

// errStray ends the wait for an answer among too many datagrams that are none.
var errStray = errors.New("too many forged or foreign responses")

// exchange asks one server one question. What it returns is an answer to
// exactly this question: NOERROR or NXDOMAIN.
func exchange(ctx context.Context, server netip.AddrPort, q question, timeout time.Duration) (*wire.Msg, error) {
	query := new(wire.Msg).SetQuestion(q.name, q.typ)
	query.SetEdns0(udpSize, false)
	m, err := send(ctx, server, query, timeout)
	if err == nil && query.IsEdns0() != nil && refusesEDNS(m) {
		// RFC 6891 6.2.2: a server from before EDNS0.
		query = new(wire.Msg).SetQuestion(q.name, q.typ)
		m, err = send(ctx, server, query, timeout)
	}
	if err != nil {
		return nil, err
	}
	if m.Rcode != wire.RcodeSuccess && m.Rcode != wire.RcodeNameError {
		return nil, fmt.Errorf("answered %s", wire.RcodeToString[m.Rcode])
	}
	if !m.RecursionAvailable && !m.Authoritative && len(m.Answer) == 0 {
		// A referral from a server that does not resolve for us. It is not
		// "no such record": taken for one, it would bounce mail.
		return nil, errors.New("does not resolve names for this machine")
	}
	return m, nil
}

func refusesEDNS(m *wire.Msg) bool {
	return m.Rcode == wire.RcodeFormatError || m.Rcode == wire.RcodeNotImplemented || m.Rcode == wire.RcodeBadVers
}

// send takes a query to a server and brings back the response, by UDP and,
// when that was cut, by TCP.
func send(ctx context.Context, server netip.AddrPort, query *wire.Msg, timeout time.Duration) (*wire.Msg, error) {
	m, err := attempt(ctx, "udp", server, query, timeout)
	if err == nil && m.Truncated {
		return attempt(ctx, "tcp", server, query, timeout)
	}
	return m, err
}

func attempt(ctx context.Context, network string, server netip.AddrPort, query *wire.Msg, timeout time.Duration) (*wire.Msg, error) {
	if err := spend(ctx); err != nil {
		return nil, err
	}
	packet, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadName, err)
	}
	m, err := converse(ctx, network, server, query, packet, timeout)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return m, err
}

// converse opens a socket of its own, and so a fresh random port, for each
// query: an attacker off the path has to guess it together with the id.
func converse(ctx context.Context, network string, server netip.AddrPort, query *wire.Msg, packet []byte, timeout time.Duration) (*wire.Msg, error) {
	conn, err := (&net.Dialer{Timeout: timeout}).DialContext(ctx, network, server.String())
	if err != nil {
		return nil, plainTimeout(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	if network == "tcp" {
		m, err := overTCP(conn, query, packet)
		return m, plainTimeout(err)
	}
	m, err := overUDP(conn, query, packet)
	return m, plainTimeout(err)
}

// plainTimeout keeps the timeout of one server from looking like the end of
// the caller's context.
func plainTimeout(err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return errors.New("no answer in time")
	}
	return err
}

func overUDP(conn net.Conn, query *wire.Msg, packet []byte) (*wire.Msg, error) {
	if _, err := conn.Write(packet); err != nil {
		return nil, err
	}
	buf := make([]byte, udpSize)
	for range maxStrayUDP {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		m := new(wire.Msg)
		err = m.Unpack(buf[:n])
		switch {
		case answers(m, query) && err == nil, bareRefusal(m, query):
			return m, nil
		case answers(m, query) && (m.Truncated || n == len(buf)):
			m.Truncated = true // cut in the middle of a record
			return m, nil
		case answers(m, query):
			return nil, fmt.Errorf("malformed response: %w", err)
		}
		// A forged datagram must not end the wait for the real one.
	}
	return nil, errStray
}

func overTCP(conn net.Conn, query *wire.Msg, packet []byte) (*wire.Msg, error) {
	framed := append([]byte{byte(len(packet) >> 8), byte(len(packet))}, packet...)
	if _, err := conn.Write(framed); err != nil {
		return nil, err
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	buf := make([]byte, int(size[0])<<8|int(size[1]))
	if _, err := io.ReadFull(conn, buf); err != nil {
		return nil, err
	}
	m := new(wire.Msg)
	if err := m.Unpack(buf); err != nil {
		return nil, fmt.Errorf("malformed response: %w", err)
	}
	if !answers(m, query) {
		return nil, errors.New("the response is not to this query")
	}
	return m, nil
}

// bareRefusal reports whether a message is a refusal that does not repeat the
// question, as some servers send it. Forged, it only costs a retry.
func bareRefusal(m, query *wire.Msg) bool {
	return m.Response && m.Id == query.Id && len(m.Question) == 0 &&
		m.Rcode != wire.RcodeSuccess && m.Rcode != wire.RcodeNameError
}

// answers reports whether a message is the response to a query: its id and its
// one question are those of the query.
func answers(m, query *wire.Msg) bool {
	return m.Response && m.Id == query.Id && m.Opcode == wire.OpcodeQuery && len(m.Question) == 1 &&
		m.Question[0].Qtype == query.Question[0].Qtype && m.Question[0].Qclass == query.Question[0].Qclass &&
		strings.EqualFold(m.Question[0].Name, query.Question[0].Name)
}
