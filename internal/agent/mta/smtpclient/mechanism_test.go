package smtpclient

import "testing"

// TestSCRAM is the example of RFC 7677 3.
func TestSCRAM(t *testing.T) {
	const nonce = "rOprNGfwEbeRWgbNEkqO"
	s := &scram{user: "user", password: "pencil", nonce: nonce, first: "n=user,r=" + nonce}
	if first, _ := s.begin(); string(first) != "n,,n=user,r="+nonce {
		t.Errorf("%q", first)
	}
	const all = nonce + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
	final, err := s.next([]byte("r=" + all + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
	if want := "c=biws,r=" + all + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="; err != nil || string(final) != want {
		t.Errorf("%q, %v, want %q", final, err, want)
	}
	if s.done() {
		t.Error("the server has proved nothing yet")
	}
	if _, err := s.next([]byte("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")); err != nil || !s.done() {
		t.Error(err)
	}
}

func TestSCRAMRefuses(t *testing.T) {
	for _, challenge := range []string{
		"", "r=other,s=c2FsdA==,i=4096", "r=abc,s=c2FsdA==,i=4096", "r=abcd,s=!,i=4096", "r=abcd,s=c2FsdA==,i=1", "r=abcd,s=c2FsdA==,i=999999999", "m=x,r=abcd,s=c2FsdA==,i=4096",
	} {
		s := &scram{nonce: "abc", first: "n=user,r=abc"}
		if _, err := s.next([]byte(challenge)); err == nil {
			t.Errorf("%q was taken", challenge)
		}
	}
	s := &scram{nonce: "abc", first: "n=user,r=abc"}
	if _, err := s.next([]byte("r=abcd,s=c2FsdA==,i=4096")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.next([]byte("v=AAAA")); err == nil || s.done() {
		t.Error("a server that knows nothing was believed")
	}
}
