// Package interop runs the real program with real mail programs: swaks, curl,
// mutt, mbsync, fetchmail, Python's smtplib, imaplib and poplib, and the
// suites that lie beside the project in the shared folder.
//
// `make test` installs the programs from Debian. A test whose program is
// missing skips and names it, except in CI, where it fails.
package interop
