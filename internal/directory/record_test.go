package directory

import (
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write golden files")

var someTime = time.UnixMilli(1764000000123).UTC()

// sample is one line of a golden file.
type sample struct {
	name  string
	bytes []byte
}

// samples are the records that this version writes.
func samples() []sample {
	account := sampleAccount()
	domain := Domain{
		Kind: Relayed, Verify: VerifyCallout, CatchAll: "Box@b.example", SubaddressSeparator: "-", Footer: "Xin chào\n", Created: someTime,
		QuotaBytes: 1 << 40, QuotaMessages: 300, Public: 1030,
	}
	list := List{Owner: "an@a.example", MembersOnly: true, Description: "Staff", Created: someTime}
	keys := Keys{Salt: []byte("0123456789abcdef"), Iterations: 16384, StoredKey: [32]byte{1}, ServerKey: [32]byte{2}}
	w := Rewrite{Kind: Masquerade, Match: ".a.example", To: "a.example", Except: []string{"root"}}
	rt := Route{By: BySender, Match: "a.example", NextHop: "smtp:[mail.b.example]"}
	cr := Credential{Host: "mail.b.example", User: "an", Password: "secret"}
	cp := Copy{By: CopyByRecipient, Match: "an@a.example", To: "x@b.example"}
	ac := Access{By: ByClient, Match: "192.0.2.0/24", Action: "reject"}
	return []sample{
		{"key of a domain", domainKey("a.example")},
		{"domain", domain.encode()},
		{"alias domain", Domain{Kind: AliasDomain, Target: "b.example", SubaddressSeparator: "+", Created: someTime}.encode()},
		{"key of an address", addressKey("a.example", "an")},
		{"address of an account", entry{account: 1025}.encode()},
		{"address of an alias", entry{targets: []string{"an@a.example", "|/bin/x y"}}.encode()},
		{"address of a list", entry{list: &list}.encode()},
		{"address of a listed recipient", entry{}.encode()},
		{"key of members", membersKey("a.example", "staff")},
		{"members", encodeMembers([]string{"an@a.example", "x@b.example"})},
		{"key of an account", accountKey(1025)},
		{"account", account.encode()},
		{"key of a password", passwordKey(1025)},
		{"password", encodeHash("$argon2id$v=19$m=12288,t=3,p=1$c2FsdA$a2V5")},
		{"key of SCRAM keys", scramKey(1025)},
		{"SCRAM keys", keys.encode()},
		{"key of CRAM-MD5 states", cramKey(1025)},
		{"CRAM-MD5 states", cramStates{inner: md5State{1}, outer: md5State{2}}.encode()},
		{"key of an administrator", adminKey(1025)},
		{"key of a deleted account", deletedKey(1025)},
		{"deleted account", encodeDeleted(account, someTime.Add(time.Hour))},
		{"key of a rewrite", w.key()},
		{"rewrite", w.encode()},
		{"key of a route", rt.key()},
		{"route", rt.encode()},
		{"key of a login", cr.key()},
		{"login", cr.encode()},
		{"key of a copy", cp.key()},
		{"copy", cp.encode()},
		{"key of an access rule", ac.key()},
		{"access rule", ac.encode()},
	}
}

func sampleAccount() Account {
	return Account{
		Address: "an@a.example", Name: "Nguyễn An", QuotaBytes: 1 << 40, QuotaMessages: 300,
		Admin: true, Disabled: true, Created: someTime,
	}
}

// TestGolden pins every byte that is written.
func TestGolden(t *testing.T) {
	var got strings.Builder
	for _, line := range samples() {
		got.WriteString(line.name + "\n" + hex.Dump(line.bytes) + "\n")
	}
	golden := filepath.Join("testdata", "records-v3.golden")
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

// TestOldRecords reads what the first version wrote. Its file never changes.
func TestOldRecords(t *testing.T) {
	old := readGolden(t, filepath.Join("testdata", "records-v1.golden"))
	wantDomain := Domain{Name: "a.example", CatchAll: "Box@b.example", SubaddressSeparator: "-", Created: someTime}
	if d, err := decodeDomain("a.example", old["domain"]); err != nil || d != wantDomain {
		t.Errorf("domain: %+v, %v", d, err)
	}
	second := readGolden(t, filepath.Join("testdata", "records-v2.golden"))
	wantSecond := Domain{
		Name: "a.example", Kind: Relayed, Verify: VerifyCallout, CatchAll: "Box@b.example", SubaddressSeparator: "-",
		Footer: "Xin chào\n", Created: someTime,
	}
	if d, err := decodeDomain("a.example", second["domain"]); err != nil || d != wantSecond {
		t.Errorf("domain of version 2: %+v, %v", d, err)
	}
	wantAccount := sampleAccount()
	wantAccount.ID = 1025
	if a, err := decodeAccount(1025, old["account"]); err != nil || a != wantAccount {
		t.Errorf("account: %+v, %v", a, err)
	}
	if e, err := decodeEntry(old["address of an alias"]); err != nil || !slices.Equal(e.targets, []string{"an@a.example", "x@b.example"}) {
		t.Errorf("alias: %+v, %v", e, err)
	}
	if e, err := decodeEntry(old["address of an account"]); err != nil || e.account != 1025 {
		t.Errorf("address of an account: %+v, %v", e, err)
	}
	if x, err := decodeDeleted(1025, old["deleted account"]); err != nil || x.Account != wantAccount {
		t.Errorf("deleted account: %+v, %v", x, err)
	}
}

// readGolden reads the bytes of a golden file by name.
func readGolden(t *testing.T, path string) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	records := make(map[string][]byte)
	name := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if len(line) < 59 || line[8:10] != "  " {
			name = line
			continue
		}
		b, err := hex.DecodeString(strings.ReplaceAll(line[10:59], " ", ""))
		must(t, err)
		records[name] = append(records[name], b...)
	}
	return records
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
	record[0] = domainVersion + 1
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
		dom := Domain{
			Name: "d", CatchAll: text.Draw(t, "catch-all"), SubaddressSeparator: text.Draw(t, "separator"), Created: at.Draw(t, "created"),
			Kind: DomainKind(rapid.IntRange(0, 2).Draw(t, "kind")), Target: text.Draw(t, "target"),
			Verify: VerifyMode(rapid.IntRange(0, 2).Draw(t, "verify")), Footer: text.Draw(t, "footer"),
			QuotaBytes: rapid.Int64Min(0).Draw(t, "bytes"), QuotaMessages: rapid.Int64Min(0).Draw(t, "messages"),
			Public: AccountID(rapid.Uint64().Draw(t, "public")),
		}
		roundTrip(t, dom, dom.encode(), func(b []byte) (Domain, error) { return decodeDomain("d", b) })
		var e entry
		switch rapid.IntRange(0, 3).Draw(t, "entry") {
		case 0:
			e.account = max(a.ID, 1)
		case 1:
			e.targets = rapid.SliceOfN(text, 1, 5).Draw(t, "targets")
		case 2:
			e.list = &List{Owner: text.Draw(t, "owner"), MembersOnly: rapid.Bool().Draw(t, "members only"), Created: at.Draw(t, "made")}
		}
		roundTrip(t, e, e.encode(), decodeEntry)
		k := Keys{Salt: []byte(text.Draw(t, "salt")), Iterations: rapid.IntRange(1, maxScramIterations).Draw(t, "iterations")}
		roundTrip(t, k, k.encode(), decodeKeys)
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(Account{Address: "a"}.encode())
	f.Add(Domain{}.encode())
	f.Add(entry{targets: []string{"a"}}.encode())
	f.Add(encodeDeleted(Account{}, someTime))
	for _, s := range samples() {
		f.Add(s.bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		decodeAccount(1, b)
		decodeDomain("d", b)
		decodeDeleted(1, b)
		decodeKeys(b)
		decodeCRAMStates(b)
		for _, table := range "wtkca" {
			new(Rules).decodeRule(ruleKey(byte(table), 0), b)
		}
		if m, err := decodeMembers(b); err == nil && len(m) > MaxMembers {
			t.Errorf("%d members", len(m))
		}
		if e, err := decodeEntry(b); err == nil && len(e.targets) > MaxTargets {
			t.Errorf("%d targets", len(e.targets))
		}
	})
}
