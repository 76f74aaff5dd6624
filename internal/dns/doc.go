// Package dns asks the questions that mail has for the DNS: which hosts take
// mail for a domain, which addresses a host has, and what its TXT and PTR
// records say.
//
// It is a stub resolver. It sends its queries to recursive resolvers, those of
// the configuration or of /etc/resolv.conf, and trusts their answers as far as
// mail always has: a response counts only when it comes from the address that
// was asked, to the random port that asked, with the random id and the
// question of the query. Queries carry EDNS0 and go by UDP, again by TCP when
// the answer was cut.
//
//	r, err := dns.New(dns.Options{})
//	set, err := r.LookupMX(ctx, "example.org")
//	switch {
//	case errors.Is(err, dns.ErrNullMX):    // the domain takes no mail, for good
//	case errors.Is(err, dns.ErrNotFound):  // no such domain, for good
//	case err != nil:                       // trouble: try again later
//	}
//
// # Errors
//
// Every failure is an [*Error] and one of two kinds. The DNS said no:
// [ErrNXDomain] and [ErrNoData] (both are [ErrNotFound]), [ErrNullMX] and
// [ErrBadName]. Or the DNS did not say: timeouts, SERVFAIL, refusals and used
// up budgets, for which [Error.Temporary] is true. Only the first kind may
// ever bounce a message.
//
// # Limits
//
// Answers are remembered for their TTL in a cache of bounded size; questions
// asked by many at once are sent once. What one message may cost is bounded by
// [WithBudget], what one lookup may take by Options.Total.
package dns
