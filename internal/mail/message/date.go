package message

import (
	"bytes"
	"time"
)

// ParseDate reads a Date field's value leniently: RFC 5322 3.3 with the
// obsolete forms of 4.3, and what else is found in the wild (asctime order,
// full names, dots in the time, ISO 8601, no zone). The zone is kept; without
// one it is UTC.
func ParseDate(value []byte) (t time.Time, ok bool) {
	d := dateParser{lex: lexer{p: value}}
	for d.lex.blanks() == more {
		if !d.word() {
			return time.Time{}, false
		}
	}
	return d.time()
}

// SortDate is the "sent date" of RFC 5256 2.2: the Date field in UTC, or the
// internal date when there is none.
func SortDate(sent, internal time.Time) time.Time {
	if sent.IsZero() {
		return internal.UTC()
	}
	return sent.UTC()
}

// dateParser takes a date word by word. Most words tell by themselves what
// they are, so that their order matters little.
type dateParser struct {
	lex lexer

	year, day            int
	month                time.Month
	hour, minute, second int
	zone                 int // seconds east of UTC
	hasYear, hasTime     bool
}

// word takes the next word. It is false when the value cannot be a date.
func (d *dateParser) word() bool {
	c := d.lex.p[d.lex.i]
	switch {
	case isDigit(c):
		return d.number()
	case (c == '+' || c == '-') && d.hasTime:
		return d.numericZone()
	case isLetter(c):
		d.name()
		return true
	case c == ',' || c == '-' || c == '.' || c == '/':
		d.lex.i++
		return true
	}
	return false
}

// number takes a day, a year or a time.
func (d *dateParser) number() bool {
	n, digits := d.digits()
	d.lex.blanks()
	switch {
	case digits > 4:
		return false
	case d.lex.at(':') || d.hasDate() && !d.hasTime && d.lex.at('.'):
		return d.clock(n)
	case digits == 4 && d.lex.at('-') && d.month == 0:
		return d.isoDate(n)
	case d.day == 0 && digits <= 2:
		d.day = n
		return n >= 1 && n <= 31
	case !d.hasYear:
		d.year, d.hasYear = fullYear(n, digits), true
		return true
	}
	return d.hasTime // "12:00:00 123": something behind the date
}

func (d *dateParser) hasDate() bool { return d.day > 0 && d.month > 0 && d.hasYear }

// fullYear completes a short year (RFC 5322 4.3).
func fullYear(n, digits int) int {
	switch {
	case digits == 3, digits == 2 && n >= 50:
		return 1900 + n
	case digits <= 2:
		return 2000 + n
	}
	return n
}

// isoDate takes the rest of 2003-07-01T10:52:37.
func (d *dateParser) isoDate(year int) bool {
	d.year, d.hasYear = year, true
	d.lex.i++
	month, n := d.digits()
	if n == 0 || month < 1 || month > 12 || !d.lex.at('-') {
		return false
	}
	d.month = time.Month(month)
	d.lex.i++
	d.day, n = d.digits()
	if d.lex.at('T') || d.lex.at('t') {
		d.lex.i++
	}
	return n > 0 && d.day >= 1 && d.day <= 31
}

// clock takes what follows the hour: minute, second and parts of a second.
func (d *dateParser) clock(hour int) bool {
	d.hour, d.hasTime = hour, true
	d.lex.i++
	d.lex.blanks()
	var n int
	if d.minute, n = d.digits(); n == 0 || n > 2 {
		return false
	}
	d.second = 0
	if d.timeMark() {
		if d.second, n = d.digits(); n > 2 {
			return false
		}
		if d.lex.at('.') || d.lex.at(',') {
			d.lex.i++
			d.digits()
		}
	}
	return d.hour <= 24 && d.minute <= 59 && d.second <= 60
}

// timeMark takes the mark before the seconds, which may have blanks around it.
func (d *dateParser) timeMark() bool {
	d.lex.blanks()
	if !d.lex.at(':') && !d.lex.at('.') {
		return false
	}
	d.lex.i++
	d.lex.blanks()
	return true
}

// digits takes a number of at most five digits and says how many there were.
func (d *dateParser) digits() (value, count int) {
	for d.lex.i < len(d.lex.p) && isDigit(d.lex.p[d.lex.i]) && count < 5 {
		value = value*10 + int(d.lex.p[d.lex.i]-'0')
		d.lex.i++
		count++
	}
	return value, count
}

// numericZone takes +hhmm, +hh:mm or +hh.
func (d *dateParser) numericZone() bool {
	sign := 1
	if d.lex.at('-') {
		sign = -1
	}
	d.lex.i++
	n, count := d.digits()
	switch {
	case count == 2 && d.lex.at(':'):
		d.lex.i++
		minutes, _ := d.digits()
		n = n*100 + minutes
	case count <= 2:
		n *= 100
	case count > 4:
		return false
	}
	if n%100 > 59 || n > 2400 {
		return true // no zone there is; the time is still worth having
	}
	d.zone = sign * (n/100*3600 + n%100*60)
	return true
}

// name takes a weekday, a month or a zone.
func (d *dateParser) name() {
	start := d.lex.i
	for d.lex.i < len(d.lex.p) && isLetter(d.lex.p[d.lex.i]) {
		d.lex.i++
	}
	word := d.lex.p[start:d.lex.i]
	if m := monthOf(word); m > 0 && d.month == 0 {
		d.month = m
		return
	}
	switch {
	case equalFold(word, "pm") && d.hour < 12:
		d.hour += 12
	case equalFold(word, "am") && d.hour == 12:
		d.hour = 0
	case d.hasTime && d.zone == 0:
		d.zone = namedZone(word)
	}
}

// time puts the pieces together.
func (d *dateParser) time() (time.Time, bool) {
	if !d.hasDate() {
		return time.Time{}, false
	}
	location := time.UTC
	if d.zone != 0 {
		location = time.FixedZone("", d.zone)
	}
	return time.Date(d.year, d.month, d.day, d.hour, d.minute, d.second, 0, location), true
}

const monthNames = "janfebmaraprmayjunjulaugsepoctnovdec"

// monthOf gives the month that a word of three letters or more begins with.
func monthOf(word []byte) time.Month {
	if len(word) < 3 {
		return 0
	}
	for i := 0; i < len(monthNames); i += 3 {
		if equalFold(word[:3], monthNames[i:i+3]) {
			return time.Month(i/3 + 1)
		}
	}
	return 0
}

// namedZone gives the offset of the zones of RFC 5322 4.3, in seconds. Others
// are taken as UTC, single letters too: they were used both ways.
func namedZone(word []byte) int {
	if len(word) != 3 || lower(word[2]) != 't' {
		return 0
	}
	i := bytes.IndexByte([]byte("ecmp"), lower(word[0]))
	if i < 0 {
		return 0
	}
	switch lower(word[1]) {
	case 's':
		return -(5 + i) * 3600
	case 'd':
		return -(4 + i) * 3600
	}
	return 0
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { c |= 0x20; return c >= 'a' && c <= 'z' }
