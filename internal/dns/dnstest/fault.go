package dnstest

import (
	"strings"

	wire "github.com/miekg/dns"
)

// Fault is a way to misbehave.
type Fault uint8

// The faults.
const (
	None       Fault = iota
	Drop             // no answer
	ServFail         // SERVFAIL
	Refused          // REFUSED
	Referral         // not authoritative, no recursion, no records: a server that does not resolve
	FormErr          // FORMERR when the query has EDNS0, as servers from before 1999
	Truncated        // cut by UDP, whole by TCP
	WrongID          // by UDP first a forged answer with another id, then the real one
	WrongName        // by UDP first a forged answer to another question, then the real one
	OnlyForged       // by UDP forged answers, and never the real one
	Garbage          // bytes that are no message at all
	Bare             // SERVFAIL that does not repeat the question
)

// SetFault makes the server misbehave for a name and a type ("MX", or "" for
// all types) until it is set to None.
func (s *Server) SetFault(name, typ string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[question{wire.Fqdn(strings.ToLower(name)), wire.StringToType[typ]}] = f
}

// apply changes the response, or sends something itself, as the fault
// demands. It reports whether the response is to be sent.
func (f Fault) apply(w wire.ResponseWriter, m, query *wire.Msg, tcp bool) bool {
	switch f {
	case Drop:
		return false
	case ServFail:
		refuse(m, wire.RcodeServerFailure)
	case Refused:
		refuse(m, wire.RcodeRefused)
	case Referral:
		refuse(m, wire.RcodeSuccess)
		m.Authoritative, m.RecursionAvailable = false, false
	case FormErr:
		if query.IsEdns0() != nil {
			refuse(m, wire.RcodeFormatError)
			m.Extra = nil
		}
	case Truncated:
		if !tcp {
			m.Truncated, m.Answer = true, nil
		}
	case WrongID, WrongName, OnlyForged:
		if !tcp {
			f.forge(w, m)
		}
		return tcp || f != OnlyForged
	case Garbage:
		w.Write([]byte("no message"))
		return false
	case Bare:
		refuse(m, wire.RcodeServerFailure)
		m.Question, m.Extra = nil, nil
	}
	return true
}

func refuse(m *wire.Msg, rcode int) {
	m.Rcode, m.Answer, m.Ns = rcode, nil, nil
}

// forge sends what somebody off the path could send: an answer that says that
// the name does not exist, without knowing the id or the question.
func (f Fault) forge(w wire.ResponseWriter, m *wire.Msg) {
	forged := m.Copy()
	refuse(forged, wire.RcodeNameError)
	if f != WrongName {
		forged.Id ^= 0x5555
	}
	if f != WrongID {
		forged.Question[0].Name = "forged.example."
	}
	for range 3 {
		w.WriteMsg(forged)
	}
}
