// Package dsn writes and reads delivery status notifications (RFC 3464): the
// bounces, delay warnings and confirmations of a mail system.
//
// A notification is a message of three parts, a multipart/report (RFC 6522):
//
//	text/plain                a letter to people, in English and Vietnamese
//	message/delivery-status   fields for programs (status.go)
//	message/rfc822            the message it is about, or text/rfc822-headers,
//	                          its header alone
//
// When the message was sent with SMTPUTF8, the second and third are
// message/global-delivery-status, message/global and message/global-headers
// (RFC 6533).
//
//	err := dsn.Write(w, &dsn.Report{
//		ReportingMTA: "mx.example.org",
//		From:         address.Address{Local: "mailer-daemon", Domain: "example.org"},
//		To:           sender,
//		Recipients: []dsn.Recipient{{
//			Final: rcpt, Action: dsn.Failed, Status: "5.1.1",
//			RemoteMTA: "mx.other.example", Diagnostic: "550 5.1.1 no such user",
//		}},
//	}, original)
//
// What other hosts said is only ever text: line breaks and control characters
// in it become spaces, so that nobody can put a field or a part into a report.
// The envelope of a report has the null sender, always (RFC 5321 6.1); that is
// for whoever queues it.
package dsn
