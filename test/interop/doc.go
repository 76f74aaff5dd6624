// Package interop runs the real program with real mail programs: swaks, curl,
// mutt, mbsync, fetchmail, Python's smtplib, imaplib and poplib, and the
// suites that lie beside the project in the shared folder. It also puts the same
// messages and the same commands to Tram, Dovecot and Cyrus and compares what
// they answer (imapmessages_test.go, imapcommands_test.go).
//
// `make test` installs the programs from Debian. A test whose program is
// missing skips and names it, except in CI, where it fails.
package interop
