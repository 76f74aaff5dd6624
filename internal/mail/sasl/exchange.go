package sasl

import "encoding/base64"

// Exchange carries a mechanism over lines of base64.
type Exchange struct {
	mechanism Mechanism
}

// NewExchange returns an exchange that has not begun.
func NewExchange(m Mechanism) *Exchange { return &Exchange{mechanism: m} }

// Name is the registered name of the mechanism.
func (x *Exchange) Name() string { return x.mechanism.Name() }

// Start begins. initial is the initial response as the command gave it, still
// in base64, "=" for an empty one (RFC 4954 4); without one, given is false.
func (x *Exchange) Start(initial []byte, given bool) (challenge string, done bool, err error) {
	switch {
	case !given:
		return x.step(nil)
	case string(initial) == "=":
		return x.step([]byte{})
	case len(initial) == 0:
		return "", false, ErrEncoding
	}
	return x.Next(initial)
}

// Next takes a line of the client, without its CRLF, and returns the next
// challenge in base64.
func (x *Exchange) Next(line []byte) (challenge string, done bool, err error) {
	if string(line) == "*" {
		return "", false, ErrCancelled
	}
	if len(line) > MaxLine {
		return "", false, ErrEncoding
	}
	response := make([]byte, base64.StdEncoding.DecodedLen(len(line)))
	n, err := decode(response, line)
	if err != nil {
		return "", false, ErrEncoding
	}
	return x.step(response[:n])
}

func (x *Exchange) step(response []byte) (string, bool, error) {
	challenge, done, err := x.mechanism.Next(response)
	if err != nil || done {
		return "", done && err == nil, err
	}
	return base64.StdEncoding.EncodeToString(challenge), false, nil
}

// decode is strict base64: the decoder of the standard library passes over
// line ends, which a line cannot have but a CR in it could.
func decode(dst, src []byte) (int, error) {
	for _, c := range src {
		if c == '\r' || c == '\n' {
			return 0, ErrEncoding
		}
	}
	return base64.StdEncoding.Strict().Decode(dst, src)
}
