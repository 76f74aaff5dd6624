package smtp_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tram/internal/access/listen"
	"tram/internal/access/smtp"
)

func TestNewChecksOptions(t *testing.T) {
	for _, o := range []smtp.Options{
		{}, {Hostname: "x"}, {Receiver: &box{}}, {Hostname: "a b", Receiver: &box{}}, {Hostname: "a\r\nb", Receiver: &box{}},
		{Hostname: "x", Receiver: &box{}, Mode: smtp.Submission},
	} {
		if _, err := smtp.New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// TestErrorsAtData: what the Receiver returns decides about the reply, and
// nothing but nil makes it 250.
func TestErrorsAtData(t *testing.T) {
	for rcpt, want := range map[string][]string{
		"joe": {"250 2.0.0 Queued as q1"}, "full": {"452 4.2.2"}, "nospace": {"452 4.3.1"}, "failed": {"421 4.3.2", "EOF"}, "blob": {"421 4.3.2", "EOF"},
		"closed": {"421 4.3.2", "EOF"}, "large": {"552 5.3.4"}, "odd": {"451 4.3.0"}, "deaf": {"451 4.3.0"}, "early": {"550 5.7.1"},
	} {
		t.Run(rcpt, func(t *testing.T) {
			s := newServer(t, smtp.Options{}, mx)
			c, end := s.open(t, context.Background())
			defer end()
			c.greeted()
			c.send(strings.Replace(transaction, "joe", rcpt, 1))
			c.want("250", "250", "354")
			c.do("text\r\n.", want...)
			if hidden := strings.Contains(s.log.String(), "level=ERROR"); hidden != (rcpt == "odd" || rcpt == "deaf" || want[0] == "421 4.3.2") {
				t.Errorf("log: %s", s.log.String())
			}
		})
	}
}

func TestPanicInReceiver(t *testing.T) {
	s := newServer(t, smtp.Options{}, mx)
	addr := s.onTCP(t)
	c := dial(t, addr).greeted()
	c.send(strings.Replace(transaction, "joe", "boom", 1))
	c.want("250", "250", "354")
	c.want("EOF")
	if !strings.Contains(s.log.String(), "panic in a session") {
		t.Error("not logged")
	}
	dial(t, addr).greeted().do("QUIT", "221", "EOF")
}

func TestTimeouts(t *testing.T) {
	drip := func(c *client, every time.Duration, s string) {
		for {
			time.Sleep(every)
			if _, err := io.WriteString(c.conn, s); err != nil {
				return
			}
		}
	}
	for _, tt := range []struct {
		name     string
		play     func(c *client)
		min, max time.Duration
	}{
		{"silent", func(c *client) {}, 5 * time.Minute, 5 * time.Minute},
		{"one octet a second", func(c *client) { go drip(c, time.Second, "X") }, 5 * time.Minute, 5 * time.Minute},
		{"a command now and then", func(c *client) {
			go func() { io.Copy(io.Discard, c.r) }()
			drip(c, 4*time.Minute, "NOOP\r\n")
		}, 2 * time.Hour, 2*time.Hour + 4*time.Minute},
		{"silent in the body", func(c *client) { c.send(transaction); c.want("250", "250", "354") }, 5 * time.Minute, 5 * time.Minute},
		{"a dripping body", func(c *client) {
			c.send(transaction)
			c.want("250", "250", "354")
			go drip(c, time.Second, "X")
		}, 5 * time.Minute, 6 * time.Minute},
		{"does not read", func(c *client) { c.conn.Write([]byte("HELP\r\n")); time.Sleep(time.Hour) }, time.Hour, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, smtp.Options{}, mx)
				began := time.Now()
				var took time.Duration
				s.engine = hookClosed(t, s, func(st smtp.Stats) { took = st.Duration })
				c, end := s.open(t, context.Background())
				c.greeted()
				tt.play(c)
				io.Copy(io.Discard, c.r)
				if d := time.Since(began); d < tt.min || d > tt.max {
					t.Errorf("the session lasted %v", d)
				}
				end()
				time.Sleep(time.Second) // the dripping ends
				if tt.name == "does not read" && took > 6*time.Minute {
					t.Errorf("held for %v", took)
				}
			})
		})
	}
}

// TestSlowButHonest: a body of 100 KiB at 1 KiB a second is taken.
func TestSlowButHonest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, smtp.Options{}, mx)
		c, end := s.open(t, context.Background())
		defer end()
		c.greeted()
		c.send(transaction)
		c.want("250", "250", "354")
		for range 1000 {
			time.Sleep(time.Second)
			c.send(strings.Repeat("x", 1022) + "\r\n")
		}
		c.do(".", "250")
	})
}

func TestWrongPasswordsAreSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, smtp.Options{Mode: smtp.Submission, Limits: smtp.Limits{AuthDelay: time.Second}}, plain)
		c, end := s.open(t, context.Background())
		defer end()
		c.greeted()
		began := time.Now()
		for i := range 3 {
			c.do("AUTH PLAIN AGFubgB3cm9uZw==", "535")
			if d := time.Since(began); d != time.Duration((i+1)*(i+2)/2)*time.Second {
				t.Errorf("failure %d after %v", i+1, d)
			}
		}
		c.want("421", "EOF")
	})
}

// TestStop: an idle session says 421, one inside a message finishes it.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, smtp.Options{}, mx)
		ctx, stop := context.WithCancel(context.Background())
		idle, endIdle := s.open(t, ctx)
		busy, endBusy := s.open(t, ctx)
		idle.greeted()
		busy.greeted()
		busy.send(transaction)
		busy.want("250", "250", "354")
		stop()
		idle.want("421 4.3.2", "EOF")
		synctest.Wait()
		busy.do("text\r\n.", "250 2.0.0 Queued", "421 4.3.2", "EOF")
		endIdle()
		endBusy()
		if got := s.taken(); len(got) != 1 {
			t.Errorf("%d messages", len(got))
		}
	})
}

// TestTalksFirst: a client that talks before the greeting.
func TestTalksFirst(t *testing.T) {
	s := newServer(t, smtp.Options{}, mx)
	// The handler is held back until the bytes are there.
	sent := make(chan struct{})
	addr := s.listen(t, func(ctx context.Context, conn net.Conn, info listen.Info) {
		<-sent
		s.engine.Handle(ctx, conn, info)
	})
	c := dial(t, addr)
	c.send("EHLO spam.test\r\n")
	close(sent)
	c.want("554 5.5.0", "EOF")
}

func TestLongLines(t *testing.T) {
	s := newServer(t, smtp.Options{}, mx)
	addr := s.onTCP(t)
	c := dial(t, addr).greeted()
	c.do("NOOP "+strings.Repeat("x", 2041), "250") // 2048 with CR LF
	c.do("NOOP "+strings.Repeat("x", 2042), "500 5.5.2")
	c.do(strings.Repeat("x", 10_000_000), "500 5.5.2 The line is too long")
	c.send(transaction)
	c.want("250", "250", "354")
	c.do(strings.Repeat("x", 1<<20)+"\r\n.", "250")
	c.send(transaction)
	c.want("250", "250", "354")
	c.do(strings.Repeat("x", 10_000_000)+"\r\n.", "550 5.6.0 Message refused: it holds a line that is far too long")
	c.do("QUIT", "221", "EOF")
	// A line without end: the connection is given up.
	c = dial(t, addr).greeted()
	go io.WriteString(c.conn, strings.Repeat("x", 40<<20))
	c.want("500 5.5.2", "EOF")
}

func TestOversizeIsNotReadForever(t *testing.T) {
	s := newServer(t, limits(smtp.Limits{MessageBytes: 100_000}), mx)
	c := dial(t, s.onTCP(t)).greeted()
	c.send(transaction)
	c.want("250", "250", "354")
	go io.WriteString(c.conn, strings.Repeat("x\r\n", 1_000_000))
	c.want("552 5.3.4", "EOF")
}

// TestHostileMemory: what a stranger's connection can make the server hold.
func TestHostileMemory(t *testing.T) {
	const connections = 40
	for _, tt := range []struct{ name, send string }{
		{"idle", ""},
		{"part of a line", "EHLO " + strings.Repeat("x", 100)},
		{"long line", strings.Repeat("x", 300_000)},
		{"recipients", "EHLO x\r\n"},
		{"body", "HELO x\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, smtp.Options{}, mx)
			addr := s.onTCP(t)
			before := inUse()
			for range connections {
				c := dial(t, addr)
				c.want("220")
				c.send(tt.send)
				switch tt.name {
				case "recipients":
					c.want("250")
					c.do("MAIL FROM:<a@c.test>", "250")
					for i := range 1001 {
						code := "250"
						if i == 1000 {
							code = "452"
						}
						c.do("RCPT TO:<"+strings.Repeat("x", 60)+"@x.test>", code)
					}
				case "body":
					c.want("250")
					c.send(transaction)
					c.want("250", "250", "354")
					c.send(strings.Repeat("x", 200_000))
				}
				c.r = nil
			}
			// The box of the test keeps the bodies; that is not the engine's.
			per := (inUse() - before) / connections
			if tt.name == "body" {
				per -= 2 * 200_000
			}
			t.Logf("%d bytes a connection", per)
			if per > 512<<10 {
				t.Errorf("%d bytes a connection", per)
			}
		})
	}
}

func inUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}
