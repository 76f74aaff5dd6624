package mailstore

import "fmt"

// nameMailboxes makes names, special uses and mailboxes fit each other.
func (r *rebuild) nameMailboxes() error {
	names := map[string]MailboxID{}
	home := r.acct.home
	r.acct.home = [homes]MailboxID{}
	for _, id := range r.order {
		m := r.known[id]
		was := *m
		if normal, err := normalName(m.Name); err != nil || normal != m.Name || names[m.Name] != 0 {
			m.Name = fmt.Sprintf("Recovered-%d", id)
		}
		if use := homeOf(m.SpecialUse); use != 0 && r.acct.home[use] != 0 {
			m.SpecialUse = ""
		} else if use != 0 {
			r.acct.home[use] = id
		}
		if m.UIDValidity == 0 {
			m.UIDValidity = r.newValidity()
		}
		names[m.Name] = id
		if *m != was {
			r.fixed(id, 0, "mailbox record: %s", m.Name)
			if err := r.setMailbox(m); err != nil {
				return err
			}
		}
	}
	if err := r.nameInbox(names, home[homeInbox]); err != nil {
		return err
	}
	return r.writeNames(names)
}

// nameInbox finds the INBOX: the one of that name, or the one that the account
// says, or a new one.
func (r *rebuild) nameInbox(names map[string]MailboxID, said MailboxID) error {
	if names[inbox] == 0 && r.known[said] != nil {
		m := r.known[said]
		delete(names, m.Name)
		m.Name = inbox
		names[inbox] = said
		r.fixed(said, 0, "mailbox record: %s", inbox)
		if err := r.setMailbox(m); err != nil {
			return err
		}
	}
	if names[inbox] == 0 {
		m := &Mailbox{Name: inbox, Created: r.now}
		r.acct.lastMailbox++
		m.ID, m.UIDValidity = r.acct.lastMailbox, r.newValidity()
		r.acct.mailboxes++
		names[inbox], r.known[m.ID] = m.ID, m
		r.order = append(r.order, m.ID)
		r.fixed(m.ID, 0, "a new INBOX")
		if err := r.setMailbox(m); err != nil {
			return err
		}
	}
	r.acct.home[homeInbox] = names[inbox]
	return nil
}

// writeNames writes the index of names where it is wrong.
func (r *rebuild) writeNames(names map[string]MailboxID) error {
	var wrong []string
	stored := map[string]bool{}
	it := r.space.Scan([]byte{kindName}, []byte{kindName + 1})
	for it.Next() {
		name := string(it.Key()[1:])
		d := decode(it.Value())
		if id := MailboxID(d.uint32()); d.bad || names[name] != id {
			wrong = append(wrong, name)
		} else {
			stored[name] = true
		}
	}
	err := it.Err()
	it.Close()
	for _, name := range wrong {
		if err == nil {
			err = r.space.Delete(appendNameKey(nil, kindName, name))
		}
	}
	for name, id := range names {
		if err == nil && !stored[name] {
			r.fixed(id, 0, "name %q", name)
			err = r.setName(name, id)
		}
	}
	return err
}
