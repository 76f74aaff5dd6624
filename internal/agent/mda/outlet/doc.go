// Package outlet puts a message into a file or hands it to a program: the two
// kinds of alias targets that are no addresses.
//
//	d := outlet.New(outlet.Options{Programs: outlet.Programs{User: user}})
//	err := d.Deliver(ctx, target, &outlet.Message{ID: id, Sender: from, Recipient: to, Text: text})
//
// What is delivered has Unix line ends, as every reader of such files expects.
//
// # Files
//
// A path that ends in "/" is a Maildir: the message is written to tmp, synced,
// renamed into new, and new is synced. Its name is made from the id of the
// queue entry, so a delivery that is repeated after a crash finds its own file
// and leaves it alone: exactly once, unless a reader has deleted it meanwhile.
//
// Any other path is an mbox (RFC 4155) in the mboxrd dialect: a From_ line, the
// message with ">" before every line that matches ^>*From␣, an empty line. The
// file is locked with fcntl, appended to and synced; on an error it is cut back
// to its old length. Nothing in it says which entry a message came from, so a
// crash between the sync and the commit of the queue delivers twice.
//
// The server may run as root, so a path is walked one directory at a time and
// never through a symbolic link; see path.go for what is refused and why.
//
// # Programs
//
// A program is started directly, without a shell, as an unprivileged user, in a
// process group of its own, with the message (a From_ line in front, as sendmail
// does it) on its standard input and an environment that holds nothing of the
// server's. It has limits of time and output; beyond them its whole group is
// killed. Its exit code is read as sendmail reads it (exit.go). As with an mbox
// a crash between its success and the commit starts it once more.
package outlet
