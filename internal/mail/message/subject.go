package message

// BaseSubject gives the base subject of RFC 5256 2.1 from a decoded subject,
// and whether it was a reply or forward. Compare results without regard to case.
func BaseSubject(subject string) (base string, reply bool) { return subject, false }
