// Package message is the anatomy of an Internet message: where its header
// ends, which parts it has, what IMAP says about them, and how its fields and
// texts read in UTF-8. It does no I/O of its own and trusts no byte.
package message
