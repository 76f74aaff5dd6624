package smtpwire

import (
	"strconv"
	"strings"
)

// Offer is what a server said in its reply to EHLO or LHLO, for the client.
type Offer struct {
	Extensions
	StartTLS  bool
	MaxSize   int64    // octets (RFC 1870), 0 when not stated
	AuthMechs []string // upper case, as in "PLAIN"
	MinBy     int64    // least seconds of DELIVERBY with mode R (RFC 2852 2), 0 when not stated

	// LIMITS (RFC 9422), each 0 when not stated.
	MaxMails   int // MAILMAX: transactions of a connection
	MaxRcpts   int // RCPTMAX: recipients of a transaction
	MaxDomains int // RCPTDOMAINMAX: domains of the recipients of a transaction
}

// offered are the keywords that stand for themselves.
var offered = map[string]Extensions{
	"PIPELINING": Pipelining, "8BITMIME": EightBitMIME, "ENHANCEDSTATUSCODES": EnhancedCodes, "SMTPUTF8": SMTPUTF8,
	"DSN": DSN, "BINARYMIME": BinaryMIME, "SIZE": Size, "AUTH": Auth, "CHUNKING": Chunking, "REQUIRETLS": RequireTLS,
	"FUTURERELEASE": FutureRelease, "DELIVERBY": DeliverByTime, "MT-PRIORITY": MTPriority,
}

// ParseEHLO reads the reply to EHLO. Keywords that Tram does not use, and
// arguments that make no sense, are passed over.
func ParseEHLO(r *Reply) Offer {
	var o Offer
	_, lines, _ := strings.Cut(r.Text, "\n") // the first line is the greeting
	for line := range strings.SplitSeq(lines, "\n") {
		words := strings.Fields(strings.ToUpper(line))
		if len(words) > 0 {
			o.add(words[0], words[1:])
		}
	}
	if o.Extensions&Chunking == 0 {
		o.Extensions &^= BinaryMIME // it needs BDAT (RFC 3030 3)
	}
	return o
}

func (o *Offer) add(keyword string, args []string) {
	o.Extensions |= offered[keyword]
	switch keyword {
	case "STARTTLS":
		o.StartTLS = true
	case "SIZE":
		o.MaxSize = firstNumber(args)
	case "DELIVERBY":
		o.MinBy = firstNumber(args)
	case "AUTH":
		o.AuthMechs = append(o.AuthMechs, args...)
	case "LIMITS":
		for _, arg := range args {
			o.addLimit(arg)
		}
	}
}

func (o *Offer) addLimit(arg string) {
	name, value, _ := strings.Cut(arg, "=")
	n := int(min(firstNumber([]string{value}), maxLimit))
	switch name {
	case "MAILMAX":
		o.MaxMails = n
	case "RCPTMAX":
		o.MaxRcpts = n
	case "RCPTDOMAINMAX":
		o.MaxDomains = n
	}
}

// maxLimit bounds what a server can say in LIMITS: RFC 9422 allows six digits.
const maxLimit = 999_999

// firstNumber reads the first argument; 0 when it is no positive number.
func firstNumber(args []string) int64 {
	if len(args) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
