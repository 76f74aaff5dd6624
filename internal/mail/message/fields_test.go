package message

import (
	"bytes"
	"slices"
	"testing"
)

const fieldsHeader = "From: a@b.example\r\n" +
	"Subject : folded\r\n\tsubject\r\n" +
	"no colon\r\n" +
	"received:1\r\n" +
	"RECEIVED: 2\r\n 2b\r\n" +
	"Empty:\r\n" +
	"\r\n" +
	"Body: not a field\r\n"

func TestFields(t *testing.T) {
	var got []string
	for f := range Fields([]byte(fieldsHeader)) {
		got = append(got, string(f.Name)+"|"+string(f.Value)+"|"+string(f.Line))
	}
	want := []string{
		"From| a@b.example|From: a@b.example\r\n",
		"Subject| folded\r\n\tsubject|Subject : folded\r\n\tsubject\r\n",
		"|no colon|no colon\r\n",
		"received|1|received:1\r\n",
		"RECEIVED| 2\r\n 2b|RECEIVED: 2\r\n 2b\r\n",
		"Empty||Empty:\r\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("fields\n%q, want\n%q", got, want)
	}
	if v, ok := FieldValue([]byte(fieldsHeader), "subject"); !ok || string(AppendUnfolded(nil, v)) != "folded\tsubject" {
		t.Errorf("subject %q %v", v, ok)
	}
	if _, ok := FieldValue([]byte(fieldsHeader), "Body"); ok {
		t.Error("found a field in the body")
	}
}

func TestHeaderEnd(t *testing.T) {
	for in, want := range map[string]int{
		"": -1, "a: b": -1, "a: b\r\n": -1, "a: b\r\n\r": -1, "\r\n": 2, "\n": 1,
		"a: b\r\n\r\nbody": 8, "a: b\n\nbody": 6, "a: b\r\n \r\n\r\n": 11, "a\rb\r\n\r\n": 7,
	} {
		if got := HeaderEnd([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

func TestFieldSet(t *testing.T) {
	header := []byte(fieldsHeader)
	set := NewFieldSet("SUBJECT", "received", "x-other")
	if got := string(set.Append(nil, header)); got != "Subject : folded\r\n\tsubject\r\nreceived:1\r\nRECEIVED: 2\r\n 2b\r\n\r\n" {
		t.Errorf("fields %q", got)
	}
	if got := string(set.AppendNot(nil, header)); got != "From: a@b.example\r\nno colon\r\nEmpty:\r\n\r\n" {
		t.Errorf("other fields %q", got)
	}
	// A header without its empty line: HEADER.FIELDS gets one all the same.
	cut := header[:bytes.Index(header, []byte("\r\n\r\n"))+2]
	if got := string(NewFieldSet("from").Append(nil, cut)); got != "From: a@b.example\r\n\r\n" {
		t.Errorf("fields %q", got)
	}
	if got := string(NewFieldSet().AppendNot(nil, cut)); got != string(cut) {
		t.Errorf("all fields %q", got)
	}
}

func TestFieldSetWithin(t *testing.T) {
	small, large := NewFieldSet("From", "TO"), NewFieldSet("from", "to", "cc")
	if !small.Within(large) || large.Within(small) || !NewFieldSet().Within(small) {
		t.Error("Within is wrong")
	}
	if !NewFieldSet("Date", "Subject", "References").Within(CachedFields) || NewFieldSet("Received").Within(CachedFields) {
		t.Error("CachedFields is wrong")
	}
}

// TestFieldSetAllocates nothing: FETCH filters half a million headers a second.
func TestFieldSetAllocates(t *testing.T) {
	dst := make([]byte, 0, 1024)
	header := []byte(fieldsHeader)
	set := NewFieldSet("subject", "from", "to")
	if n := testing.AllocsPerRun(100, func() { set.AppendNot(set.Append(dst, header), header) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
