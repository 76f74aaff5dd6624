package mta

import (
	"testing"
	"time"

	"tram/internal/mail/address"
	"tram/internal/mail/dsn"
	"tram/internal/queue"
)

// TestTell is who is told what: RFC 3461 5.2 and RFC 2852 4.1.
func TestTell(t *testing.T) {
	var (
		ours    = station{}
		plain   = station{host: "mx.example[192.0.2.1]"}
		knows   = station{host: "mx.example[192.0.2.1]", dsn: true}
		both    = station{host: "mx.example[192.0.2.1]", dsn: true, deliverBy: true}
		mailbox = station{host: "lmtp.example[192.0.2.1]", final: true}
		soon    = queue.DeliverBy{Until: time.Now().Add(time.Hour)}
		back    = queue.DeliverBy{Until: soon.Until, Return: true}
		traced  = queue.DeliverBy{Until: soon.Until, Return: true, Trace: true}
	)
	good := queue.Outcome{Result: queue.Delivered}
	bad := queue.Outcome{Result: queue.Failed}
	tests := []struct {
		name    string
		notify  string
		by      queue.DeliverBy
		outcome queue.Outcome
		at      station
		want    dsn.Action
	}{
		{"failure, nothing said", "", queue.DeliverBy{}, bad, plain, dsn.Failed},
		{"failure wanted", "SUCCESS,FAILURE", queue.DeliverBy{}, bad, knows, dsn.Failed},
		{"failure not wanted", "SUCCESS,DELAY", queue.DeliverBy{}, bad, plain, ""},
		{"failure never", "NEVER", queue.DeliverBy{}, bad, plain, ""},

		{"success, nothing said", "", queue.DeliverBy{}, good, plain, ""},
		{"success here", "SUCCESS", queue.DeliverBy{}, good, ours, dsn.Delivered},
		{"distributed here", "SUCCESS", queue.DeliverBy{}, queue.Outcome{Result: queue.Delivered, Action: dsn.Expanded}, ours, dsn.Expanded},
		{"passed on to a host without DSN", "SUCCESS", queue.DeliverBy{}, good, plain, dsn.Relayed},
		{"passed on with the duty", "SUCCESS", queue.DeliverBy{}, good, knows, ""},
		{"passed on, success not wanted", "FAILURE", queue.DeliverBy{}, good, plain, ""},
		{"LMTP", "SUCCESS", queue.DeliverBy{}, good, mailbox, dsn.Delivered},
		{"thrown away", "SUCCESS", queue.DeliverBy{}, queue.Outcome{Result: queue.Delivered, Action: discarded}, ours, ""},

		{"in time, to a host without DELIVERBY", "", soon, good, knows, dsn.Relayed},
		{"in time, never", "NEVER", soon, good, knows, ""},
		{"in time, with the duty", "", soon, good, both, ""},
		{"in time here", "", soon, good, ours, ""},
		{"or back", "", back, good, plain, ""},
		{"traced", "", traced, good, both, dsn.Relayed},

		{"not its turn", "", queue.DeliverBy{}, queue.Outcome{}, ours, ""},
		{"not its turn but late", "", queue.DeliverBy{}, queue.Outcome{Warned: true}, ours, dsn.Delayed},
	}
	for _, test := range tests {
		e := &queue.Entry{Message: queue.Message{
			Sender: address.Address{Local: "an", Domain: "here.example"}, By: test.by,
			Rcpts: []queue.Rcpt{{To: address.Address{Local: "x", Domain: "there.example"}, Notify: test.notify}},
		}}
		if got := tell(e, 0, &test.outcome, test.at); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		e.Sender = address.Address{}
		if got := fates(e, []queue.Outcome{test.outcome}, test.at, isAny); got != nil {
			t.Errorf("%s: the null sender is told %+v", test.name, got)
		}
	}
}

// TestNothingToTellCostsNothing: the ordinary delivery asks for no report.
func TestNothingToTellCostsNothing(t *testing.T) {
	e := &queue.Entry{Message: queue.Message{
		Sender: address.Address{Local: "an", Domain: "here.example"}, Rcpts: make([]queue.Rcpt, 2),
	}}
	outcomes := []queue.Outcome{{Result: queue.Delivered}, {Result: queue.Deferred}}
	r := NewReporter(ReporterOptions{})
	if n := testing.AllocsPerRun(100, func() {
		if p, err := r.Report(t.Context(), e, outcomes); p != nil || err != nil {
			t.Fatal(p, err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
