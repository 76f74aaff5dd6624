package imap

import (
	"time"

	"tram/internal/mailstore"
)

// dateOrder says how a date has to compare.
type dateOrder uint8

const (
	before dateOrder = iota
	on
	since
)

var dateOrders = map[string]dateOrder{"BEFORE": before, "ON": on, "SINCE": since}

// dateOf says which date of a message.
type dateOf uint8

const (
	arrivalDate dateOf = iota // INTERNALDATE
	sentDate                  // Date:
	savedDate                 // when it came into the mailbox (RFC 8514)
)

// dateKey compares days, "disregarding time and timezone" (RFC 3501 6.4.4): the
// day is the one that is written in the date.
type dateKey struct {
	recordKey
	day   int32
	of    dateOf
	order dateOrder
}

func (k dateKey) eval(c *candidate) verdict {
	day, ok := c.day(k.of)
	if !ok {
		return unknown
	}
	switch k.order {
	case before:
		return verdictOf(day < k.day)
	case on:
		return verdictOf(day == k.day)
	}
	return verdictOf(day >= k.day)
}

// day is the day of one of the message's dates, if it is known yet.
func (c *candidate) day(of dateOf) (day int32, ok bool) {
	if c.msg == nil {
		return c.rememberedDay(of)
	}
	switch of {
	case sentDate:
		return sentDay(c.msg), true
	case savedDate:
		return dayNumber(c.msg.SavedDate), true
	}
	return dayNumber(c.msg.InternalDate), true
}

func (c *candidate) rememberedDay(of dateOf) (day int32, ok bool) {
	if c.dates == nil || c.row < 0 {
		return 0, false
	}
	switch of {
	case sentDate:
		return c.dates.sentDay[c.row], true
	case savedDate:
		return c.dates.savedDay[c.row], true
	}
	return c.dates.arrivalDay[c.row], true
}

// sentDay is the day in Date:. Without a usable one a message is as old as can
// be, as in Dovecot.
func sentDay(m *mailstore.Message) int32 {
	if m.SentDate.IsZero() {
		return 0
	}
	return dayNumber(m.SentDate)
}

// dayNumber counts the days of the calendar, in the zone of t.
func dayNumber(t time.Time) int32 {
	_, offset := t.Zone()
	seconds := t.Unix() + int64(offset)
	day := seconds / 86400
	if seconds%86400 < 0 {
		day--
	}
	return int32(day)
}

// withinKey is YOUNGER and OLDER: both match at the very second (RFC 5032 2).
type withinKey struct {
	recordKey
	age     int64 // seconds
	younger bool
}

func (k withinKey) eval(c *candidate) verdict {
	arrival, ok := c.arrival()
	if !ok {
		return unknown
	}
	age := c.now.Unix() - arrival
	if k.younger {
		return verdictOf(age <= k.age)
	}
	return verdictOf(age >= k.age)
}

// arrival is the INTERNALDATE in seconds since 1970, if it is known yet.
func (c *candidate) arrival() (seconds int64, ok bool) {
	switch {
	case c.msg != nil:
		return c.msg.InternalDate.Unix(), true
	case c.dates != nil && c.row >= 0:
		return c.dates.arrival[c.row], true
	}
	return 0, false
}

// seekDates finds the message in the remembered dates, from a row on, and
// returns where the next one is to be looked for.
func (c *candidate) seekDates(row int) int {
	row = c.dates.seek(row, c.entry.UID)
	if c.row = -1; row < len(c.dates.uids) && c.dates.uids[row] == c.entry.UID {
		c.row = row
	}
	return row
}

// rememberDates reads the dates of the whole mailbox when that pays, and judges
// the open messages again: the next search by date reads nothing.
func (f *finder) rememberDates() error {
	c := f.c
	if !f.prog.dates || c.dates != nil || !c.s.worthDates(c.in, f.open.Len()) {
		return nil
	}
	var err error
	if c.dates, err = c.s.keys(c.in, unranked, keyDates); err != nil {
		return err
	}
	open, found := f.open, f.found.indexes
	f.open, f.found.indexes = nil, nil
	f.walk(open)
	f.found.indexes = mergeSorted(found, f.found.indexes)
	return nil
}
