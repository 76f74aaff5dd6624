package directory

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// recipientBatch is how many recipients one commit lists.
const recipientBatch = 5000

// AddRecipients lists recipients of Relayed domains and returns how many are
// new. It works in commits of 5,000; all addresses are checked before the
// first. One that is an account, alias or list already gets mail and is left
// as it is.
func (d *Directory) AddRecipients(ctx context.Context, addresses ...string) (int, error) {
	return d.eachRecipient(ctx, addresses, addRecipient)
}

// addRecipient reports whether the recipient is new.
func addRecipient(sp kv.Space, own address.Address) (bool, error) {
	dom, err := readDomain(sp, own.Domain)
	if err != nil {
		return false, err
	}
	if dom.Kind != Relayed {
		return false, invalid("recipient "+own.String(), fmt.Errorf("%s is not a relayed domain; add an account or alias", dom.Name))
	}
	key := addressKey(own.Domain, own.Local)
	if there, err := has(sp, key); err != nil || there {
		return false, err
	}
	return true, sp.Set(key, entry{}.encode())
}

// RemoveRecipients takes recipients off the lists and returns how many were
// there.
func (d *Directory) RemoveRecipients(ctx context.Context, addresses ...string) (int, error) {
	return d.eachRecipient(ctx, addresses, removeRecipient)
}

// removeRecipient reports whether the recipient was there.
func removeRecipient(sp kv.Space, own address.Address) (bool, error) {
	e, found, err := readEntry(sp, own.Domain, own.Local)
	if err != nil || !found || !e.relayed() {
		return false, err
	}
	return true, sp.Delete(addressKey(own.Domain, own.Local))
}

// eachRecipient calls fn for each address, in commits of some thousand, and
// counts how often it did something.
func (d *Directory) eachRecipient(ctx context.Context, addresses []string, fn func(kv.Space, address.Address) (bool, error)) (n int, err error) {
	owns := make([]address.Address, len(addresses))
	for i, s := range addresses {
		if owns[i], err = ownAddress(s); err != nil {
			return 0, err
		}
	}
	for part := range slices.Chunk(owns, recipientBatch) {
		done := 0
		err := d.update(ctx, func(sp kv.Space) error {
			done = 0
			for _, own := range part {
				did, err := fn(sp, own)
				if err != nil {
					return err
				}
				if did {
					done++
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n += done
	}
	return n, nil
}

// Recipients yields the listed recipients of a Relayed domain by address; ""
// means all domains. An error ends it.
func (d *Directory) Recipients(ctx context.Context, domain string) iter.Seq2[string, error] {
	return addresses(ctx, d, domain, func(_ kv.Reader, addr string, e entry) (string, bool, error) {
		return addr, e.relayed(), nil
	})
}

// unlist removes all listed recipients of a domain.
func unlist(sp kv.Space, domain string) error {
	lo, hi := addressRange(domain)
	it := sp.Scan(lo, hi)
	defer it.Close()
	for it.Next() {
		e, err := decodeEntry(it.Value())
		if err != nil {
			return err
		}
		if !e.relayed() {
			continue
		}
		if err := sp.Delete(it.Key()); err != nil {
			return err
		}
	}
	return it.Err()
}
