package directory

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/secure/precis"
)

// New passwords are hashed with argon2id, 12 MiB, three passes, one lane: one
// of the settings that OWASP calls equal in strength (19 MiB and two passes,
// 12 and 3, 9 and 4, 7 and 5). On a machine with two cores it costs 26 ms and,
// with a hash running on each core, 24 MiB: small beside the rest of a server
// with 256 MiB, and a thousand accounts are imported in 15 seconds.
const (
	argonMemory  = 12 << 10 // KiB
	argonPasses  = 3
	argonLanes   = 1
	argonSalt    = 16
	argonKey     = 32
	argonVersion = argon2.Version
)

// Bounds of hashes from elsewhere: a stored hash decides how much work a login
// is, so it must not be able to stop the machine.
const (
	maxArgonMemory = 256 << 10 // KiB
	maxArgonPasses = 16
	maxArgonLanes  = 16
	maxArgonBytes  = 64 // of salt, of key
	minArgonBytes  = 8
	maxBcryptCost  = 14
	maxHash        = 512 // bytes of text
)

var (
	errScheme       = errors.New("the hash is none of $argon2id$, $2a$, $2b$ and $2y$")
	errArgonForm    = errors.New("the hash is not $argon2id$v=19$m=…,t=…,p=…$salt$key")
	errArgonBounds  = fmt.Errorf("the argon2id parameters exceed m=%d,t=%d,p=%d", maxArgonMemory, maxArgonPasses, maxArgonLanes)
	errBcryptBounds = fmt.Errorf("the bcrypt cost exceeds %d", maxBcryptCost)
	errPassword     = errors.New("the password holds control characters or is not UTF-8")
	errPasswordLong = fmt.Errorf("the password has more than %d bytes", MaxPassword)
)

// prepare is RFC 8265 4.2 (OpaqueString): the same password typed on two
// keyboards gives the same bytes. Plain ASCII stays as it is.
func prepare(password string) (string, error) {
	if len(password) > MaxPassword {
		return "", invalid("password", errPasswordLong)
	}
	p, err := precis.OpaqueString.String(password)
	if err != nil {
		return "", invalid("password", errPassword)
	}
	return p, nil
}

// argonHash is a parsed argon2id hash.
type argonHash struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

// newArgonHash hashes a prepared password with a new salt.
func newArgonHash(password string) argonHash {
	h := argonHash{memory: argonMemory, passes: argonPasses, lanes: argonLanes, salt: make([]byte, argonSalt)}
	rand.Read(h.salt)
	h.key = h.derive(password, argonKey)
	return h
}

func (h argonHash) derive(password string, size int) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.lanes, uint32(size))
}

func (h argonHash) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.derive(password, len(h.key)), h.key) == 1
}

// String is the PHC form.
func (h argonHash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argonVersion, h.memory, h.passes, h.lanes,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.key))
}

func parseArgon(s string) (h argonHash, err error) {
	f := strings.Split(s, "$") // "", argon2id, v=19, m=…, salt, key
	if len(f) != 6 || f[1] != "argon2id" || f[2] != "v="+strconv.Itoa(argonVersion) {
		return h, errArgonForm
	}
	p := strings.Split(f[3], ",")
	if len(p) != 3 {
		return h, errArgonForm
	}
	memory, errM := parameter(p[0], "m=")
	passes, errT := parameter(p[1], "t=")
	lanes, errP := parameter(p[2], "p=")
	salt, errS := base64.RawStdEncoding.DecodeString(f[4])
	key, errK := base64.RawStdEncoding.DecodeString(f[5])
	if errors.Join(errM, errT, errP, errS, errK) != nil {
		return h, errArgonForm
	}
	if memory > maxArgonMemory || passes > maxArgonPasses || lanes > maxArgonLanes || passes == 0 || lanes == 0 ||
		min(len(salt), len(key)) < minArgonBytes || max(len(salt), len(key)) > maxArgonBytes {
		return h, errArgonBounds
	}
	return argonHash{memory: uint32(memory), passes: uint32(passes), lanes: uint8(lanes), salt: salt, key: key}, nil
}

func parameter(s, name string) (uint64, error) {
	digits, ok := strings.CutPrefix(s, name)
	if !ok {
		return 0, errArgonForm
	}
	return strconv.ParseUint(digits, 10, 32)
}

// acceptHash checks a hash from elsewhere. The scheme in braces that Dovecot
// writes in front is taken off.
func acceptHash(hash string) (string, error) {
	for _, brace := range []string{"{ARGON2ID}", "{BLF-CRYPT}", "{CRYPT}"} {
		hash = strings.TrimPrefix(hash, brace)
	}
	if _, err := Scheme(hash); err != nil {
		return "", invalid("password hash", err)
	}
	return hash, nil
}

// Scheme returns the name of the scheme of a password hash, argon2id or
// bcrypt, or says why the hash is not accepted.
func Scheme(hash string) (string, error) {
	switch {
	case len(hash) > maxHash:
		return "", errScheme
	case strings.HasPrefix(hash, "$argon2id$"):
		_, err := parseArgon(hash)
		return "argon2id", err
	case isBcrypt(hash):
		cost, err := bcrypt.Cost([]byte(hash))
		if err == nil && cost > maxBcryptCost {
			err = errBcryptBounds
		}
		return "bcrypt", err
	}
	return "", errScheme
}

func isBcrypt(hash string) bool {
	return strings.HasPrefix(hash, "$2a$") || strings.HasPrefix(hash, "$2b$") || strings.HasPrefix(hash, "$2y$")
}

// matches checks a prepared password against a stored hash. The error is about
// the hash.
func matches(hash, password string) (bool, error) {
	if isBcrypt(hash) {
		err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
		if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			return false, nil
		}
		return err == nil, err
	}
	h, err := parseArgon(hash)
	return err == nil && h.matches(password), err
}

// workers is how many hashes are computed at once: each fills a core and
// argonMemory.
func workers() int { return runtime.GOMAXPROCS(0) }
