package mailstore

// gone checks the records of what was expunged before the change log begins.
func (v *verifier) gone() error {
	it := v.r.Scan([]byte{kindGone}, []byte{kindGone + 1})
	defer it.Close()
	if v.acct.goneFloor > v.acct.logFloor {
		v.problem(0, 0, nil, "expunged messages are known from %d on, the change log begins at %d", v.acct.goneFloor, v.acct.logFloor)
	}
	for it.Next() {
		id, group := boxKeyOf(it.Key()), itemOf(it.Key())
		if _, ok := v.boxes[id]; !ok {
			v.problem(id, 0, nil, "expunged messages of a mailbox that does not exist")
		}
		runs, err := decodeGone(group, it.Value(), 0)
		if err != nil {
			v.problem(id, 0, err, "expunged messages, record %d", group)
		}
		for _, r := range runs {
			if r.seq > v.acct.logFloor {
				v.problem(id, r.first, nil, "expunged at %d, which the change log has", r.seq)
			}
		}
	}
	return it.Err()
}

// readGone looks for records of expunged messages that cannot be right. finish
// then drops all of them, with the change log.
func (r *rebuild) readGone() error {
	it := r.space.Scan([]byte{kindGone}, []byte{kindGone + 1})
	defer it.Close()
	for it.Next() {
		id, group := boxKeyOf(it.Key()), itemOf(it.Key())
		if _, err := decodeGone(group, it.Value(), 0); err != nil {
			r.fixed(id, 0, "expunged messages forgotten: record %d is damaged", group)
		} else if r.known[id] == nil {
			r.fixed(id, 0, "expunged messages forgotten: there is no such mailbox")
		}
	}
	return it.Err()
}
