package imapwire

import (
	"strconv"
	"strings"
	"time"
)

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// AppendDateTime appends t as date-time, `"01-Feb-2006 15:04:05 +0700"`, in
// the zone of t.
func AppendDateTime(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	_, offset := t.Zone()
	dst = append(dst, '"')
	dst = append(appendTwo(dst, day), '-')
	dst = append(dst, months[3*(month-1):3*month]...)
	dst = append(dst, '-')
	year = min(max(year, 0), 9999)
	dst = appendTwo(appendTwo(dst, year/100), year%100)
	dst = append(dst, ' ')
	dst = append(appendTwo(dst, hour), ':')
	dst = append(appendTwo(dst, minute), ':')
	dst = append(appendTwo(dst, second), ' ')
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = append(dst, sign)
	dst = appendTwo(appendTwo(dst, offset/3600%100), offset/60%60)
	return append(dst, '"')
}

func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// DateTime reads a date-time, as APPEND has it. It is a quoted string, so
// nothing else can begin with a quote where it may stand.
func (d *Decoder) DateTime(ptr *time.Time) bool {
	if c, ok := d.peek(); !ok || c != '"' {
		return false
	}
	var s string
	if !d.quotedString(&s) {
		return false
	}
	t, ok := dateTime(strings.TrimPrefix(s, " "))
	if !ok || !zoneInRange(t) {
		return d.Fail("Invalid internal date")
	}
	*ptr = t
	return true
}

// dateTime reads what the grammar allows, "31-Feb-2006 24:00:60 +0000" too:
// what is behind the end of a month or day is counted on (as in Cyrus; Dovecot
// takes the present). To refuse it would cost a client its message.
func dateTime(s string) (time.Time, bool) {
	day, rest, ok := strings.Cut(s, "-")
	n, badDay := strconv.ParseUint(day, 10, 8)
	if !ok || badDay != nil || len(day) > 2 || len(rest) != len("Jan-2006 15:04:05 -0700") {
		return time.Time{}, false
	}
	clock := rest[len("Jan-2006 "):]
	month, err := time.Parse("Jan-2006 -0700", rest[:len("Jan-2006 ")]+clock[len("15:04:05 "):])
	hour, minute, second := twoDigits(clock[0:2]), twoDigits(clock[3:5]), twoDigits(clock[6:8])
	if err != nil || hour < 0 || minute < 0 || second < 0 || clock[2] != ':' || clock[5] != ':' || clock[8] != ' ' {
		return time.Time{}, false
	}
	return time.Date(month.Year(), month.Month(), int(n), hour, minute, second, 0, month.Location()), true
}

// twoDigits is the number that two digits are, or -1.
func twoDigits(s string) int {
	if s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return -1
	}
	return int(s[0]-'0')*10 + int(s[1]-'0')
}

// zoneInRange refuses offsets that could not be sent back in four digits.
func zoneInRange(t time.Time) bool {
	_, offset := t.Zone()
	return -24*3600 < offset && offset < 24*3600
}

// ExpectDate reads the date of a search key: 1-Feb-2006, quoted or not. The
// result is midnight UTC of that day: the key compares days, not moments. Days
// up to 31 are in the grammar for each month (RFC 3501 9, date-day): those
// behind its end are the first of the next one, as in other servers.
func (d *Decoder) ExpectDate(ptr *time.Time) bool {
	var s string
	if !d.ExpectAString(&s) {
		return false
	}
	day, month, ok := strings.Cut(strings.TrimPrefix(s, " "), "-")
	n, badDay := strconv.ParseUint(day, 10, 8)
	first, badMonth := time.Parse("Jan-2006", month)
	if !ok || badDay != nil || badMonth != nil || len(day) > 2 || n == 0 || n > 31 {
		return d.Fail("Invalid search date")
	}
	*ptr = first.AddDate(0, 0, int(n)-1)
	return true
}
