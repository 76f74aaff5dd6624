package sim

import (
	"hash/fnv"
	"strings"
	"sync"

	"tram/internal/agent/mta/smtptest"
)

// relayed is how many copies of a message the other host has taken.
type relayed struct {
	copies   int
	doubtful int // of these, its reply to the final dot was lost
}

// sink is the other host. It never takes mail for people whose address begins
// with "refused-". Of the rest it takes most at once, refuses some at first,
// and drops the connection instead of its last reply with others.
type sink struct {
	*smtptest.Host
	patient bool // takes at once what it takes at all
	mu      sync.Mutex
	met     map[string]bool // messages that have been there before
}

func startSink() (*sink, error) { return (&sink{}).start() }

// startPatient starts a host that takes all it can at once.
func startPatient() (*sink, error) { return (&sink{patient: true}).start() }

func (s *sink) start() (_ *sink, err error) {
	s.met = map[string]bool{}
	s.Host, err = smtptest.New(smtptest.Options{Hostname: "sink.test", Reply: s.reply})
	return s, err
}

func (s *sink) reply(step, arg string) string {
	switch step {
	case "RCPT":
		if strings.Contains(arg, refusedPrefix) {
			return "550 5.1.1 nobody here"
		}
	case "text":
		token := tokenOf(arg)
		if s.patient || s.again(token) {
			return ""
		}
		h := fnv.New32a()
		h.Write([]byte(token))
		switch h.Sum32() % 6 {
		case 0:
			return "451 4.3.0 not now"
		case 1:
			return "drop"
		}
	}
	return ""
}

// again reports whether a message was there before, and remembers it.
func (s *sink) again(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := s.met[token]
	s.met[token] = true
	return again
}

// taken counts what the host has, by token. A copy is counted before the 250
// goes out: from then on it is there.
func (s *sink) taken() map[string]relayed {
	all := map[string]relayed{}
	for _, m := range s.Messages() {
		token := tokenOf(string(m.Text))
		r := all[token]
		r.copies++
		if m.Doubtful {
			r.doubtful++
		}
		all[token] = r
	}
	return all
}
