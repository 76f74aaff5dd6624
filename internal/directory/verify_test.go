package directory

import (
	"slices"
	"testing"

	"tram/internal/storage/kv"
)

// TestVerify damages a directory in every way that Verify knows, one at a time,
// and finds each by name; nothing is reported of a sound one.
func TestVerify(t *testing.T) {
	d := newDirectory(t, Options{CRAMMD5: true})
	addDomain(t, d, "example.org")
	an, err := d.AddAccount(t.Context(), Account{Address: "an@example.org", Admin: true}, "secret")
	must(t, err)
	gone := addAccount(t, d, "gone@example.org")
	must(t, d.DeleteAccount(t.Context(), gone.ID))
	must(t, d.AddAlias(t.Context(), Alias{Address: "info@example.org", Targets: []string{"an@example.org"}}))
	_, err = d.AddList(t.Context(), List{Address: "list@example.org", Members: []string{"an@example.org"}})
	must(t, err)
	find := func() (found []string) {
		t.Helper()
		must(t, d.Verify(t.Context(), func(what string, err error) { found = append(found, what+": "+err.Error()) }))
		return found
	}
	if found := find(); len(found) != 0 {
		t.Fatalf("a sound directory: %q", found)
	}
	change := func(fn func(kv.Space) error) { t.Helper(); must(t, d.update(t.Context(), fn)) }
	for _, c := range []struct {
		key, value []byte // a nil value takes the record away
		want       string
	}{
		{domainKey("example.org"), []byte{1}, "domain example.org: "},
		{addressKey("example.org", "an"), nil, "account an@example.org: " + errUnled.Error()},
		{addressKey("example.org", "an"), entry{account: 9999}.encode(), "address an@example.org: " + errAstray.Error()},
		{addressKey("example.org", "info"), []byte{1, 'l', 200}, "address info@example.org: "},
		{addressKey("other.example", "x"), entry{account: an.ID}.encode(), "address x@other.example: " + errNotOurs.Error()},
		{membersKey("example.org", "info"), encodeMembers(nil), "address info@example.org: " + errNotList.Error()},
		{accountKey(an.ID), []byte{9}, "account 1024: "},
		{passwordKey(an.ID), []byte{9}, "password of account 1024: "},
		{scramKey(an.ID), []byte{1, 1}, "SCRAM keys of account 1024: "},
		{cramKey(an.ID), []byte{1, 1}, "CRAM-MD5 states of account 1024: "},
		{adminKey(gone.ID + 1), []byte{}, "administrator's mark of account 1026: " + errNotGiven.Error()},
		{deletedKey(gone.ID), []byte{1}, "deleted account 1025: "},
		{ruleKey(tableRoute, 0, "x"), []byte{1}, "rule "},
		{nextKey, []byte{1}, "next account number: "},
	} {
		var old []byte
		change(func(sp kv.Space) error {
			v, err := sp.Get(c.key)
			if err == nil {
				old = slices.Clone(v)
			}
			return setOrDelete(sp, c.key, c.value)
		})
		found := find()
		hit := func(s string) bool {
			return len(s) >= len(c.want) && s[:len(c.want)] == c.want || len(c.want) > len(s) && c.want[:len(s)] == s
		}
		if !slices.ContainsFunc(found, hit) {
			t.Errorf("%q → %x: %q, want %q", c.key, c.value, found, c.want)
		}
		change(func(sp kv.Space) error { return setOrDelete(sp, c.key, old) })
	}
	if found := find(); len(found) != 0 {
		t.Fatalf("mended: %q", found)
	}
}
