package mailstore

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync"

	"tram/internal/storage/kv"
)

// Which accounts share something with somebody is asked by every LIST, so it
// has an index of its own, in kv.Sharing: a record for each identifier, account
// and mailbox that lets the identifier look the mailbox up. The commit that
// changes a list changes the index.
//
//	g <identifier> 0 <account:8> <mailbox:4>    version
const kindGrant byte = 'g'

func appendGrantKey(dst []byte, who string, id kv.Account, m MailboxID) []byte {
	dst = append(append(dst, kindGrant), who...)
	dst = binary.BigEndian.AppendUint64(append(dst, 0), uint64(id))
	return binary.BigEndian.AppendUint32(dst, uint32(m))
}

// indexed reports whether an entry stands in the index.
func (g *Grant) indexed() bool {
	return g.Rights&anyRight != 0 && g.Who[0] != '-' && g.Who != WhoOwner
}

// errNeedsSharing makes update run once more, with the index in the
// transaction. Most changes of most accounts do not need it.
var errNeedsSharing = errors.New("mailstore: the transaction needs the index of grants")

// setACL writes the list of a mailbox and what follows from it.
func (t *tx) setACL(b *box, was, is ACL) error {
	if slices.Equal(was, is) {
		return nil
	}
	if t.sharing == nil {
		return errNeedsSharing
	}
	for i := range was {
		if was[i].indexed() {
			if err := t.sharing.Delete(appendGrantKey(nil, was[i].Who, t.id, b.id)); err != nil {
				return err
			}
		}
	}
	for i := range is {
		if is[i].indexed() {
			if err := t.sharing.Set(appendGrantKey(nil, is[i].Who, t.id, b.id), []byte{version1}); err != nil {
				return err
			}
		}
	}
	b.change.rights, t.regrant = true, true
	key := appendBoxKey(nil, kindACL, b.id)
	if len(is) == 0 {
		return t.space.Delete(key)
	}
	return t.space.Set(key, is.append(nil))
}

// dropACL removes the list of a mailbox that is deleted (RFC 4314 4).
func (t *tx) dropACL(b *box) error {
	was, err := readACL(t.space, b.id)
	if errors.Is(err, ErrCorrupt) {
		return t.space.Delete(appendBoxKey(nil, kindACL, b.id))
	}
	if err != nil {
		return err
	}
	return t.setACL(b, was, nil)
}

// inheritACL gives a new mailbox the list of the nearest mailbox above it (RFC
// 4314 4).
func (t *tx) inheritACL(b *box, name string) error {
	for above := parentOf(name); above != ""; above = parentOf(above) {
		id, err := readName(t.space, above)
		if errors.Is(err, ErrNoMailbox) {
			continue
		}
		if err != nil {
			return err
		}
		list, err := readACL(t.space, id)
		if err != nil {
			return err
		}
		return t.setACL(b, nil, list)
	}
	return nil
}

// parentOf returns the name one level up, "" for a top level.
func parentOf(name string) string {
	i := strings.LastIndexByte(name, '/')
	return name[:max(i, 0)]
}

// ACL returns the access control list of a mailbox.
func (s *Store) ACL(ctx context.Context, id kv.Account, m MailboxID) (ACL, error) {
	var list ACL
	err := s.read(ctx, id, func(r kv.Reader) (err error) {
		if _, err = readCounters(r, appendBoxKey(nil, kindCounters, m)); err != nil {
			return err
		}
		list, err = readACL(r, m)
		return err
	})
	return list, err
}

// MaxGrants is how many entries an access control list has at most.
const MaxGrants = 200

// SetACL gives an identifier other rights for a mailbox: change gets those it
// has now. Sessions that run have them with their next command.
func (s *Store) SetACL(ctx context.Context, id kv.Account, m MailboxID, who string, change func(Rights) Rights) error {
	who, err := ParseWho(who)
	if err != nil {
		return err
	}
	return s.update(ctx, id, func(t *tx) error {
		b, err := t.box(m)
		if err != nil {
			return err
		}
		was, err := readACL(t.space, m)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			return err
		}
		had, said := was.Of(who)
		if who == WhoOwner && !said {
			had = AllRights
		}
		is := was.with(who, change(had)&AllRights)
		if len(is) > MaxGrants {
			return ErrTooManyGrants
		}
		return t.setACL(b, was, is)
	})
}

// SharedWith returns the accounts that let somebody look up a mailbox, in
// ascending order.
func (s *Store) SharedWith(ctx context.Context, who Actor) ([]kv.Account, error) {
	names := []string{WhoAnyone, WhoAuthenticated, who.Address}
	if at := strings.LastIndexByte(who.Address, '@'); at >= 0 {
		names = append(names, who.Address[at:])
	}
	var found []kv.Account
	err := s.db.View(ctx, kv.Sharing, func(r kv.Reader) error {
		for _, name := range names {
			if err := eachGrantee(r, name, func(id kv.Account) { found = append(found, id) }); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(found)
	return slices.Compact(found), err
}

// eachGrantee calls fn for each account that grants something to an identifier.
func eachGrantee(r kv.Reader, who string, fn func(kv.Account)) error {
	first := appendGrantKey(nil, who, 0, 0)
	end := appendGrantKey(nil, who, ^kv.Account(0), ^MailboxID(0))
	it := r.Scan(first, end)
	defer it.Close()
	for ok := it.Next(); ok; {
		key := it.Key()
		if len(key) != len(first) {
			ok = it.Next() // not one of ours: an identifier has no zero byte
			continue
		}
		id := kv.Account(binary.BigEndian.Uint64(key[len(key)-12:]))
		fn(id)
		// One mailbox of an account is enough.
		ok = it.Seek(appendGrantKey(nil, who, id, ^MailboxID(0)))
	}
	return it.Err()
}

// aclCache remembers the lists of accounts, so that a check of rights costs one
// look-up. A commit that changes a list forgets the account's.
type aclCache struct {
	mu       sync.RWMutex
	changes  uint64 // counts forget: what was read before it is not remembered after it
	accounts map[kv.Account]*accountACLs
}

// accountACLs are the lists of all mailboxes of an account. They do not change.
type accountACLs struct {
	boxes      map[MailboxID]ACL
	bindsOwner bool // some list leaves the owner with fewer rights
}

// maxCachedACLs is of how many accounts the lists are remembered.
const maxCachedACLs = 50_000

// noACLs is what an account has that shares nothing.
var noACLs = &accountACLs{}

func (c *aclCache) get(id kv.Account) (known *accountACLs, changes uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.accounts[id], c.changes
}

func (c *aclCache) put(id kv.Account, lists *accountACLs, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != changes {
		return
	}
	if c.accounts == nil || len(c.accounts) >= maxCachedACLs {
		c.accounts = make(map[kv.Account]*accountACLs)
	}
	c.accounts[id] = lists
}

func (c *aclCache) forget(id kv.Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	delete(c.accounts, id)
}

// acls returns the lists of an account.
func (s *Store) acls(ctx context.Context, id kv.Account) (*accountACLs, error) {
	known, changes := s.grants.get(id)
	if known != nil {
		return known, nil
	}
	lists := noACLs
	err := s.db.View(ctx, id, func(r kv.Reader) (err error) {
		lists, err = readACLs(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.grants.put(id, lists, changes)
	return lists, nil
}

// readACLs reads all lists of an account. A damaged one gives nobody anything.
func readACLs(r kv.Reader) (*accountACLs, error) {
	lists := noACLs
	it := r.Scan([]byte{kindACL}, []byte{kindACL + 1})
	defer it.Close()
	for it.Next() {
		if lists == noACLs {
			lists = &accountACLs{boxes: map[MailboxID]ACL{}}
		}
		list, err := decodeACL(it.Value())
		if err != nil {
			continue // Verify reports it
		}
		lists.boxes[boxKeyOf(it.Key())] = list
		lists.bindsOwner = lists.bindsOwner || list.bindsOwner()
	}
	return lists, it.Err()
}
