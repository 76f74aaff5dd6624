package message

import "strings"

// BaseSubject gives the base subject of RFC 5256 2.1 from a decoded subject,
// and whether it was that of a reply or a forwarded message. Base subjects are
// compared without regard to case.
func BaseSubject(subject string) (base string, reply bool) {
	base = strings.Join(strings.FieldsFunc(subject, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }), " ")
	for {
		var cut bool
		base, cut = trimTrailers(base)
		reply = reply || cut
		base, cut = trimLeaders(base)
		reply = reply || cut
		inner, ok := unwrapForward(base)
		if !ok {
			return base, reply
		}
		base, reply = inner, true
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// trimTrailers removes subj-trailers: "(fwd)" and blanks.
func trimTrailers(s string) (_ string, reply bool) {
	for {
		s = strings.TrimRight(s, " ")
		if !hasSuffixFold(s, "(fwd)") {
			return s, reply
		}
		s, reply = s[:len(s)-len("(fwd)")], true
	}
}

// trimLeaders removes subj-leaders ("Re:", "[list] Fwd [x]:") and then
// subj-blobs ("[list]") as long as something is left behind them.
func trimLeaders(s string) (_ string, reply bool) {
	for {
		s = strings.TrimLeft(s, " ")
		afterBlobs := s
		for {
			rest, ok := trimBlob(afterBlobs)
			if !ok {
				break
			}
			if rest == "" { // nothing would be left: the blob is the subject
				return afterBlobs, reply
			}
			afterBlobs = rest
		}
		rest, ok := trimReply(afterBlobs)
		if !ok {
			return afterBlobs, reply
		}
		s, reply = rest, true
	}
}

// trimBlob removes "[...]" and the blanks behind it.
func trimBlob(s string) (rest string, ok bool) {
	if !strings.HasPrefix(s, "[") {
		return s, false
	}
	end := strings.IndexAny(s[1:], "[]")
	if end < 0 || s[1+end] != ']' {
		return s, false
	}
	return strings.TrimLeft(s[end+2:], " "), true
}

// trimReply removes a subj-refwd: "Re:", "Fw:" or "Fwd:", with a blob before
// the colon.
func trimReply(s string) (rest string, ok bool) {
	for _, word := range [...]string{"fwd", "fw", "re"} {
		if !hasPrefixFold(s, word) {
			continue
		}
		rest, _ = trimBlob(strings.TrimLeft(s[len(word):], " "))
		if strings.HasPrefix(rest, ":") {
			return rest[1:], true
		}
	}
	return s, false
}

// unwrapForward removes "[fwd: ...]".
func unwrapForward(s string) (inner string, ok bool) {
	const open = "[fwd:"
	if !hasPrefixFold(s, open) || !strings.HasSuffix(s, "]") {
		return s, false
	}
	return s[len(open) : len(s)-1], true
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}
