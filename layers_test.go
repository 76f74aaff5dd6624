package tram

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// floors is the house of docs/architecture.md: each room and the floor it is
// on. A package belongs to the room with the longest matching prefix.
var floors = map[string]int{
	"cmd":             6,
	"internal/server": 5,

	"internal/access/listen": 4,
	"internal/access/smtp":   4,
	"internal/access/imap":   4,
	"internal/access/pop":    4,

	"internal/agent/msa": 3,
	"internal/agent/mta": 3,
	"internal/agent/mda": 3,

	"internal/mailstore":      2,
	"internal/queue":          2,
	"internal/directory":      2,
	"internal/storage/ground": 2, // joins the two stores

	"internal/storage/kv":      1,
	"internal/storage/blob":    1,
	"internal/storage/faultfs": 1,

	"internal/storage/groupsync": 0, // no I/O of its own: both stores share one sync among their waiters

	"internal/dns":           0,
	"internal/certs":         0,
	"internal/config":        0,
	"internal/observe":       0,
	"internal/mail/address":  0,
	"internal/mail/message":  0,
	"internal/mail/dsn":      0,
	"internal/mail/smtpwire": 0,
	"internal/mail/imapwire": 0,
	"internal/mail/sasl":     0,
	"internal/mail/fold":     0,

	// Tests of the whole may import everything.
	"test": 7,
}

// sideways are the imports that stay on one floor, each with its reason.
var sideways = map[[2]string]string{
	{"internal/mail/dsn", "internal/mail/address"}:        "a notification names recipients",
	{"internal/mail/dsn", "internal/mail/message"}:        "a notification returns headers",
	{"internal/mail/smtpwire", "internal/mail/address"}:   "MAIL and RCPT carry paths",
	{"internal/mail/message", "internal/mail/address"}:    "headers carry addresses",
	{"internal/access/smtp", "internal/access/listen"}:    "a door is opened by the listener",
	{"internal/access/imap", "internal/access/listen"}:    "a door is opened by the listener",
	{"internal/access/pop", "internal/access/listen"}:     "a door is opened by the listener",
	{"internal/storage/faultfs", "internal/storage/kv"}:   "the fault bench stands below both stores",
	{"internal/storage/faultfs", "internal/storage/blob"}: "the fault bench stands below both stores",
}

// room returns the entry of floors that owns a package path.
func room(pkg string) (string, bool) {
	for p := pkg; p != "."; p = filepath.Dir(p) {
		if _, ok := floors[p]; ok {
			return p, true
		}
	}
	return "", false
}

// checkImport returns why one import breaks the floor rule, or "".
func checkImport(from, to string) string {
	fromRoom, ok := room(from)
	if !ok {
		return "package " + from + " has no floor: add it to the table in layers_test.go and to docs/architecture.md"
	}
	toRoom, ok := room(to)
	if !ok {
		return "import of " + to + ", which has no floor"
	}
	if fromRoom == toRoom || floors[fromRoom] > floors[toRoom] {
		return ""
	}
	if _, ok := sideways[[2]string{fromRoom, toRoom}]; ok {
		return ""
	}
	if floors[fromRoom] == floors[toRoom] {
		return fromRoom + " and " + toRoom + " are siblings on floor " + strconv.Itoa(floors[toRoom]) +
			": let the consumer declare an interface and server join the two"
	}
	return fromRoom + " (floor " + strconv.Itoa(floors[fromRoom]) + ") imports " + toRoom + " above it (floor " +
		strconv.Itoa(floors[toRoom]) + "): imports only go down"
}

// TestFloors reads every Go file of the tree and checks each import of our own
// against the floor rule. Tests may reach sideways and up for real parts.
func TestFloors(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path == "tools" || path == "var" || path == "bin" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			own, ok := strings.CutPrefix(target, "tram/")
			if !ok {
				continue
			}
			checked++
			if reason := checkImport(filepath.ToSlash(filepath.Dir(path)), own); reason != "" {
				t.Errorf("%s: %s", path, reason)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked == 0 {
		t.Fatal("no import was checked: the walk is broken")
	}
}

// TestFloorRule shows that the rule can fail.
func TestFloorRule(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"internal/agent/mda", "internal/mailstore", true},
		{"internal/storage/kv/pebble", "internal/storage/kv", true},
		{"internal/access/pop", "internal/access/listen", true},
		{"internal/mailstore", "internal/queue", false},
		{"internal/queue", "internal/agent/mta", false},
		{"internal/agent/mta", "internal/agent/mda", false},
		{"internal/storage/blob/disk", "internal/storage/kv", false},
		{"internal/novelty", "internal/queue", false},
		{"internal/queue", "internal/novelty", false},
	} {
		if reason := checkImport(c.from, c.to); (reason == "") != c.ok {
			t.Errorf("%s → %s: reason %q, want allowed=%v", c.from, c.to, reason, c.ok)
		}
	}
}
