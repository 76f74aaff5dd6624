package pop_test

import (
	"bufio"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkDownload is a client that keeps 50 RETRs in the pipeline, over a real
// socket and stores in memory. One operation is one message of 8 KiB.
func BenchmarkDownload(b *testing.B) {
	s := newServer(b)
	text := "Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("x", 74)+"\r\n", 108)
	const messages = 1000
	for range messages {
		s.deliver(text)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; {
		done += download(b, s, min(messages, b.N-done))
	}
}

// download retrieves the first messages of a maildrop.
func download(b *testing.B, s *server, count int) int {
	c := s.dial("")
	defer c.conn.Close()
	w := bufio.NewWriter(c.conn)
	skip := func() {
		if _, err := c.r.ReadSlice('\n'); err != nil {
			b.Fatal(err)
		}
	}
	fmt.Fprintf(w, "USER %s\r\nPASS %s\r\n", user, password)
	w.Flush()
	for range 3 {
		skip()
	}
	for asked, got := 0, 0; got < count; got++ {
		if asked-got <= 25 {
			for asked < count && asked-got < 50 {
				asked++
				fmt.Fprintf(w, "RETR %d\r\n", asked)
			}
			w.Flush()
		}
		for {
			line, err := c.r.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if len(line) == 3 && line[0] == '.' {
				break
			}
		}
	}
	fmt.Fprintf(w, "QUIT\r\n")
	w.Flush()
	skip()
	return count
}
