// Package message is the anatomy of an Internet message (RFC 5322, RFC 2045 to
// 2049): where its header ends, which parts it has, what IMAP says about them,
// and how its fields and texts read in UTF-8. It does no I/O of its own, trusts
// no byte, and refuses none: whatever arrives is mail.
//
// # At arrival
//
// A [Scanner] takes the bytes as they come and gives a [Digest]: sizes, ENVELOPE
// and BODYSTRUCTURE in IMAP's own form, the table of parts, the header lines
// that clients ask for. It passes over each byte once, in the rhythm of lines,
// and keeps at most 256 KiB. A message of 4 KiB takes some microseconds, a large
// one several gigabytes a second.
//
//	s := message.NewScanner()
//	io.Copy(io.MultiWriter(store, s), r)
//	digest := s.Close()
//
// Where standards leave a choice, or mail is broken, the digest says what
// Dovecot says; a test compares them. Known differences: two semicolons in a
// row do not hide the parameter behind them, and the text of a comment without
// an end is never a name.
//
// # When a client asks
//
//	table, err := message.Parts(digest.Parts)
//	part, ok := table.Find([]int{2, 1})                     // BODY[2.1]
//	inner, ok := table.Message([]int{3})                    // BODY[3.HEADER], BODY[3.TEXT]
//	dst = fields.Append(dst, digest.Header)                 // BODY[HEADER.FIELDS (...)]
//	dst = message.AppendBody(dst, digest.BodyStructure)     // BODY
//	r, err := message.OpenPart(body, part)                  // BINARY[2.1]
//	err := message.Text(body, table, func(chunk []byte) bool { … }) // what SEARCH TEXT looks at
//
// # Fields and texts
//
// [Fields] goes through a raw header. [DecodeText] makes text of a field,
// [ParseAddressList], [ParseDate], [ParseContentType] and [ParseDisposition] take
// the structured ones apart, [BaseSubject] and [SortDate] serve SORT and THREAD
// (RFC 5256), [Complete] serves submission (RFC 6409).
//
// All of them take time and memory in proportion to their input. The limits
// are named in limits.go; beyond them a message is shown in less detail, never
// hidden.
package message
