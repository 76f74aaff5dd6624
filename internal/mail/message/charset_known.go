package message

// KnownCharset reports whether texts in a charset can be converted to UTF-8:
// those that are not known lose everything but ASCII. Names by which mail says
// that it does not know ("unknown-8bit", "binary") are names of none.
func KnownCharset(name string) bool {
	if charsetName(name) == "" {
		return false
	}
	_, unknown := decoderOf(name).(asciiOnly)
	return !unknown
}
