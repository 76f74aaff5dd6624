package directory

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// rememberFor is how long a verified password is not verified again.
const rememberFor = 5 * time.Minute

// proof stands for "this password matched this hash": an HMAC over both, under
// a key that exists only in this process. Because the stored hash, with its
// salt, is in it, a changed password voids all older proofs by itself; and
// because the account is read from the store at every login, so does
// disabling or deleting it.
type proof [sha256.Size]byte

// remembered holds recent proofs, at most MaxRemembered, in two generations:
// when the young one is half of that or older than rememberFor, it becomes the
// old one and what was old is forgotten, without any sweep.
type remembered struct {
	key [sha256.Size]byte

	mu         sync.Mutex
	young, old map[proof]time.Time // until
	born       time.Time           // of young
}

func (m *remembered) init() { rand.Read(m.key[:]) }

// proof computes the name under which a match is remembered.
func (m *remembered) proof(hash, password string) (p proof) {
	mac := hmac.New(sha256.New, m.key[:])
	mac.Write([]byte(hash)) // has no NUL
	mac.Write([]byte{0})
	mac.Write([]byte(password))
	mac.Sum(p[:0])
	return p
}

func (m *remembered) has(p proof) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, ok := m.young[p]
	if !ok {
		until, ok = m.old[p]
	}
	return ok && time.Now().Before(until)
}

func (m *remembered) add(p proof) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.young == nil || len(m.young) >= MaxRemembered/2 || now.Sub(m.born) > rememberFor {
		m.old, m.young, m.born = m.young, make(map[proof]time.Time), now
	}
	m.young[p] = now.Add(rememberFor)
}
