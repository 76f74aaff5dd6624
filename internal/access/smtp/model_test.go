package smtp_test

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"

	"tram/internal/access/listen"
	"tram/internal/access/smtp"
)

var long = flag.Bool("long", false, "play all sequences of commands up to length 6 instead of 4")

// verbs are the commands of the model, with an argument that is right.
var verbs = []string{
	"HELO c.test", "EHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<joe@x.test>", "RCPT TO:<unknown@x.test>", "DATA", "RSET", "NOOP",
	"VRFY joe", "EXPN list", "HELP", "QUIT", "STARTTLS", "AUTH PLAIN AGFubgBzZWNyZXQ=", "FROB",
}

// chunkVerbs are played behind a recipient, where chunks make a difference.
var chunkVerbs = []string{
	"BDAT 6\r\nRSET\r\n", "BDAT 6 LAST\r\nQUIT\r\n", "BDAT 0\r\n", "EHLO c.test", "LHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<joe@x.test>",
	"DATA", "RSET", "NOOP", "VRFY joe", "QUIT", "STARTTLS", "ETRN x.test", "FROB",
}

// state is the reference: what RFC 5321 4.1.4, RFC 3207 and RFC 4954 say about
// the order of commands, written down a second time.
type state struct {
	submission, canTLS, plainLogin bool

	helo, tls, user, mail bool
	chunks, spoiled       bool // a message is being sent by BDAT, or was and cannot go on
	rcpts, messages       int
}

// next returns the code of the reply to a command and changes the state.
func (s *state) next(verb string) string {
	// What is no BDAT, and does not leave the message alone, breaks it off.
	word, _, _ := strings.Cut(verb, " ")
	if s.chunks && !slices.Contains([]string{"BDAT", "NOOP", "HELP", "VRFY", "EXPN"}, word) {
		s.chunks, s.spoiled = false, true
	}
	secret := s.submission && s.canTLS && !s.tls && !s.plainLogin
	switch word {
	case "HELO", "EHLO":
		s.helo = true
		s.reset()
		return "250"
	case "NOOP":
		return "250"
	case "RSET":
		s.reset()
		return "250"
	case "HELP":
		return "214"
	case "QUIT":
		return "221"
	case "STARTTLS":
		return s.startTLS()
	case "VRFY", "EXPN":
		if secret {
			return "530"
		}
		return "250"
	case "AUTH":
		return s.auth()
	case "LHLO":
		return "500"
	case "MAIL", "RCPT", "DATA", "BDAT", "ETRN":
		switch {
		case secret:
			return "530"
		case !s.helo:
			return "503"
		}
		return s.transaction(verb)
	}
	return "500"
}

func (s *state) reset() { s.mail, s.rcpts, s.chunks, s.spoiled = false, 0, false, false }

func (s *state) startTLS() string {
	switch {
	case s.spoiled:
		return "503"
	case s.tls:
		return "503"
	case !s.canTLS:
		return "502"
	}
	s.tls, s.helo, s.user = true, false, false
	s.reset()
	return "220"
}

func (s *state) auth() string {
	switch {
	case !s.helo:
		return "503"
	case !s.submission:
		return "502"
	case s.user || s.mail:
		return "503"
	case !s.tls && !s.plainLogin:
		return "538"
	}
	s.user = true
	return "235"
}

func (s *state) transaction(verb string) string {
	switch {
	case strings.HasPrefix(verb, "ETRN"):
		return "502" // not offered
	case strings.HasPrefix(verb, "MAIL") && s.mail, s.spoiled:
		return "503"
	case strings.HasPrefix(verb, "MAIL") && s.submission && !s.user:
		return "530"
	case strings.HasPrefix(verb, "MAIL"):
		s.mail = true
		return "250"
	case !s.mail:
		return "503"
	case strings.Contains(verb, "unknown"):
		return "550"
	case strings.HasPrefix(verb, "RCPT"):
		s.rcpts++
		return "250"
	case s.rcpts == 0:
		return "554"
	case strings.HasPrefix(verb, "BDAT") && !strings.Contains(verb, "LAST"):
		s.chunks = true
		return "250"
	}
	last := strings.HasPrefix(verb, "BDAT")
	s.reset()
	s.messages++
	if last {
		return "250"
	}
	return "354"
}

// TestSequences plays every sequence of commands and compares each reply, and
// the number of messages in the end, with the model. Handshakes are dear, so
// with TLS the sequences are one shorter in CI.
func TestSequences(t *testing.T) {
	for _, tt := range []struct {
		name  string
		opts  smtp.Options
		info  listen.Info
		state state
		depth int
	}{
		{"mx", smtp.Options{}, listen.Info{}, state{}, 4},
		{"mx with TLS", smtp.Options{}, mx, state{canTLS: true}, 3},
		{"submission", smtp.Options{Mode: smtp.Submission}, plain, state{submission: true, plainLogin: true}, 4},
		{"submission with TLS", smtp.Options{Mode: smtp.Submission}, sub, state{submission: true, canTLS: true}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			depth := tt.depth
			if *long {
				depth = tt.depth + 2
			} else if testing.Short() {
				depth = tt.depth - 1
			}
			s := newServer(t, tt.opts, tt.info)
			count := 0
			var walk func(sequence []string)
			walk = func(sequence []string) {
				if len(sequence) == depth || len(sequence) > 0 && strings.HasPrefix(sequence[len(sequence)-1], "QUIT") {
					count++
					s.playModel(t, tt.state, sequence)
					return
				}
				for _, v := range verbs {
					walk(append(sequence[:len(sequence):len(sequence)], v))
				}
			}
			walk(nil)
			t.Logf("%d sequences up to length %d", count, depth)
		})
	}
}

// TestChunkSequences is TestSequences inside a message that comes in chunks.
func TestChunkSequences(t *testing.T) {
	depth := 3
	if *long {
		depth = 4
	} else if testing.Short() {
		depth = 2
	}
	s := newServer(t, smtp.Options{}, listen.Info{})
	var walk func(sequence []string)
	walk = func(sequence []string) {
		if len(sequence) == 3+depth || strings.HasPrefix(sequence[len(sequence)-1], "QUIT") {
			s.playModel(t, state{}, sequence)
			return
		}
		for _, v := range chunkVerbs {
			walk(append(sequence[:len(sequence):len(sequence)], v))
		}
	}
	walk([]string{"EHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<joe@x.test>"})
}

func (s *server) playModel(t *testing.T, model state, sequence []string) {
	c, end := s.open(t, context.Background())
	defer end()
	c.want("220")
	for i, verb := range sequence {
		if strings.HasPrefix(verb, "BDAT") {
			c.send(verb) // the octets are in it
		} else {
			c.send(verb + "\r\n")
		}
		code := model.next(verb)
		r := c.reply()
		if r == nil || !strings.HasPrefix(r.Error(), code) {
			t.Fatalf("%q, command %d: got %v, want %s", sequence, i+1, r, code)
		}
		switch {
		case code == "354":
			c.do("text\r\n.", "250")
		case verb == "STARTTLS" && code == "220":
			c.startTLS()
		}
	}
	if got := len(s.taken()); got != model.messages {
		t.Fatalf("%q: %d messages, want %d", sequence, got, model.messages)
	}
}
