// Package topology runs each folder of examples/ as what it is: several hosts
// of one organisation, and the world outside, as separate processes of the
// real program, each on its own loopback address, with a DNS server that
// answers from the zone file of the example.
//
// A test sends mail along every road of the topology in both directions, cuts
// a hop (kills or freezes a process, or takes the DNS away), sends again, heals
// the hop, and in the end reads every mailbox over IMAP and POP3: each message
// is there exactly once, and no queue holds anything. What "tram explain" said
// about an address is held against what the logs say happened to it.
//
// The files of the examples are used as they are. Relative paths in them start
// at the directory of the file, so a copy of the folder has its own data.
package topology
