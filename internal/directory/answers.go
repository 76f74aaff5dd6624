package directory

import "tram/internal/mail/address"

// answers remembers what Resolve said about the addresses that every message
// asks for several times: accounts by their own address, and domains that are
// not ours. The zero value is ready.
type answers struct {
	memo[address.Address, Resolution] // a domain that is not ours is an address without a local part
}

func (s *answers) get(a address.Address, now uint64) (Resolution, bool) {
	return s.memo.get(now, address.Address{Domain: a.Domain}, a)
}

// put remembers an answer, if it is of a kind that is worth it and nothing has
// changed since it was looked up.
func (s *answers) put(c *changes, at uint64, a address.Address, res Resolution) {
	switch {
	case a.Domain == "":
		return
	case res.Class == NotLocal:
		a.Local = ""
	case res.Class != IsAccount || res.Via != "" || a.Local == "":
		return // subaddresses and catch-alls are as many as strangers can invent
	}
	s.memo.put(c, at, a, res)
}
