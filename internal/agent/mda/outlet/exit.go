package outlet

// verdict is what an exit code means for a message.
type verdict struct {
	temporary bool
	reply     string
}

// exits are the codes of sysexits.h with the replies of sendmail's mailers.
// sendmail writes x.0.0 for some; the more exact codes of RFC 3463 stand here.
func exits(code int) verdict {
	switch code {
	case 64: // EX_USAGE
		return verdict{false, "554 5.5.4 The program of this alias was called wrongly"}
	case 65: // EX_DATAERR
		return verdict{false, "554 5.6.0 Data format error"}
	case 66: // EX_NOINPUT
		return verdict{false, "550 5.3.0 Cannot open input"}
	case 67: // EX_NOUSER
		return verdict{false, "550 5.1.1 User unknown"}
	case 68: // EX_NOHOST
		return verdict{false, "550 5.1.2 Host unknown"}
	case 69: // EX_UNAVAILABLE
		return verdict{false, "554 5.3.0 Service unavailable"}
	case 70: // EX_SOFTWARE
		return verdict{false, "554 5.3.0 Internal error"}
	case 71: // EX_OSERR
		return verdict{true, "451 4.3.0 Operating system error"}
	case 72: // EX_OSFILE
		return verdict{false, "554 5.3.5 System file missing"}
	case 73: // EX_CANTCREAT
		return verdict{false, "550 5.3.0 Cannot create output"}
	case 74: // EX_IOERR
		return verdict{true, "451 4.3.0 I/O error"}
	case 75: // EX_TEMPFAIL
		return verdict{true, "451 4.3.0 Deferred"}
	case 76: // EX_PROTOCOL
		return verdict{false, "554 5.5.0 Remote protocol error"}
	case 77: // EX_NOPERM
		return verdict{false, "550 5.7.0 Insufficient permission"}
	case 78: // EX_CONFIG
		return verdict{false, "554 5.3.5 Local configuration error"}
	}
	// sendmail: "unknown mailer error", which is permanent there too.
	return verdict{false, "554 5.3.0 The program of this alias failed"}
}
