package message

import (
	"bytes"
	"strings"
	"testing"
)

// inOut writes everything at in.example as if it stood at out.example.
func inOut(local, domain string) (string, bool) {
	if !strings.EqualFold(domain, "in.example") {
		return "", false
	}
	return local + "@out.example", true
}

func TestReaddress(t *testing.T) {
	tests := []struct{ in, want string }{
		{" an@in.example", " an@out.example"},
		{" An <AN@In.Example>", " An <AN@out.example>"},
		{" \"A, B\" <a@in.example>, b@far.example,\r\n\tc@in.example (C (in.example))", " \"A, B\" <a@out.example>, b@far.example,\r\n\tc@out.example (C (in.example))"},
		{" Team: a@in.example, b@in.example;, c@in.example", " Team: a@out.example, b@out.example;, c@out.example"},
		{" undisclosed-recipients:;", " undisclosed-recipients:;"},
		{" an@in.example.far", " an@in.example.far"},
		{" \"an\"@in.example", " an@out.example"},
		{" =?utf-8?q?a=40in.example?= <b@in.example>", " =?utf-8?q?a=40in.example?= <b@out.example>"},
		{" \"x@in.example\" <b@far.example>", " \"x@in.example\" <b@far.example>"},
		// What cannot be read with certainty stays.
		{" an @ in.example", " an @ in.example"},
		{" an(x)@in.example", " an(x)@in.example"},
		{" <@r.example:an@in.example>", " <@r.example:an@in.example>"},
		{" an@in.example b@in.example", " an@out.example b@in.example"},
		{" <an@in.example", " <an@in.example"},
		{" a@in.example, <<b@in.example>, c@in.example", " a@out.example, <<b@in.example>, c@in.example"},
		{"", ""},
		{" ,,", " ,,"},
	}
	for _, test := range tests {
		got, changed := AppendReaddressed([]byte("x"), []byte(test.in), inOut)
		if string(got) != "x"+test.want || changed != (test.in != test.want) {
			t.Errorf("%q:\n got %q, %v\nwant %q", test.in, got[1:], changed, test.want)
		}
	}
}

// TestReaddressLength: a line that would become too long keeps the value as it
// was.
func TestReaddressLength(t *testing.T) {
	long := func(local, domain string) (string, bool) {
		return local + "@" + strings.Repeat("x", 950) + ".example", true
	}
	value := []byte(" an@in.example")
	if got, changed := AppendReaddressed(nil, value, long); changed || !bytes.Equal(got, value) {
		t.Errorf("%v %q", changed, got)
	}
}

// FuzzReaddress: nothing but addresses that are entries of the list changes,
// and no line is added.
func FuzzReaddress(f *testing.F) {
	for _, s := range []string{" a@in.example", " A <a@in.example>, (c) b@far", " g: \"q\\\"q\"@in.example;", " <@r:a@in.example>", " a@in.example\r\n , b@in.example"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		same, changed := AppendReaddressed(nil, value, func(string, string) (string, bool) { return "", false })
		if changed || !bytes.Equal(same, value) {
			t.Fatalf("%q became %q", value, same)
		}
		got, changed := AppendReaddressed(nil, value, inOut)
		if !changed && !bytes.Equal(got, value) {
			t.Fatalf("%q became %q", value, got)
		}
		if bytes.Count(got, []byte("\n")) != bytes.Count(value, []byte("\n")) {
			t.Fatalf("%q became %q", value, got)
		}
		before, after := ParseAddressList(value), ParseAddressList(got)
		if len(before) != len(after) {
			t.Fatalf("%q: %d entries became %d in %q", value, len(before), len(after), got)
		}
		for i := range before {
			if before[i].Name != after[i].Name {
				t.Fatalf("%q: the name %q became %q in %q", value, before[i].Name, after[i].Name, got)
			}
		}
	})
}
