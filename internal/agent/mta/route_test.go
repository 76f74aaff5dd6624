package mta

import (
	"testing"

	"tram/internal/directory"
	"tram/internal/mail/address"
)

func TestRoute(t *testing.T) {
	direct, relay := RouteConfig{}, RouteConfig{Relay: Hop{Way: ToHost, Name: "relay.example"}}
	tests := []struct {
		config RouteConfig
		to     string
		class  directory.Class
		way    Way
		hop    string
	}{
		{direct, "an@here.example", directory.IsAccount, Local, "here.example"},
		{direct, "list@here.example", directory.IsAlias, Local, "here.example"},
		{direct, "nobody@here.example", directory.Unknown, Local, "here.example"},
		{direct, "gone@here.example", directory.Disabled, Local, "here.example"},
		{relay, "an@here.example", directory.IsAccount, Local, "here.example"},
		{direct, "x@far.example", directory.NotLocal, ToMX, "far.example"},
		{direct, "x@bücher.example", directory.NotLocal, ToMX, "xn--bcher-kva.example"},
		{direct, "x@[192.0.2.9]", directory.NotLocal, ToLiteral, "[192.0.2.9]"},
		{direct, "x@[IPv6:2001:db8::9]", directory.NotLocal, ToLiteral, "[IPv6:2001:db8::9]"},
		{relay, "x@far.example", directory.NotLocal, ToHost, "relay.example"},
		{relay, "x@[192.0.2.9]", directory.NotLocal, ToHost, "relay.example"},
	}
	for _, test := range tests {
		to, err := address.ParseAddress(test.to)
		if err != nil {
			t.Fatal(err)
		}
		d := Route(test.config, Envelope{}, to, Facts{Resolution: directory.Resolution{Class: test.class}})
		if d.Way != test.way || d.Name != test.hop || d.Why == "" || (d.Reply != nil) != (d.Way == Fail) {
			t.Errorf("%s (%s): %s %s %q", test.to, test.class, d.Way, d.Name, d.Why)
		}
	}
	if d := Route(direct, Envelope{}, address.Address{}, Facts{}); d.Way != Fail || !d.Reply.Permanent() {
		t.Errorf("the null sender: %s", d.Way)
	}
}
