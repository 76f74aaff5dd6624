package imapwire

// Flag reads a flag: a keyword or \Name. System flags come in the spelling of
// RFC 3501 2.3.2, others as they were written.
func (d *Decoder) Flag(ptr *string) bool {
	system := d.Special('\\')
	var name string
	if !d.Atom(&name) {
		return false
	}
	if system {
		name = systemFlag(name)
		if name == "" {
			return d.Fail("Invalid system flag")
		}
	}
	*ptr = name
	return true
}

// systemFlag gives \Name in its usual spelling, "" when there is no such flag.
func systemFlag(name string) string {
	switch upper([]byte(name)) {
	case "SEEN":
		return `\Seen`
	case "ANSWERED":
		return `\Answered`
	case "FLAGGED":
		return `\Flagged`
	case "DELETED":
		return `\Deleted`
	case "DRAFT":
		return `\Draft`
	case "RECENT":
		return `\Recent`
	}
	return ""
}

// FlagList reads a parenthesized list of flags.
func (d *Decoder) FlagList(ptr *[]string) bool {
	var flags []string
	ok := d.List(func() bool {
		var f string
		if !d.Flag(&f) {
			return d.Fail("Invalid flag")
		}
		flags = append(flags, f)
		return true
	})
	*ptr = flags
	return ok
}
