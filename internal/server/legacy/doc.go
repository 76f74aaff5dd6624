// Package legacy reads the files in which sendmail and Postfix keep what they
// know about addresses, and turns them into a book (package control) that can
// be applied:
//
//	r, err := legacy.Read(legacy.Options{System: legacy.Postfix, Dir: "/etc/postfix", Hostname: "mail.example.org"})
//	r.Book   domains, aliases, lists, rules
//	r.Notes  what could not be carried over: file, line, what, why
//
// Nothing is dropped in silence: a line is either in the book or in the notes.
//
// # Which files
//
// Postfix: main.cf says which tables there are and where; tables of the types
// hash, btree, dbm, lmdb, cdb and texthash are read from the text that they are
// made of. Without main.cf the files with the usual names are read. sendmail:
// aliases, local-host-names, relay-domains, virtusertable, mailertable, access,
// genericstable, generics-domains, authinfo and some lines of sendmail.mc. Both:
// forward/USER is that user's .forward.
//
// A file that a configuration names by its whole path is looked for by its last
// element in the directory first, so that a copy of /etc/postfix can be read on
// another machine, and then under its path.
//
// # What becomes what
//
// The first local domain gets the names of the aliases file; the other local
// domains become alias domains of it, because there all share their users.
// "owner-x" beside "x" makes a list of the alias, if it has addresses only.
// "@domain" on the left is the catch-all; when the right side is "@other" too,
// the domain becomes an alias domain. Users of the old machine are no accounts
// yet: the addresses of those who are named are in the notes.
package legacy
