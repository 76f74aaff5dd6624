package message

import "io"

// Text gives fn everything that SEARCH TEXT looks at, decoded to UTF-8: each
// header field unfolded and decoded, each text part with its transfer encoding
// and charset undone. Chunks may end anywhere but between the bytes of one
// character; an empty chunk marks where one piece (field or part) ends and the
// next begins, so that nothing matches across. Text stops when fn returns false.
// The error is r's.
func Text(r io.ReaderAt, t PartTable, fn func(chunk []byte) bool) error { return nil }

// BodyText is Text without the top header: SEARCH BODY.
func BodyText(r io.ReaderAt, t PartTable, fn func(chunk []byte) bool) error { return nil }
