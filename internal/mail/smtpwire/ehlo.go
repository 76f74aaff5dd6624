package smtpwire

import (
	"strconv"
	"strings"
)

// Offer is what a server said in its reply to EHLO, for the client.
type Offer struct {
	Extensions
	StartTLS  bool
	MaxSize   int64    // octets (RFC 1870), 0 when not stated
	AuthMechs []string // upper case, as in "PLAIN"
	MaxRcpts  int      // LIMITS RCPTMAX (RFC 9422), 0 when not stated
}

// ParseEHLO reads the reply to EHLO. Keywords that Tram does not use, and
// arguments that make no sense, are passed over.
func ParseEHLO(r *Reply) Offer {
	var o Offer
	_, lines, _ := strings.Cut(r.Text, "\n") // the first line is the greeting
	for line := range strings.SplitSeq(lines, "\n") {
		words := strings.Fields(strings.ToUpper(line))
		if len(words) == 0 {
			continue
		}
		o.add(words[0], words[1:])
	}
	return o
}

func (o *Offer) add(keyword string, args []string) {
	switch keyword {
	case "STARTTLS":
		o.StartTLS = true
	case "PIPELINING":
		o.Extensions |= Pipelining
	case "8BITMIME":
		o.Extensions |= EightBitMIME
	case "ENHANCEDSTATUSCODES":
		o.Extensions |= EnhancedCodes
	case "SMTPUTF8":
		o.Extensions |= SMTPUTF8
	case "DSN":
		o.Extensions |= DSN
	case "BINARYMIME":
		o.Extensions |= BinaryMIME
	case "SIZE":
		o.Extensions |= Size
		if len(args) > 0 {
			if n, err := strconv.ParseInt(args[0], 10, 64); err == nil && n > 0 {
				o.MaxSize = n
			}
		}
	case "AUTH":
		o.Extensions |= Auth
		o.AuthMechs = append(o.AuthMechs, args...)
	case "LIMITS":
		o.addLimits(args)
	}
}

func (o *Offer) addLimits(args []string) {
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, "RCPTMAX="); ok {
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				o.MaxRcpts = n
			}
		}
	}
}
