package config

import (
	"fmt"
	"slices"
	"strings"
)

// Protocol is what a listener speaks.
type Protocol string

// The protocols.
const (
	SMTP       Protocol = "smtp"       // mail from other servers, port 25
	Submission Protocol = "submission" // mail from users who log in, ports 587 and 465
	IMAP       Protocol = "imap"       // ports 143 and 993
	POP3       Protocol = "pop3"       // ports 110 and 995
	POP2       Protocol = "pop2"       // RFC 937, port 109; only where it is asked for
	LMTP       Protocol = "lmtp"       // mail from trusted programs; no usual port
)

// TLSMode says how a listener comes to TLS.
type TLSMode string

// The ways to TLS. Empty in the file means what the port is known for:
// implicit on 465, 993 and 995, otherwise starttls.
const (
	NoTLS    TLSMode = "none"
	StartTLS TLSMode = "starttls" // offered, the client asks for it
	Implicit TLSMode = "implicit" // from the first byte
)

// PlaintextLogin says who may log in without TLS.
type PlaintextLogin string

// Who may log in without TLS. The default is Loopback: a password that stays
// on the machine needs no TLS, and one that leaves it always does.
const (
	Loopback PlaintextLogin = "loopback"
	Never    PlaintextLogin = "never"
	Always   PlaintextLogin = "always"
)

// RelayTLS says whether the way to the smarthost is encrypted.
type RelayTLS string

// The ways to the smarthost.
const (
	RelayOpportunistic RelayTLS = "opportunistic" // STARTTLS when offered, any certificate
	RelayNone          RelayTLS = "none"
	RelayStartTLS      RelayTLS = "starttls" // required, certificate verified
	RelayImplicit      RelayTLS = "implicit" // required, certificate verified
)

// VRFY says whom the commands VRFY and EXPN tell the truth.
type VRFY string

// Who is told.
const (
	VRFYUsers VRFY = "users" // who has logged in, and clients that may relay
	VRFYNone  VRFY = "none"
	VRFYAll   VRFY = "all" // strangers too, who then collect addresses
)

// LogLevel is the least important line that is written.
type LogLevel string

// LogFormat is the form of a line. Auto means colours on a terminal and
// key=value text everywhere else.
type LogFormat string

// The log formats that code asks for; the levels are those of package slog.
const (
	LogAuto LogFormat = "auto"
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// UnmarshalText accepts one of the protocols.
func (p *Protocol) UnmarshalText(text []byte) error {
	return choose(p, text, SMTP, Submission, IMAP, POP3, POP2, LMTP)
}

// UnmarshalText accepts one of the choices.
func (v *VRFY) UnmarshalText(text []byte) error {
	return choose(v, text, VRFYUsers, VRFYNone, VRFYAll)
}

// UnmarshalText accepts one of the ways to TLS.
func (m *TLSMode) UnmarshalText(text []byte) error {
	return choose(m, text, NoTLS, StartTLS, Implicit)
}

// UnmarshalText accepts one of the choices.
func (p *PlaintextLogin) UnmarshalText(text []byte) error {
	return choose(p, text, Loopback, Never, Always)
}

// UnmarshalText accepts one of the choices.
func (m *RelayTLS) UnmarshalText(text []byte) error {
	return choose(m, text, RelayOpportunistic, RelayNone, RelayStartTLS, RelayImplicit)
}

// UnmarshalText accepts one of slog's levels in small letters.
func (l *LogLevel) UnmarshalText(text []byte) error {
	return choose(l, text, "debug", "info", "warn", "error")
}

// UnmarshalText accepts one of the formats.
func (f *LogFormat) UnmarshalText(text []byte) error {
	return choose(f, text, LogAuto, LogText, LogJSON)
}

// choose sets *to when the text is one of the allowed values.
func choose[T ~string](to *T, text []byte, allowed ...T) error {
	if !slices.Contains(allowed, T(text)) {
		quoted := make([]string, len(allowed))
		for i, a := range allowed {
			quoted[i] = fmt.Sprintf("%q", string(a))
		}
		return fmt.Errorf("%q is not one of %s", text, strings.Join(quoted, ", "))
	}
	*to = T(text)
	return nil
}
