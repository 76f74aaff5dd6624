// Package login is what the doors share about logging in: which mechanisms are
// offered on a connection, and which account stands behind an exchange.
//
//	d := login.Desk{Auth: auth, Remote: remote, Binding: login.BindingOf(state, config)}
//	offer := d.Mechanisms()                       // "SCRAM-SHA-256-PLUS … PLAIN LOGIN"
//	m := d.Mechanism(ctx, "PLAIN")                // nil: not offered
//	… run the exchange …
//	account, address := d.Who()                   // when it is done
//
// Passwords are checked by Authenticate; SCRAM needs an Authenticator that also
// keeps keys ([Keeper]), CRAM-MD5 one that keeps its secrets ([Verifier]). An exchange that
// fails for want of the right password is directory.ErrAuth, whatever the
// mechanism.
package login

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"tram/internal/directory"
	"tram/internal/mail/sasl"
)

// Authenticator checks passwords. A wrong one is directory.ErrAuth; any other
// error means that it could not be checked now. canonical is the login address.
type Authenticator interface {
	Authenticate(ctx context.Context, login, password string, remote netip.Addr) (account uint64, canonical string, err error)
}

// Keeper is an Authenticator that keeps keys for SCRAM. Unknown logins have
// invented ones, with Account 0.
type Keeper interface {
	SCRAM(ctx context.Context, login string) (directory.Keys, error)
}

// Verifier is an Authenticator that can check CRAM-MD5.
type Verifier interface {
	VerifyCRAMMD5(ctx context.Context, login string, challenge, digest []byte) (account uint64, canonical string, err error)
}

// Offers are the mechanisms that an administrator wants besides PLAIN and LOGIN.
type Offers struct {
	SCRAM   bool // SCRAM-SHA-256
	Plus    bool // SCRAM-SHA-256-PLUS too, under TLS
	CRAMMD5 bool
}

// Policy is an Authenticator whose administrator has chosen. Of one without it
// everything is offered but CRAM-MD5.
type Policy interface {
	Offers() Offers
}

// offersOf is what is both wanted and possible.
func offersOf(auth Authenticator, binding sasl.Binding) Offers {
	o := Offers{SCRAM: true, Plus: true}
	if p, ok := auth.(Policy); ok {
		o = p.Offers()
	}
	_, keeps := auth.(Keeper)
	_, verifies := auth.(Verifier)
	o.SCRAM = o.SCRAM && keeps
	o.Plus = o.Plus && o.SCRAM && !binding.Empty()
	o.CRAMMD5 = o.CRAMMD5 && verifies
	return o
}

// Judge is an Authenticator that wants to know how the exchanges ended that it
// does not decide itself.
type Judge interface {
	Judged(err error)
}

// Guard is an Authenticator that limits guesses.
type Guard interface {
	// May is asked before a login is looked at; its error is the answer.
	May(ctx context.Context, login, guess string, from netip.Addr) error
	// Ended is told how it ended.
	Ended(login, guess string, from netip.Addr, err error)
}

// Desk is where one session logs in.
type Desk struct {
	Auth     Authenticator
	Hostname string     // of the server, for challenges
	Remote   netip.Addr // of the client
	Binding  sasl.Binding

	account uint64
	address string
	tried   string // login
}

// Mechanisms lists what Mechanism knows, best first.
func (d *Desk) Mechanisms() string { return Mechanisms(d.Auth, d.Binding) }

// Mechanisms lists the names of the mechanisms that auth and a connection with
// that binding allow, best first, with spaces between them.
func Mechanisms(auth Authenticator, binding sasl.Binding) string {
	var names []string
	o := offersOf(auth, binding)
	if o.Plus {
		names = append(names, "SCRAM-SHA-256-PLUS")
	}
	if o.SCRAM {
		names = append(names, "SCRAM-SHA-256")
	}
	if o.CRAMMD5 {
		names = append(names, "CRAM-MD5")
	}
	return strings.Join(append(names, sasl.PasswordMechanisms), " ")
}

// Mechanism returns the mechanism of a name in any case, or nil when it is not
// offered.
func (d *Desk) Mechanism(ctx context.Context, name string) sasl.Mechanism {
	offered := false
	for known := range strings.FieldsSeq(d.Mechanisms()) {
		offered = offered || strings.EqualFold(known, name)
	}
	if !offered {
		return nil
	}
	switch name = strings.ToUpper(name); name {
	case "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS":
		binding := d.Binding
		if !offersOf(d.Auth, binding).Plus {
			binding = sasl.Binding{} // a client that saw no offer is right to say so
		}
		return &judged{sasl.NewSCRAM(d.lookUp(ctx), binding, name == "SCRAM-SHA-256-PLUS"), d}
	case "CRAM-MD5":
		return sasl.NewCRAMMD5(d.Hostname, d.checkDigest(ctx))
	}
	return sasl.New(name, func(login, password string) error { return d.Password(ctx, login, password) })
}

// Who is the account that the exchange has proved, 0 and "" before.
func (d *Desk) Who() (account uint64, address string) { return d.account, d.address }

// Tried is the login of the last attempt, for logs.
func (d *Desk) Tried() string { return d.tried }

// Judged reports whether err is a verdict about a login, good for logs and for
// slowing down, and not a fault of the exchange itself.
func (d *Desk) Judged(err error) bool {
	for _, fault := range []error{sasl.ErrCancelled, sasl.ErrEncoding, sasl.ErrMalformed, sasl.ErrIdentity} {
		if errors.Is(err, fault) {
			return false
		}
	}
	return d.tried != ""
}

// Password checks a password that came without an exchange.
func (d *Desk) Password(ctx context.Context, login, password string) error {
	d.tried = login
	if err := d.may(ctx, login, password); err != nil {
		return err
	}
	account, address, err := d.Auth.Authenticate(ctx, login, password, d.Remote)
	d.ended(login, password, err)
	if err != nil {
		return err
	}
	d.account, d.address = account, address
	return nil
}

// may asks whether a login may be tried once more.
func (d *Desk) may(ctx context.Context, login, guess string) error {
	if g, ok := d.Auth.(Guard); ok {
		return g.May(ctx, login, guess, d.Remote)
	}
	return nil
}

func (d *Desk) ended(login, guess string, err error) {
	if g, ok := d.Auth.(Guard); ok {
		g.Ended(login, guess, d.Remote, err)
	}
}

func (d *Desk) lookUp(ctx context.Context) sasl.LookUp {
	return func(login string) (sasl.Keys, error) {
		d.tried = login
		if err := d.may(ctx, login, ""); err != nil {
			return sasl.Keys{}, err
		}
		k, err := d.Auth.(Keeper).SCRAM(ctx, login)
		if err != nil {
			return sasl.Keys{}, err
		}
		d.account, d.address = k.Account, k.Address
		return sasl.Keys{Salt: k.Salt, Iterations: k.Iterations, StoredKey: k.StoredKey, ServerKey: k.ServerKey}, nil
	}
}

func (d *Desk) checkDigest(ctx context.Context) sasl.CheckDigest {
	return func(login string, challenge, digest []byte) error {
		d.tried = login
		if err := d.may(ctx, login, ""); err != nil {
			return err
		}
		account, address, err := d.Auth.(Verifier).VerifyCRAMMD5(ctx, login, challenge, digest)
		d.ended(login, "", err)
		if err != nil {
			return err
		}
		d.account, d.address = account, address
		return nil
	}
}

// judged is SCRAM with the last word of the desk: a proof for an account that
// does not exist is none, and what failed is a wrong password.
type judged struct {
	sasl.Mechanism
	desk *Desk
}

func (j *judged) Next(response []byte) ([]byte, bool, error) {
	challenge, done, err := j.Mechanism.Next(response)
	if errors.Is(err, sasl.ErrProof) || errors.Is(err, sasl.ErrBinding) || done && j.desk.account == 0 {
		done, err = false, fmt.Errorf("%w (%w)", directory.ErrAuth, cmp.Or(err, sasl.ErrProof))
	}
	if err != nil {
		j.desk.account, j.desk.address = 0, ""
	}
	if done || errors.Is(err, directory.ErrAuth) {
		j.desk.ended(j.desk.tried, "", err)
	}
	if who, ok := j.desk.Auth.(Judge); ok && (done || errors.Is(err, directory.ErrAuth)) {
		who.Judged(err)
	}
	return challenge, done, err
}

// BindingOf is what names a TLS connection. config is that of the server, for
// its certificate; nil, or a state of nil, gives no binding of that kind.
func BindingOf(state *tls.ConnectionState, config *tls.Config) sasl.Binding {
	if state == nil {
		return sasl.Binding{}
	}
	return sasl.Binding{Exporter: exporter(state), EndPoint: endPoint(state, config)}
}
