// Package local takes mail from the users and programs of this machine: it is
// what stands behind sendmail(1).
//
//	<directory>/submit.sock   SMTP for every user; the system says who it is
//	<directory>/query.sock    the caller's own waiting mail, for mailq
//	<directory>/drop/         messages that wait for the server, one file each
//
// The directory is readable for all, so that sendmail works for an
// unprivileged user, and nothing but these three is in it. A message goes to the
// socket. When no server answers there, or it has no room, the message is
// dropped: a file in drop/, synced before sendmail ends, which the server picks
// up when it runs. Everybody may put files there and see or remove only their
// own (the sticky bit, and no right to list).
//
// # What is promised
//
// When [Send] returns nil the message is queued and synced, or dropped and
// synced. A file is removed after its message is queued: a crash between the
// two makes a double, never a loss. A file that cannot be read as a message is
// moved to drop/bad and reported, not removed.
package local

import (
	"os"
	"path/filepath"
)

// Names and limits.
const (
	// DefaultDirectory is where sendmail looks when it may not read the
	// configuration.
	DefaultDirectory = "/var/spool/tram"

	submitName = "submit.sock"
	queryName  = "query.sock"
	dropName   = "drop"
	badName    = "bad"

	// MaxRecipients is how many recipients one call of sendmail can have.
	MaxRecipients = 1000
)

// Message is what sendmail hands over.
type Message struct {
	Envelope Envelope
	Text     Text // in canonical form: lines end in CR LF
}

// Envelope is in the words of the command line: addresses may lack a domain.
type Envelope struct {
	From   string   `json:"from"` // "" is the null sender
	Rcpts  []string `json:"rcpts"`
	Notify string   `json:"notify,omitempty"` // RFC 3461: "", NEVER, or words of SUCCESS, FAILURE, DELAY
	Ret    string   `json:"ret,omitempty"`    // "", FULL or HDRS
	EnvID  string   `json:"envid,omitempty"`
}

func socketPath(dir string) string { return filepath.Join(dir, submitName) }
func dropPath(dir string) string   { return filepath.Join(dir, dropName) }

// makeDirectory makes the directory as the package comment says.
func makeDirectory(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dropPath(dir), badName), 0o700); err != nil {
		return err
	}
	return os.Chmod(dropPath(dir), 0o733|os.ModeSticky)
}
