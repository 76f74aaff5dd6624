package login_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/xdg-go/scram"

	"tram/internal/access/listen/login"
	"tram/internal/directory"
	"tram/internal/mail/sasl"
)

// keeper knows ann@x.test with the password "pencil".
type keeper struct {
	cram, noPlus bool
	judged       []error
}

func (*keeper) Authenticate(_ context.Context, name, password string, _ netip.Addr) (uint64, string, error) {
	if name == "ann" && password == "pencil" {
		return 1024, "ann@x.test", nil
	}
	return 0, "", directory.ErrAuth
}

func (k *keeper) SCRAM(_ context.Context, name string) (directory.Keys, error) {
	factors := scram.KeyFactors{Salt: "0123456789abcdef", Iters: 4096}
	client, err := scram.SHA256.NewClient("ann", "pencil", "")
	if err != nil {
		return directory.Keys{}, err
	}
	stored, err := client.GetStoredCredentialsWithError(factors)
	if err != nil {
		return directory.Keys{}, err
	}
	keys := directory.Keys{Salt: []byte(factors.Salt), Iterations: factors.Iters}
	copy(keys.StoredKey[:], stored.StoredKey)
	copy(keys.ServerKey[:], stored.ServerKey)
	switch name {
	case "ann":
		keys.Account, keys.Address = 1024, "ann@x.test"
	case "broken":
		return keys, errors.New("the disk is on fire")
	case "ghost": // even with the right password
	default:
		keys.StoredKey[0]++
	}
	return keys, nil
}

func (k *keeper) Offers() login.Offers {
	return login.Offers{SCRAM: true, Plus: !k.noPlus, CRAMMD5: k.cram}
}

func (k *keeper) Judged(err error) { k.judged = append(k.judged, err) }

func (k *keeper) VerifyCRAMMD5(_ context.Context, name string, challenge, digest []byte) (uint64, string, error) {
	m := hmac.New(md5.New, []byte("pencil"))
	m.Write(challenge)
	if name != "ann" || !hmac.Equal(digest, m.Sum(nil)) {
		return 0, "", directory.ErrAuth
	}
	return 1024, "ann@x.test", nil
}

// channel is a TLS connection and how both ends see it.
type channel struct {
	client, server tls.ConnectionState
	config         *tls.Config
}

func newChannel(t *testing.T, version uint16) channel {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pair := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	config := &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair, nil }, MaxVersion: version}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	server, client := tls.Server(b, config), tls.Client(a, &tls.Config{InsecureSkipVerify: true})
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	if err := errors.Join(client.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	return channel{client.ConnectionState(), server.ConnectionState(), config}
}

// converse runs a client of another author against a mechanism.
func converse(desk *login.Desk, name string, client *scram.ClientConversation) error {
	m := desk.Mechanism(context.Background(), name)
	if m == nil {
		return errors.New("not offered")
	}
	x := sasl.NewExchange(m)
	text, err := client.Step("")
	if err != nil {
		return err
	}
	challenge, done, err := x.Start([]byte(base64.StdEncoding.EncodeToString([]byte(text))), true)
	for err == nil && !done {
		raw, derr := base64.StdEncoding.DecodeString(challenge)
		if derr != nil {
			return derr
		}
		if client.Done() {
			text = ""
		} else if text, err = client.Step(string(raw)); err != nil {
			return fmt.Errorf("client: %w", err)
		}
		challenge, done, err = x.Next([]byte(base64.StdEncoding.EncodeToString([]byte(text))))
	}
	if err == nil && !client.Valid() {
		return errors.New("the server did not prove itself")
	}
	return err
}

func user(t *testing.T, name, password string) *scram.Client {
	t.Helper()
	c, err := scram.SHA256.NewClient(name, password, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSCRAM(t *testing.T) {
	for name, tt := range map[string]struct {
		user, password string
		want           error
	}{
		"right": {"ann", "pencil", nil}, "wrong password": {"ann", "pen", directory.ErrAuth},
		"unknown": {"bob", "pencil", directory.ErrAuth}, "no account behind it": {"ghost", "pencil", directory.ErrAuth},
	} {
		t.Run(name, func(t *testing.T) {
			k := &keeper{}
			desk := &login.Desk{Auth: k}
			err := converse(desk, "scram-sha-256", user(t, tt.user, tt.password).NewConversation())
			account, address := desk.Who()
			if !errors.Is(err, tt.want) || (account == 1024 && address == "ann@x.test") != (tt.want == nil) || desk.Tried() != tt.user {
				t.Errorf("%v, account %d %q, tried %q", err, account, address, desk.Tried())
			}
			if len(k.judged) != 1 || !errors.Is(k.judged[0], tt.want) || tt.want != nil && !desk.Judged(err) {
				t.Errorf("judged %v", k.judged)
			}
		})
	}
	desk := &login.Desk{Auth: &keeper{}}
	if err := converse(desk, "SCRAM-SHA-256", user(t, "broken", "x").NewConversation()); err == nil || errors.Is(err, directory.ErrAuth) {
		t.Errorf("trouble is no wrong password: %v", err)
	}
}

// TestSCRAMPlus binds the exchange to the connection, in both ways and under
// both versions of TLS.
func TestSCRAMPlus(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c, other := newChannel(t, version), newChannel(t, version)
		for kind, bind := range map[string]func(*tls.ConnectionState) (scram.ChannelBinding, error){
			"exporter": scram.NewTLSExporterBinding, "end point": scram.NewTLSServerEndpointBinding,
		} {
			t.Run(tls.VersionName(version)+"/"+kind, func(t *testing.T) {
				binding := login.BindingOf(&c.server, c.config)
				right, err := bind(&c.client)
				if err != nil {
					t.Skipf("the client cannot: %v", err)
				}
				wrong, err := bind(&other.client)
				if err != nil {
					t.Fatal(err)
				}
				ann := user(t, "ann", "pencil")
				try := func(name string, client *scram.ClientConversation) error {
					return converse(&login.Desk{Auth: &keeper{}, Binding: binding}, name, client)
				}
				if err := try("SCRAM-SHA-256-PLUS", ann.NewConversationWithChannelBinding(right)); err != nil {
					t.Error(err)
				}
				if err := try("SCRAM-SHA-256-PLUS", ann.NewConversationWithChannelBinding(wrong)); !errors.Is(err, directory.ErrAuth) {
					t.Errorf("someone in between was not noticed: %v", err)
				}
				if err := try("SCRAM-SHA-256", ann.NewConversation()); err != nil {
					t.Errorf("a client without bindings: %v", err)
				}
				// The offer of PLUS was taken out on the way.
				if err := try("SCRAM-SHA-256", ann.NewConversationAdvertisingChannelBinding()); !errors.Is(err, directory.ErrAuth) {
					t.Errorf("the downgrade was not noticed: %v", err)
				}
				if err := try("SCRAM-SHA-256-PLUS", ann.NewConversation()); err == nil {
					t.Error("PLUS without a binding")
				}
			})
		}
	}
	// Where PLUS is not offered a client may say that it could.
	bound := sasl.Binding{Exporter: []byte("x")}
	for _, desk := range []*login.Desk{{Auth: &keeper{}}, {Auth: &keeper{noPlus: true}, Binding: bound}} {
		if err := converse(desk, "SCRAM-SHA-256", user(t, "ann", "pencil").NewConversationAdvertisingChannelBinding()); err != nil {
			t.Error(err)
		}
	}
}

func TestMechanisms(t *testing.T) {
	bound := sasl.Binding{Exporter: []byte("x")}
	plain := struct{ login.Authenticator }{&keeper{}}
	for _, tt := range []struct {
		desk login.Desk
		want string
	}{
		{login.Desk{Auth: plain}, "PLAIN LOGIN"},
		{login.Desk{Auth: &keeper{noPlus: true}, Binding: bound}, "SCRAM-SHA-256 PLAIN LOGIN"},
		{login.Desk{Auth: &keeper{}}, "SCRAM-SHA-256 PLAIN LOGIN"},
		{login.Desk{Auth: &keeper{}, Binding: bound}, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN"},
		{login.Desk{Auth: &keeper{cram: true}, Binding: bound}, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN"},
	} {
		if got := tt.desk.Mechanisms(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
		for _, name := range []string{"SCRAM-SHA-256-PLUS", "scram-sha-256", "CRAM-MD5", "PLAIN", "login", "ANONYMOUS", "EXTERNAL", "", "PLAIN LOGIN"} {
			offered := strings.Contains(" "+tt.want+" ", " "+strings.ToUpper(name)+" ") && !strings.Contains(name, " ") && name != ""
			if m := tt.desk.Mechanism(t.Context(), name); (m != nil) != offered {
				t.Errorf("%s among %s: %v", name, tt.want, m)
			}
		}
	}
}

func TestCRAMMD5(t *testing.T) {
	answer := func(challenge []byte, name, password string) []byte {
		m := hmac.New(md5.New, []byte(password))
		m.Write(challenge)
		return fmt.Appendf(nil, "%s %x", name, m.Sum(nil))
	}
	seen := map[string]bool{}
	for _, tt := range []struct {
		name, password string
		want           error
	}{{"ann", "pencil", nil}, {"ann", "pen", directory.ErrAuth}, {"bob", "pencil", directory.ErrAuth}, {"", "pencil", sasl.ErrMalformed}} {
		desk := &login.Desk{Auth: &keeper{cram: true}, Hostname: "mx.test"}
		m := desk.Mechanism(t.Context(), "CRAM-MD5")
		challenge, _, err := m.Next(nil)
		if err != nil || seen[string(challenge)] || !strings.HasSuffix(string(challenge), "@mx.test>") {
			t.Fatalf("%q, %v", challenge, err)
		}
		seen[string(challenge)] = true
		_, done, err := m.Next(answer(challenge, tt.name, tt.password))
		if !errors.Is(err, tt.want) || done != (err == nil) {
			t.Errorf("%s: %v, %v", tt.name, done, err)
		}
	}
	desk := &login.Desk{Auth: &keeper{cram: true}}
	if _, _, err := desk.Mechanism(t.Context(), "CRAM-MD5").Next([]byte("ann 00")); !errors.Is(err, sasl.ErrMalformed) {
		t.Errorf("an initial response: %v", err)
	}
}
