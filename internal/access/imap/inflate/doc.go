// Package inflate reads a raw DEFLATE stream (RFC 1951) of which no end is in
// sight: what an IMAP client sends after COMPRESS (RFC 4978).
//
// It differs from compress/flate in what such a stream needs:
//
//   - Everything that the bytes which have arrived decide is given out at once,
//     at whatever bit they end. compress/flate waits for the next block's header
//     after a partial flush (zlib's Z_PARTIAL_FLUSH), which comes with the next
//     command only: client and server would wait for each other.
//   - It is fed, and returns when it has no more input, so that nobody is
//     blocked in it and the goroutine that waits for the client holds nothing.
//   - Between two blocks, where a client that waits for its answer has always
//     brought it, it keeps what the client may refer back to and no more: at most
//     32 KiB, and less as long as the client has not sent that much.
//
// Output is made as it is read, so that a small input which stands for much
// costs no memory.
package inflate
