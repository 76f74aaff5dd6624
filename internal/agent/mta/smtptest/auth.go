package smtptest

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// auth runs one login (RFC 4954). The step "AUTH" has the user as its
// argument, with the password where the client has shown it.
func (s *session) auth(arg string) bool {
	mechanism, initial, given := strings.Cut(arg, " ")
	var ok bool
	var what string
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		parts := strings.Split(decoded(initial), "\x00")
		if ok = given && len(parts) == 3; ok {
			s.user, what = parts[1], parts[1]+" "+parts[2]
		}
	case "LOGIN":
		user, password := s.ask("Username:"), s.ask("Password:")
		s.user, what, ok = user, user+" "+password, user != "" && password != ""
	case "CRAM-MD5":
		what, ok = s.cram()
	case "SCRAM-SHA-256":
		what, ok = s.scram(decoded(initial))
	}
	if !ok {
		s.user = ""
		return s.reply("AUTH", arg, "535 5.7.8 no")
	}
	return s.reply("AUTH", what, "235 2.7.0 welcome")
}

func decoded(s string) string {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(b)
}

// ask sends a challenge and returns what comes back; "" is nothing.
func (s *session) ask(challenge string) string {
	if s.send("334 "+base64.StdEncoding.EncodeToString([]byte(challenge))) != nil {
		return ""
	}
	line, err := s.r.ReadString('\n')
	if err != nil {
		return ""
	}
	s.h.note(strings.TrimRight(line, "\r\n"))
	return decoded(strings.TrimRight(line, "\r\n"))
}

// cram is CRAM-MD5 (RFC 2195).
func (s *session) cram() (user string, ok bool) {
	const challenge = "<1896.697170952@sink.example>"
	user, digest, _ := strings.Cut(s.ask(challenge), " ")
	mac := hmac.New(md5.New, []byte(s.h.o.Password))
	mac.Write([]byte(challenge))
	s.user = user
	return user, digest == hex.EncodeToString(mac.Sum(nil))
}

// scram is SCRAM-SHA-256 (RFC 7677) for names without "," and "=".
func (s *session) scram(first string) (user string, ok bool) {
	bare, found := strings.CutPrefix(first, "n,,")
	name, nonce, _ := strings.Cut(bare, ",r=")
	user = strings.TrimPrefix(name, "n=")
	if !found || nonce == "" {
		return "", false
	}
	serverFirst := "r=" + nonce + "server,s=" + base64.StdEncoding.EncodeToString([]byte("salt")) + ",i=4096"
	final := s.ask(serverFirst)
	bareFinal, proof, _ := strings.Cut(final, ",p=")
	if bareFinal != "c=biws,r="+nonce+"server" {
		return user, false
	}
	salted, err := pbkdf2.Key(sha256.New, s.h.o.Password, []byte("salt"), 4096, 32)
	if err != nil {
		return user, false
	}
	all := bare + "," + serverFirst + "," + bareFinal
	clientKey := hash(salted, "Client Key")
	stored := sha256.Sum256(clientKey)
	signature := hash(stored[:], all)
	for i := range clientKey {
		signature[i] ^= clientKey[i]
	}
	if decoded(proof) != string(signature) {
		return user, false
	}
	s.user = user
	s.ask("v=" + base64.StdEncoding.EncodeToString(hash(hash(salted, "Server Key"), all)))
	return user, true
}

func hash(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
