package message

// AppendBody appends the non-extensible BODY form (RFC 3501 7.4.2) of a stored
// BODYSTRUCTURE.
func AppendBody(dst, bodyStructure []byte) []byte { return dst }
