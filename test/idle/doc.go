// Package idle measures what watching costs: the real server process, and
// clients over TLS in a process of their own, so that only the server is
// measured.
//
//   - TestIdleSessions opens sessions that go to IDLE, holds their memory (PSS of
//     the server process) to a budget, and pushes one change to 1,000 of them.
//   - TestLargeMailbox does the same with one mailbox of very many messages.
//   - TestSmallMachine serves users in little memory: IDLE, fetches and
//     deliveries.
//
// Without -long the numbers are small and the limits of time generous; make idle
// runs all of it as docs/performance.md reports it.
package idle
