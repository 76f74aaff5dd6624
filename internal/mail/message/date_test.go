package message

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	zone := func(minutes int) *time.Location { return time.FixedZone("", minutes*60) }
	tests := []struct {
		in   string
		want time.Time
	}{
		{"Mon, 21 Nov 2026 12:34:56 +0700", time.Date(2026, 11, 21, 12, 34, 56, 0, zone(420))},
		{"21 Nov 2026 12:34:56 -0330", time.Date(2026, 11, 21, 12, 34, 56, 0, zone(-210))},
		{"21 Nov 2026 12:34", time.Date(2026, 11, 21, 12, 34, 0, 0, time.UTC)},
		{"21 Nov 2026", time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)},
		{"(c) Mon (c) , (c) 21 (c) Nov (c) 2026 (c) 12 : (c) 34 : 56 (c) GMT (c)", time.Date(2026, 11, 21, 12, 34, 56, 0, time.UTC)},
		{"Mon,\r\n 21 Nov\r\n 2026 12:34:56\r\n +0000", time.Date(2026, 11, 21, 12, 34, 56, 0, time.UTC)},
		{"Sat Nov 21 12:34:56 2026", time.Date(2026, 11, 21, 12, 34, 56, 0, time.UTC)},
		{"Sat Nov 21 12:34:56 EST 2026", time.Date(2026, 11, 21, 12, 34, 56, 0, zone(-300))},
		{"Saturday, 21-Nov-26 12:34:56 PDT", time.Date(2026, 11, 21, 12, 34, 56, 0, zone(-420))},
		{"21 November 2026 12.34.56 +02:00", time.Date(2026, 11, 21, 12, 34, 56, 0, zone(120))},
		{"2026-11-21T12:34:56.789Z", time.Date(2026, 11, 21, 12, 34, 56, 0, time.UTC)},
		{"2026-11-21 12:34:56+01", time.Date(2026, 11, 21, 12, 34, 56, 0, zone(60))},
		{"Nov 21, 2026 9:34:56 PM", time.Date(2026, 11, 21, 21, 34, 56, 0, time.UTC)},
		{"21 Nov 99 12:34:56 UT", time.Date(1999, 11, 21, 12, 34, 56, 0, time.UTC)},
		{"21 Nov 49 12:34:56 Z", time.Date(2049, 11, 21, 12, 34, 56, 0, time.UTC)},
		{"21 Nov 103 12:34:56 K", time.Date(2003, 11, 21, 12, 34, 56, 0, time.UTC)},
		{"21 Nov 2026 23:59:60 +0000", time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)},
		{"21 Nov 2026 12:34:56 +9999", time.Date(2026, 11, 21, 12, 34, 56, 0, time.UTC)},
	}
	for _, tt := range tests {
		got, ok := ParseDate([]byte(tt.in))
		_, gotZone := got.Zone()
		_, wantZone := tt.want.Zone()
		if !ok || !got.Equal(tt.want) || gotZone != wantZone {
			t.Errorf("%q gives %v, %v; want %v", tt.in, got, ok, tt.want)
		}
	}
	for _, bad := range []string{
		"", " ", "yesterday", "21", "21 Nov", "Nov 2026", "32 Nov 2026", "0 Nov 2026", "21 Foo 2026",
		"21 Nov 2026 25:00", "21 Nov 2026 12:60", "21 Nov 2026 12:00:61", "21 Nov 20261 12:00", "21 Nov 2026 12:", "\x00", "2026-13-01",
	} {
		if got, ok := ParseDate([]byte(bad)); ok {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}

func TestSortDate(t *testing.T) {
	internal := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	if got := SortDate(time.Time{}, internal); !got.Equal(internal) || got.Location() != time.UTC {
		t.Errorf("without a date: %v", got)
	}
	sent := internal.Add(time.Hour)
	if got := SortDate(sent, internal); !got.Equal(sent) || got.Location() != time.UTC {
		t.Errorf("with a date: %v", got)
	}
}

// TestMailParserDates reads the dates that another parser is tested with.
func TestMailParserDates(t *testing.T) {
	b, err := os.ReadFile(sharedFolder(t, "data/mime-mail-parser/date.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Header   string
		Expected *struct {
			Year, Month, Day, Hour, Minute, Second int
			Before                                 bool `json:"tz_before_gmt"`
			Hours                                  int  `json:"tz_hour"`
			Minutes                                int  `json:"tz_minute"`
		}
	}
	if err := json.Unmarshal(b, &cases); err != nil || len(cases) < 30 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	different := []string{ // where we read otherwise
		"20 11 (some \n 44 comments(more comments\n )) 79 05:34:27 -0300", // numbers for months
		" 4 8 15 16 23 42, 4 8 15 16 23 42, 4 8 15 16 23 42, ",
		"Tue, 1 Jul 2003 ((invalid)\ncomment) 10:52:37 +0200", // a good comment
	}
	for _, c := range cases {
		if slices.Contains(different, c.Header) || len(c.Header) > 100 { // the long one is a Received field
			continue
		}
		got, ok := ParseDate([]byte(c.Header))
		if e := c.Expected; e == nil {
			if ok {
				t.Errorf("%q gives %v", c.Header, got)
			}
			continue
		}
		e := c.Expected
		offset := e.Hours*3600 + e.Minutes*60
		if e.Before {
			offset = -offset
		}
		want := time.Date(e.Year, time.Month(e.Month), e.Day, e.Hour, e.Minute, e.Second, 0, time.FixedZone("", offset))
		if _, zone := got.Zone(); !ok || !got.Equal(want) || zone != offset {
			t.Errorf("%q gives %v, %v; want %v", c.Header, got, ok, want)
		}
	}
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{
		"Mon, 21 Nov 2026 12:34:56 +0700", "Sat Nov 21 12:34:56 2026", "2026-11-21T12:34:56.789Z", "21 Nov 26 9.1.2 pm", "(", "1 Jan 0000",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		got, ok := ParseDate(value)
		if !ok {
			return
		}
		if y := got.Year(); y < -1 || y > 10000 {
			t.Errorf("%q gives year %d", value, y)
		}
		again, ok := ParseDate([]byte(got.Format(time.RFC1123Z)))
		if got.Year() >= 1000 && got.Year() < 10000 && (!ok || !again.Equal(got)) {
			t.Errorf("%q gives %v, and that %v", value, got, again)
		}
	})
}
