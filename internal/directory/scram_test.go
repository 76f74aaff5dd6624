package directory

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"testing"
)

// TestSCRAMVector derives the keys of the example in RFC 7677 3: its server
// accepts the proof that the RFC shows, and answers with its signature.
func TestSCRAMVector(t *testing.T) {
	salt, _ := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
	salted, err := pbkdf2.Key(sha256.New, "pencil", salt, 4096, sha256.Size)
	must(t, err)
	k := keysFrom(salted)
	auth := "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
		"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
	proof, _ := base64.StdEncoding.DecodeString("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
	signature := sign(k.StoredKey[:], auth)
	client := make([]byte, len(proof))
	for i := range proof {
		client[i] = proof[i] ^ signature[i]
	}
	if sha256.Sum256(client) != k.StoredKey {
		t.Error("the proof of the RFC does not fit")
	}
	if got := base64.StdEncoding.EncodeToString(sign(k.ServerKey[:], auth)); got != "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" {
		t.Error("server signature", got)
	}
}

func sign(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func TestSCRAM(t *testing.T) {
	d := newDirectory(t, Options{DefaultDomain: "a.example"})
	ctx := t.Context()
	addDomain(t, d, "a.example")
	an, err := d.AddAccount(ctx, Account{Address: "an@a.example"}, "bí mật")
	must(t, err)
	k, err := d.SCRAM(ctx, "AN")
	must(t, err)
	if k.Account != uint64(an.ID) || k.Address != "an@a.example" || k.Iterations < 4096 || len(k.Salt) != scramSalt {
		t.Errorf("%+v", k)
	}
	salted, err := pbkdf2.Key(sha256.New, "bí mật", k.Salt, k.Iterations, sha256.Size)
	must(t, err)
	if want := keysFrom(salted); want.StoredKey != k.StoredKey || want.ServerKey != k.ServerKey {
		t.Error("keys are not those of the password")
	}

	invented, err := d.SCRAM(ctx, "nobody@a.example")
	must(t, err)
	again, err := d.SCRAM(ctx, "NOBODY")
	must(t, err)
	if invented.Account != 0 || len(invented.Salt) != len(k.Salt) || invented.Iterations != k.Iterations {
		t.Errorf("an unknown login can be told: %+v", invented)
	}
	if !bytes.Equal(invented.Salt, again.Salt) || bytes.Equal(invented.Salt, k.Salt) {
		t.Error("the invented salt changes")
	}
	reopened, err := Open(ctx, d.db, Options{DefaultDomain: "a.example"})
	must(t, err)
	if after, _ := reopened.SCRAM(ctx, "nobody"); !bytes.Equal(after.Salt, invented.Salt) {
		t.Error("the invented salt changes with a restart")
	}

	// A new password has new keys; one that came as a hash has none, nor has a
	// disabled account.
	must(t, d.SetPassword(ctx, an.ID, "other"))
	if now, _ := d.SCRAM(ctx, "an"); now.StoredKey == k.StoredKey || now.Account == 0 {
		t.Error("keys of the old password")
	}
	an.Disabled = true
	must(t, d.UpdateAccount(ctx, an))
	if now, _ := d.SCRAM(ctx, "an"); now.Account != 0 {
		t.Error("keys of a disabled account")
	}
	an.Disabled = false
	must(t, d.UpdateAccount(ctx, an))
	must(t, d.SetPasswordHash(ctx, an.ID, cheap()))
	if now, _ := d.SCRAM(ctx, "an"); now.Account != 0 {
		t.Error("keys without a password")
	}
}

// TestCRAMMD5 has the example of RFC 2195 2.
func TestCRAMMD5(t *testing.T) {
	challenge := []byte("<1896.697170952@postoffice.reston.mci.net>")
	for _, password := range []string{"tanstaaftanstaaf", string(bytes.Repeat([]byte("long"), 40))} {
		m := hmac.New(md5.New, []byte(password))
		m.Write(challenge)
		digest := m.Sum(nil)
		for _, on := range []bool{true, false} {
			d := newDirectory(t, Options{CRAMMD5: on})
			ctx := t.Context()
			addDomain(t, d, "a.example")
			tim, err := d.AddAccount(ctx, Account{Address: "tim@a.example"}, password)
			must(t, err)
			id, login, err := d.VerifyCRAMMD5(ctx, "Tim@a.example", challenge, digest)
			if !on {
				wants(t, "switched off", err, ErrAuth)
				continue
			}
			if err != nil || id != uint64(tim.ID) || login != "tim@a.example" {
				t.Error(id, login, err)
			}
			_, _, err = d.VerifyCRAMMD5(ctx, "tim@a.example", []byte("<other>"), digest)
			wants(t, "another challenge", err, ErrAuth)
			_, _, err = d.VerifyCRAMMD5(ctx, "nobody@a.example", challenge, digest)
			wants(t, "unknown login", err, ErrAuth)
			_, _, err = d.Authenticate(ctx, "tim@a.example", password, netip.Addr{})
			must(t, err)
		}
	}
}
