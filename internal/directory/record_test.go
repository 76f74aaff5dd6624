package directory

import (
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write golden files")

var someTime = time.UnixMilli(1764000000123).UTC()

// TestGolden keeps old records readable: a change of this file needs a new
// version of the record, not an update.
func TestGolden(t *testing.T) {
	account := Account{
		Address: "an@a.example", Name: "Nguyễn An", QuotaBytes: 1 << 40, QuotaMessages: 300,
		Admin: true, Disabled: true, Created: someTime,
	}
	domain := Domain{CatchAll: "Box@b.example", SubaddressSeparator: "-", Created: someTime}
	var got strings.Builder
	for _, line := range []struct {
		name  string
		bytes []byte
	}{
		{"key of a domain", domainKey("a.example")},
		{"domain", domain.encode()},
		{"key of an address", addressKey("a.example", "an")},
		{"address of an account", entry{account: 1025}.encode()},
		{"address of an alias", entry{targets: []string{"an@a.example", "x@b.example"}}.encode()},
		{"key of an account", accountKey(1025)},
		{"account", account.encode()},
		{"key of a password", passwordKey(1025)},
		{"password", encodeHash("$argon2id$v=19$m=12288,t=3,p=1$c2FsdA$a2V5")},
		{"key of an administrator", adminKey(1025)},
		{"key of a deleted account", deletedKey(1025)},
		{"deleted account", encodeDeleted(account, someTime.Add(time.Hour))},
	} {
		got.WriteString(line.name + "\n" + hex.Dump(line.bytes) + "\n")
	}
	golden := filepath.Join("testdata", "records-v1.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("records differ from %s:\n%s", golden, got.String())
	}
}

// roundTrip checks that v survives, and that neither a shorter nor a longer
// record nor one of another version is taken.
func roundTrip[T any](t *rapid.T, v T, record []byte, decode func([]byte) (T, error)) {
	t.Helper()
	back, err := decode(record)
	if err != nil || !reflect.DeepEqual(back, v) {
		t.Fatalf("got %+v, %v, want %+v", back, err, v)
	}
	cut := rapid.IntRange(0, len(record)-1).Draw(t, "cut")
	if _, err := decode(record[:cut]); !errors.Is(err, ErrDamaged) {
		t.Fatalf("%d of %d bytes: %v", cut, len(record), err)
	}
	if _, err := decode(append(record, 0)); !errors.Is(err, ErrDamaged) {
		t.Fatalf("one byte more: %v", err)
	}
	record[0]++
	if _, err := decode(record); !errors.Is(err, ErrNewVersion) {
		t.Fatalf("another version: %v", err)
	}
}

func TestRecordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 20, 40)
		at := rapid.Custom(func(t *rapid.T) time.Time {
			return time.UnixMilli(rapid.Int64Range(1, 1<<42).Draw(t, "ms")).UTC()
		})
		a := Account{
			ID: AccountID(rapid.Uint64().Draw(t, "id")), Address: text.Draw(t, "address"), Name: text.Draw(t, "name"),
			QuotaBytes: rapid.Int64Min(0).Draw(t, "bytes"), QuotaMessages: rapid.Int64Min(0).Draw(t, "messages"),
			Admin: rapid.Bool().Draw(t, "admin"), Disabled: rapid.Bool().Draw(t, "disabled"), Created: at.Draw(t, "created"),
		}
		roundTrip(t, a, a.encode(), func(b []byte) (Account, error) { return decodeAccount(a.ID, b) })
		x := DeletedAccount{Account: a, Deleted: at.Draw(t, "deleted")}
		back, err := decodeDeleted(a.ID, encodeDeleted(x.Account, x.Deleted))
		if err != nil || back != x {
			t.Fatalf("got %+v, %v, want %+v", back, err, x)
		}
		dom := Domain{Name: "d", CatchAll: text.Draw(t, "catch-all"), SubaddressSeparator: text.Draw(t, "separator"), Created: at.Draw(t, "created")}
		roundTrip(t, dom, dom.encode(), func(b []byte) (Domain, error) { return decodeDomain("d", b) })
		e := entry{account: a.ID}
		if a.ID == 0 || rapid.Bool().Draw(t, "alias") {
			e = entry{targets: rapid.SliceOfN(text, 1, 5).Draw(t, "targets")}
		}
		roundTrip(t, e, e.encode(), decodeEntry)
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(Account{Address: "a"}.encode())
	f.Add(Domain{}.encode())
	f.Add(entry{targets: []string{"a"}}.encode())
	f.Add(encodeDeleted(Account{}, someTime))
	f.Fuzz(func(t *testing.T, b []byte) {
		decodeAccount(1, b)
		decodeDomain("d", b)
		decodeDeleted(1, b)
		if e, err := decodeEntry(b); err == nil && len(e.targets) > MaxTargets {
			t.Errorf("%d targets", len(e.targets))
		}
	})
}
