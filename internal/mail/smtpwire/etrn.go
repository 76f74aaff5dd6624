package smtpwire

// maxDomain is the longest domain name (RFC 1035 2.3.4), without the dot
// behind it.
const maxDomain = 253

var errETRN = NewReply(501, "5.5.4", "Syntax: ETRN <domain>, or ETRN @<domain> for its subdomains too")

// ParseETRN parses the argument of ETRN (RFC 1985 5): a domain, with an "@" in
// front for its subdomains too. Named queues ("#") do not exist here. domain is
// in small letters and safe to be repeated in a reply.
func ParseETRN(arg []byte) (domain string, subdomains bool, err error) {
	if len(arg) > 0 && arg[0] == '@' {
		subdomains, arg = true, arg[1:]
	}
	if len(arg) == 0 || len(arg) > maxDomain || arg[0] == '.' || arg[len(arg)-1] == '.' {
		return "", false, errETRN
	}
	name := make([]byte, len(arg))
	for i, c := range arg {
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '.' && name[i-1] != '.':
		default:
			return "", false, errETRN
		}
		name[i] = c
	}
	return string(name), subdomains, nil
}
