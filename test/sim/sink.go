package sim

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
)

// sink is another host: it refuses each message for now the first time, and
// takes it the second time.
type sink struct {
	m       *model
	mu      sync.Mutex
	refused map[string]bool
}

// startSink listens on loopback until ctx ends.
func startSink(ctx context.Context, m *model) (netip.AddrPort, error) {
	s := &sink{m: m, refused: map[string]bool{}}
	address, err := door(ctx, s.serve)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.ParseAddrPort(address)
}

func (s *sink) serve(ctx context.Context, c net.Conn) {
	t := newTalk(c)
	defer t.close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if t.send("220 sink.test ESMTP\r\n") != nil {
		return
	}
	for {
		line, err := t.line()
		if err != nil {
			return
		}
		reply := "250 2.0.0 ok\r\n"
		switch verb, _, _ := strings.Cut(strings.ToUpper(line), " "); verb {
		case "EHLO":
			reply = "250-sink.test\r\n250 8BITMIME\r\n"
		case "DATA":
			if t.send("354 go ahead\r\n") != nil {
				return
			}
			text, err := t.text()
			if err != nil {
				return
			}
			reply = s.take(tokenOf(text))
		case "QUIT":
			t.send("221 2.0.0 bye\r\n")
			return
		}
		if t.send(reply) != nil {
			return
		}
	}
}

// text reads up to the final dot.
func (t *talk) text() (string, error) {
	var b strings.Builder
	for {
		line, err := t.line()
		if err != nil || line == "." {
			return b.String(), err
		}
		b.WriteString(strings.TrimPrefix(line, "."))
		b.WriteString("\r\n")
	}
}

// take notes a copy before the 250 goes out: from then on it is ours.
func (s *sink) take(token string) string {
	s.mu.Lock()
	again := s.refused[token]
	s.refused[token] = true
	s.mu.Unlock()
	if !again {
		return "451 4.3.0 not now\r\n"
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.remote[token]++
	return "250 2.0.0 taken\r\n"
}
