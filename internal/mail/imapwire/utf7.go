package imapwire

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Mailbox names travel in modified UTF-7 (RFC 3501 5.1.3): printable ASCII as
// it is, "&" as "&-", everything else as "&" base64-of-UTF-16 "-", with "," for
// "/" in the base64 and without padding.

const utf7Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,"

var utf7Values = makeUTF7Values()

func makeUTF7Values() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, c := range []byte(utf7Alphabet) {
		t[c] = int8(i)
	}
	return t
}

func isPrintable(r rune) bool { return 0x20 <= r && r <= 0x7e }

// AppendUTF7 appends s, which is UTF-8, in modified UTF-7. Bytes that are not
// UTF-8 become U+FFFD.
func AppendUTF7(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '&':
			dst = append(dst, "&-"...)
		case isPrintable(r):
			dst = append(dst, byte(r))
		default:
			n := 0
			for n < len(s)-i {
				r, size := utf8.DecodeRuneInString(s[i+n:])
				if isPrintable(r) {
					break
				}
				n += size
			}
			dst = appendShifted(dst, s[i:i+n])
			size = n
		}
		i += size
	}
	return dst
}

// appendShifted appends one "&...-" run.
func appendShifted(dst []byte, s string) []byte {
	dst = append(dst, '&')
	var bits uint32
	var n uint
	put := func(unit uint16) {
		bits, n = bits<<16|uint32(unit), n+16
		for n >= 6 {
			n -= 6
			dst = append(dst, utf7Alphabet[bits>>n&63])
		}
	}
	for _, r := range s {
		if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
			put(uint16(hi))
			put(uint16(lo))
		} else {
			put(uint16(r))
		}
	}
	if n > 0 {
		dst = append(dst, utf7Alphabet[bits<<(6-n)&63])
	}
	return append(dst, '-')
}

// DecodeUTF7 reads modified UTF-7. It takes only the one spelling that
// AppendUTF7 gives, so that no mailbox has two names.
func DecodeUTF7(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !isPrintable(rune(c)) {
			return "", false
		}
		if c != '&' {
			out = append(out, c)
			continue
		}
		end := i + 1
		for end < len(s) && s[end] != '-' {
			end++
		}
		if end == len(s) {
			return "", false
		}
		if end == i+1 {
			out = append(out, '&')
			i = end
			continue
		}
		var ok bool
		if out, ok = appendUnshifted(out, s[i+1:end]); !ok {
			return "", false
		}
		if end+2 < len(s) && s[end+1] == '&' && s[end+2] != '-' {
			return "", false // "-&" between two runs: a null shift
		}
		i = end
	}
	return view(out), true
}

// appendUnshifted decodes the inside of "&...-".
func appendUnshifted(dst []byte, s string) ([]byte, bool) {
	var bits uint32
	var n uint
	var high rune
	for i := range len(s) {
		v := utf7Values[s[i]]
		if v < 0 {
			return nil, false
		}
		bits, n = bits<<6|uint32(v), n+6
		if n < 16 {
			continue
		}
		n -= 16
		r := rune(bits >> n & 0xffff)
		switch {
		case high != 0:
			if r = utf16.DecodeRune(high, r); r == utf8.RuneError {
				return nil, false
			}
			high = 0
		case utf16.IsSurrogate(r):
			if r >= 0xdc00 {
				return nil, false
			}
			high = r
			continue
		case isPrintable(r) || r == 0:
			return nil, false
		}
		dst = utf8.AppendRune(dst, r)
	}
	// What is left over is padding: less than a character, and zero.
	return dst, high == 0 && n < 6 && bits&(1<<n-1) == 0
}
