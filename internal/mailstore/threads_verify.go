package mailstore

import "tram/internal/storage/kv"

// threads checks the keys of threads: that each can be read and leads to a
// thread that exists, and that the account counts those of this generation.
func (v *verifier) threads() error {
	current, err := v.threadKeys(v.acct.threadGen)
	if err != nil {
		return err
	}
	if current != v.acct.threadKeys {
		v.problem(0, 0, nil, "%d keys of threads, the account counts %d", current, v.acct.threadKeys)
	}
	_, err = v.threadKeys(v.acct.threadGen + 1)
	return err
}

// threadKeys counts the keys of one generation.
func (v *verifier) threadKeys(gen uint32) (n uint32, err error) {
	err = eachThread(v.r, gen, func(_ []byte, thread uint64, err error) {
		n++
		if err != nil || thread > v.acct.lastEmail {
			v.problem(0, 0, err, "key of a thread leads to %d", thread)
		}
	})
	return n, err
}

// threads throws the keys away that cannot be read, and counts the others.
// What is missing is written again when the messages are looked at.
func (r *rebuild) threads() error {
	var bad [][]byte
	kept := [2]uint32{}
	for turn := range kept {
		err := eachThread(r.space, uint32(turn), func(key []byte, thread uint64, err error) {
			if err != nil || thread > r.acct.lastEmail {
				bad = append(bad, append([]byte(nil), key...))
				return
			}
			kept[turn]++
		})
		if err != nil {
			return err
		}
	}
	for _, key := range bad {
		r.fixed(0, 0, "damaged key of a thread removed")
		if err := r.space.Delete(key); err != nil {
			return err
		}
	}
	if r.acct.threadGen == 0 && kept[1] > 0 {
		r.acct.threadGen = 2 // the number of generations was lost with the account's record
	}
	if now := kept[r.acct.threadGen&1]; now != r.acct.threadKeys {
		r.fixed(0, 0, "%d keys of threads", now)
		r.acct.threadKeys = now
	}
	return nil
}

// lacksThread reports whether nothing leads from the Message-ID of a message to
// its thread. Once a generation was thrown away that is as it should be.
func lacksThread(r kv.Reader, acct *account, lines []byte) (bool, error) {
	keys := threadKeys(lines)
	if acct.threadGen > 0 || len(keys) == 0 {
		return false, nil
	}
	thread, err := readThread(r, 0, keys[0])
	return thread == 0, err
}

// repairThread writes the keys of a message that lead nowhere.
func (t *tx) repairThread(lines []byte, thread uint64) error {
	plan, err := t.planThread(lines, thread, nil)
	if err != nil {
		return err
	}
	plan.thread = thread
	return t.keepThread(&plan)
}
