// Package backlog starts the real server on a queue full of mail for hosts that
// are down, and sends fresh mail beside it.
//
// It holds the server to three promises: it is ready soon after its start, it
// stays small, and fresh mail for hosts that are up does not wait for the rest.
// Without -long the queue has 50,000 entries; make backlog runs it with a
// million, which takes some minutes and two gigabytes of disk.
package backlog
