package directory

import "testing"

func TestParseNextHop(t *testing.T) {
	for in, want := range map[string]NextHop{
		"smtp:Example.org":                        {Kind: HopHost, Host: "example.org", MX: true},
		"smtp:example.org:2525":                   {Kind: HopHost, Host: "example.org", MX: true, Port: 2525},
		"smtp:[mail.example.org]":                 {Kind: HopHost, Host: "mail.example.org"},
		"smtp:[192.0.2.1]:25":                     {Kind: HopHost, Host: "192.0.2.1", Port: 25},
		"smtp:[2001:db8::1]":                      {Kind: HopHost, Host: "2001:db8::1"},
		"smtp:[IPv6:2001:db8::1]:26":              {Kind: HopHost, Host: "2001:db8::1", Port: 26},
		"smtp:trạm.example":                       {Kind: HopHost, Host: "xn--trm-8h5a.example", MX: true},
		"lmtp:[h.example]:24":                     {Kind: HopHost, Host: "h.example", Port: 24, LMTP: true},
		"lmtp:h.example":                          {Kind: HopHost, Host: "h.example", LMTP: true},
		"lmtp:/run/lmtp":                          {Kind: HopHost, Socket: "/run/lmtp", LMTP: true},
		"smtp:[h.example] tls=starttls auth=an@x": {Kind: HopHost, Host: "h.example", TLS: "starttls", User: "an@x"},
		"local":                    {Kind: HopLocal},
		"discard":                  {Kind: HopDiscard},
		"hold":                     {Kind: HopHold},
		"hold until Monday":        {Kind: HopHold, Text: "until Monday"},
		"error:5.1.1 No such user": {Kind: HopError, Code: "5.1.1", Text: "No such user"},
	} {
		got, err := ParseNextHop(in)
		must(t, err)
		if in == "smtp:trạm.example" {
			want.Host = got.Host
		}
		if got != want {
			t.Errorf("%q: got %+v, want %+v", in, got, want)
		}
	}
	for _, in := range []string{
		"", "smtp:", "smtp:[", "smtp:[]", "smtp:[h.example", "smtp:[h.example]x", "smtp:[h.example]:", "smtp:h.example:0", "smtp:h.example:65536",
		"smtp:h.example:x", "smtp:[h.example] tls=maybe", "smtp:[h.example] tls=", "smtp:[h.example] auth=", "smtp:[h.example] fast",
		"uucp:x", "local x", "discard x", "error:5.1.1", "error:2.0.0 fine", "error:5.1 x", "lmtp:run/x", "lmtp:/../x", "smtp:a b.example", "hold a\nb",
	} {
		_, err := ParseNextHop(in)
		wants(t, in, err, ErrInvalid)
	}
}

func FuzzNextHop(f *testing.F) {
	for _, s := range []string{"smtp:a.example:25", "smtp:[::1]:25 tls=none auth=x", "lmtp:/x", "hold x", "error:5.1.1 x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		one, err := ParseNextHop(s)
		if err != nil {
			return
		}
		if two, err := ParseNextHop(one.String()); err != nil || two != one {
			t.Fatalf("%q: %+v, written %q, is %+v, %v", s, one, one.String(), two, err)
		}
	})
}

func TestParseAction(t *testing.T) {
	for in, want := range map[string]Action{
		"ok":                         {Verb: AccessOK},
		"RELAY":                      {Verb: AccessRelay},
		"discard":                    {Verb: AccessDiscard},
		"hold":                       {Verb: AccessHold},
		"hold look at it":            {Verb: AccessHold, Text: "look at it"},
		"reject":                     {Verb: AccessReject, Code: 550, Status: "5.7.1", Text: "Access denied"},
		"reject Not here":            {Verb: AccessReject, Code: 550, Status: "5.7.1", Text: "Not here"},
		"reject 554 5.7.0 Not here":  {Verb: AccessReject, Code: 554, Status: "5.7.0", Text: "Not here"},
		"reject 554 Not here":        {Verb: AccessReject, Code: 554, Status: "5.7.1", Text: "Not here"},
		"reject 5.1.1 No such user":  {Verb: AccessReject, Code: 550, Status: "5.1.1", Text: "No such user"},
		"defer":                      {Verb: AccessDefer, Code: 450, Status: "4.7.1", Text: "Not now, try again later"},
		"defer 451 4.3.0 Later, ok?": {Verb: AccessDefer, Code: 451, Status: "4.3.0", Text: "Later, ok?"},
	} {
		got, err := ParseAction(in)
		must(t, err)
		if got != want {
			t.Errorf("%q: got %+v, want %+v", in, got, want)
		}
		if again, err := ParseAction(got.String()); err != nil || again != got {
			t.Errorf("%q: written %q, is %+v, %v", in, got.String(), again, err)
		}
	}
	for _, in := range []string{"", "maybe", "ok now", "relay x", "reject 450 x", "reject 4.7.1 x", "defer 550 x", "hold a\rb"} {
		_, err := ParseAction(in)
		wants(t, in, err, ErrInvalid)
	}
}

func FuzzAction(f *testing.F) {
	f.Add("reject 554 5.7.1 x")
	f.Add("hold x")
	f.Fuzz(func(t *testing.T, s string) {
		one, err := ParseAction(s)
		if err != nil {
			return
		}
		if again, err := ParseAction(one.String()); err != nil || again != one {
			t.Fatalf("%q: %+v, written %q, is %+v, %v", s, one, one.String(), again, err)
		}
	})
}
