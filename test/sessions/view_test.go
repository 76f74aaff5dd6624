package sessions

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// view is what a session believes of the mailbox that it has selected, from
// nothing but the responses that it got.
type view struct {
	box      box
	uids     []uint32 // by sequence number; 0 where it is not known yet
	flags    map[uint32]flags
	validity uint32
	uidNext  uint32
	highest  uint64

	shiftless bool            // the command in hand forbids EXPUNGE (RFC 3501 7.4.1)
	bodies    map[uint32]item // what the command in hand has fetched, by UID
	found     []uint32        // what it has found
	vanished  []uint32        // VANISHED (EARLIER)
	copied    string          // COPYUID of an untagged OK
	count     int             // COUNT of an ESEARCH
}

// item is the data of one FETCH response.
type item map[string]any

func newView(b box) *view {
	return &view{box: b, flags: map[uint32]flags{}}
}

// begin forgets what earlier commands fetched and found.
func (v *view) begin(command string) {
	verb, _, _ := strings.Cut(command, " ")
	v.shiftless = verb == "FETCH" || verb == "STORE" || verb == "SEARCH" || verb == "SORT"
	v.bodies, v.found, v.vanished, v.copied, v.count = map[uint32]item{}, nil, nil, "", -1
}

// tell takes one untagged response in.
func (v *view) tell(r response) error {
	err := v.take(r.fields)
	if err != nil {
		return fmt.Errorf("%s: %q: %w", v.box, r.line, err)
	}
	return nil
}

func (v *view) take(fields []any) error {
	if len(fields) < 2 {
		return nil
	}
	kind, _ := fields[1].(atom)
	if n, err := strconv.ParseUint(string(kind), 10, 32); err == nil && len(fields) > 2 {
		return v.numbered(int(n), fields[2], fields[3:])
	}
	switch kind {
	case "OK":
		v.code(fields[2:])
	case "VANISHED":
		return v.vanish(fields[2:])
	case "SEARCH", "SORT":
		for _, f := range fields[2:] {
			if n, err := strconv.ParseUint(fmt.Sprint(f), 10, 32); err == nil {
				v.found = append(v.found, uint32(n))
			}
		}
	case "ESEARCH":
		return v.esearch(fields[2:])
	}
	return nil
}

// code takes the response code of an untagged OK, which the parser leaves as
// one atom.
func (v *view) code(fields []any) {
	if len(fields) == 0 {
		return
	}
	text, _ := fields[0].(atom)
	for name, to := range map[string]*uint32{"UIDVALIDITY": &v.validity, "UIDNEXT": &v.uidNext} {
		if n, err := strconv.ParseUint(codeIn(string(text), name), 10, 32); err == nil {
			*to = uint32(n)
		}
	}
	if n, err := strconv.ParseUint(codeIn(string(text), "HIGHESTMODSEQ"), 10, 64); err == nil {
		v.highest = n
	}
	if set := codeIn(string(text), "COPYUID"); set != "" {
		v.copied = set
	}
}

func (v *view) esearch(fields []any) error {
	for i, f := range fields {
		switch {
		case f == atom("ALL") && i+1 < len(fields):
			set, err := parseSet(fmt.Sprint(fields[i+1]))
			if err != nil {
				return err
			}
			v.found = append(v.found, set...)
		case f == atom("COUNT") && i+1 < len(fields):
			v.count, _ = strconv.Atoi(fmt.Sprint(fields[i+1]))
		}
	}
	return nil
}

func (v *view) numbered(n int, kind any, data []any) error {
	switch kind {
	case atom("EXISTS"):
		if n < len(v.uids) {
			return fmt.Errorf("%d are known", len(v.uids))
		}
		for len(v.uids) < n {
			v.uids = append(v.uids, 0)
		}
	case atom("EXPUNGE"):
		if v.shiftless || n < 1 || n > len(v.uids) {
			return fmt.Errorf("with %d messages, while it is forbidden: %t", len(v.uids), v.shiftless)
		}
		delete(v.flags, v.uids[n-1])
		v.uids = slices.Delete(v.uids, n-1, n)
	case atom("FETCH"):
		return v.fetched(n, data)
	}
	return nil
}

func (v *view) fetched(n int, data []any) error {
	if n < 1 || n > len(v.uids) {
		return fmt.Errorf("there are %d messages", len(v.uids))
	}
	list, _ := data[0].([]any)
	it := item{}
	for i := 0; i+1 < len(list); i += 2 {
		it[string(list[i].(atom))] = list[i+1]
	}
	if text, ok := it["UID"].(atom); ok {
		if err := v.number(n, text); err != nil {
			return err
		}
	}
	uid := v.uids[n-1]
	if list, ok := it["FLAGS"].([]any); ok && uid != 0 {
		v.flags[uid] = makeFlags(list)
	}
	if v.bodies[uid] == nil {
		v.bodies[uid] = item{}
	}
	for name, value := range it {
		v.bodies[uid][name] = value
	}
	return nil
}

// number takes in that message n has this UID.
func (v *view) number(n int, text atom) error {
	parsed, err := strconv.ParseUint(string(text), 10, 32)
	uid := uint32(parsed)
	if err != nil || v.uids[n-1] != 0 && v.uids[n-1] != uid {
		return fmt.Errorf("number %d has UID %d", n, v.uids[n-1])
	}
	for i, other := range v.uids {
		if other != 0 && (i < n-1 && other >= uid || i > n-1 && other <= uid) {
			return fmt.Errorf("UIDs do not grow: number %d has %d", i+1, other)
		}
	}
	v.uids[n-1] = uid
	return nil
}

// vanish takes VANISHED and VANISHED (EARLIER) in (RFC 7162 3.2.10).
func (v *view) vanish(fields []any) error {
	earlier := false
	if list, ok := fields[0].([]any); ok {
		earlier = len(list) == 1 && list[0] == atom("EARLIER")
		fields = fields[1:]
	}
	set, err := parseSet(fmt.Sprint(fields[0]))
	if err != nil {
		return err
	}
	if earlier {
		v.vanished = append(v.vanished, set...)
		return nil
	}
	if v.shiftless {
		return fmt.Errorf("while it is forbidden")
	}
	for _, uid := range set {
		i := slices.Index(v.uids, uid)
		if i < 0 {
			i = v.place(uid)
		}
		if i < 0 {
			return fmt.Errorf("UID %d is not known", uid)
		}
		v.uids = slices.Delete(v.uids, i, i+1)
		delete(v.flags, uid)
	}
	return nil
}

// place is where a message stands whose UID was not asked for yet: at a number
// without UID, between the known ones around it. -1 when there is none.
func (v *view) place(uid uint32) int {
	found := -1
	for i, known := range v.uids {
		switch {
		case known == 0 && found < 0:
			found = i
		case known > uid:
			return found
		case known != 0:
			found = -1
		}
	}
	return found
}

// known is the UIDs of the messages that the session knows of.
func (v *view) known() []uint32 {
	return slices.DeleteFunc(slices.Clone(v.uids), func(uid uint32) bool { return uid == 0 })
}

// unknown is the first and the last sequence number without a UID or flags;
// 0, 0 when there is none.
func (v *view) unknown() (first, last int) {
	for i, uid := range v.uids {
		if _, told := v.flags[uid]; uid != 0 && told {
			continue
		}
		if first == 0 {
			first = i + 1
		}
		last = i + 1
	}
	return first, last
}
