package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shared finds a file of the shared folder beside the project.
func shared(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the shared folder beside the project has no %s", name)
	}
	return path
}

// laterCases of clients.sh need what is not built yet.
var laterCases = map[string]string{
	"sieveconnect": "ManageSieve comes with the filters",
}

// TestClients runs every case of the shared client suite that concerns what
// is built.
func TestClients(t *testing.T) {
	script := shared(t, "conformance/clients.sh")
	i := newInstance(t, "127.0.73.1", 2525, "", "user@ba.test")
	i.start()
	out, err := exec.Command("bash", "-c", `sed -n "s/^all='\(.*\)'$/\1/p" `+script).Output()
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Fields(string(out))
	if len(cases) < 20 {
		t.Fatalf("found only the cases %q", cases)
	}
	for _, name := range cases {
		t.Run(name, func(t *testing.T) {
			if why := laterCases[name]; why != "" {
				t.Skip(why)
			}
			result := i.suite("bash " + script + " " + name)
			switch {
			case strings.HasPrefix(result, "SKIP"):
				t.Skip(strings.TrimSpace(result))
			case !strings.HasPrefix(result, "PASS"):
				t.Error(result)
			}
		})
	}
}

// nodeModules is where tools/need.sh puts the clients for Node.
func nodeModules(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs("../../.cache/clients/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// suite runs a script of the shared suites against the first account.
func (i *instance) suite(script string) string {
	return i.sh(script+" || true", "HOST="+i.ip, "SMTP_PORT="+itoa(i.mxPort), "SUB_PORT="+itoa(submissionPort),
		"IMAP_PORT="+itoa(imapPort), "IMAPS_PORT="+itoa(imapsPort), "POP3_PORT="+itoa(pop3Port), "POP3S_PORT="+itoa(pop3sPort),
		"ACCOUNT="+i.accounts[0], "NODE_PATH="+nodeModules(i.t))
}

// TestSmuggling sends 13 wrong ends of data and looks into the mailbox.
func TestSmuggling(t *testing.T) {
	need(t, "python3")
	script := shared(t, "conformance/smuggle.py")
	i := newInstance(t, "127.0.74.1", 2525, "", "user@bon.test")
	i.start()
	out := i.suite("python3 " + script)
	if strings.Contains(out, "SMUGGLED") || strings.Contains(out, "UNTESTED") || strings.Count(out, "safe") < 13 {
		t.Error(out)
	}
}
