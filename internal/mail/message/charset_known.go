package message

// KnownCharset reports whether texts in a charset can be converted to UTF-8:
// those that are not known lose everything but ASCII.
func KnownCharset(name string) bool {
	_, unknown := decoderOf(name).(asciiOnly)
	return !unknown && name != ""
}
