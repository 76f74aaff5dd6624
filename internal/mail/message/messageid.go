package message

import "bytes"

// NextMessageID finds the next <left@right> in the value of a Message-ID,
// In-Reply-To or References field (RFC 5322 3.6.4), without the brackets and as
// it is written; nil when there is none. Whatever stands between the IDs is
// passed over.
func NextMessageID(value []byte) (id, rest []byte) {
	for {
		open := bytes.IndexByte(value, '<')
		if open < 0 {
			return nil, nil
		}
		value = value[open+1:]
		end := bytes.IndexByte(value, '>')
		if end < 0 {
			return nil, nil
		}
		// A second "<" begins anew: what was before it is not an ID.
		if again := bytes.LastIndexByte(value[:end], '<'); again >= 0 {
			value, end = value[again+1:], end-again-1
		}
		id, value = value[:end], value[end+1:]
		if at := bytes.LastIndexByte(id, '@'); at > 0 && at < len(id)-1 {
			return id, value
		}
	}
}

// AppendMessageID appends an ID in the form in which IDs are compared: without
// the blanks that folding left and the quotes that change nothing.
func AppendMessageID(dst, id []byte) []byte {
	for _, c := range id {
		if !isSpace(c) && c != '"' {
			dst = append(dst, c)
		}
	}
	return dst
}
