package inflate

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// inflate reads a stream that is fed in pieces of n bytes.
func inflate(data []byte, n int) (out []byte, r *Reader, err error) {
	r = new(Reader)
	buf := make([]byte, 1000)
	for {
		for r.Ready() {
			k, err := r.Read(buf)
			out = append(out, buf[:k]...)
			if err != nil {
				return out, r, err
			}
		}
		if len(data) == 0 {
			return out, r, nil
		}
		k := min(n, len(data))
		r.Feed(data[:k])
		data = data[k:]
	}
}

// texts are of all kinds: nothing, little, repetitive, random, far references.
func texts() map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 100_000)
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	var mail bytes.Buffer
	for i := range 3000 {
		mail.WriteString(strings.Repeat("* 1 FETCH (UID ", 1+i%3) + hex.EncodeToString(random[i:i+i%20]) + ")\r\n")
	}
	return map[string][]byte{
		"empty": {}, "one": []byte("a"), "command": []byte("a1 NOOP\r\n"), "zeros": make([]byte, 200_000),
		"random": random, "mail": mail.Bytes(), "far": append(append(random[:32<<10:32<<10], random[:32<<10]...), 'x'),
	}
}

// TestReader reads what compress/flate wrote, at all levels, with flushes in
// between, in pieces of all sizes.
func TestReader(t *testing.T) {
	for name, text := range texts() {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6, 9} {
			var z bytes.Buffer
			w, err := flate.NewWriter(&z, level)
			if err != nil {
				t.Fatal(err)
			}
			for rest := text; len(rest) > 0; {
				n := min(len(rest), 30_000)
				w.Write(rest[:n])
				w.Flush()
				rest = rest[n:]
			}
			w.Close()
			for _, piece := range []int{1, 7, 4096, 1 << 30} {
				out, r, err := inflate(append(z.Bytes(), "rest"...), piece)
				if !errors.Is(err, io.EOF) || !bytes.Equal(out, text) {
					t.Fatalf("%s, level %d, pieces of %d: %d bytes of %d, %v", name, level, piece, len(out), len(text), err)
				}
				if piece == 1<<30 && string(r.Rest()) != "rest" {
					t.Errorf("%s: rest %q", name, r.Rest())
				}
			}
		}
	}
}

// zlibFlushes writes two lines with each kind of flush, by zlib itself.
const zlibFlushes = `
import zlib
for mode in (zlib.Z_PARTIAL_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    for line in (b"a1 NOOP\r\n", b"a2 NOOP\r\n", b"a3 SELECT INBOX\r\n" * 3):
        print((z.compress(line) + z.flush(mode)).hex())
    print()
`

// TestFlushes gives out a line as soon as a client has flushed it, in whatever
// way zlib does that.
func TestFlushes(t *testing.T) {
	out, err := exec.Command("python3", "-c", zlibFlushes).Output()
	if err != nil {
		t.Skip("python3 is not installed:", err)
	}
	modes := strings.Split(strings.TrimSpace(string(out)), "\n\n")
	if len(modes) != 3 {
		t.Fatalf("%d modes", len(modes))
	}
	for mode, script := range modes {
		var r Reader
		lines := []string{"a1 NOOP\r\n", "a2 NOOP\r\n", strings.Repeat("a3 SELECT INBOX\r\n", 3)}
		for i, piece := range strings.Fields(script) {
			data, err := hex.DecodeString(piece)
			if err != nil {
				t.Fatal(err)
			}
			r.Feed(data)
			got := ""
			for buf := make([]byte, 100); r.Ready(); {
				n, err := r.Read(buf)
				if err != nil {
					t.Fatal(err)
				}
				got += string(buf[:n])
			}
			if got != lines[i] {
				t.Errorf("flush %d, line %d: %q", mode, i, got)
			}
			if r.codes != nil && r.codes != fixedCodes() {
				t.Errorf("flush %d, line %d: codes are held", mode, i)
			}
			r.Shrink()
			if cap(r.history) > 256 {
				t.Errorf("%d bytes are held", cap(r.history))
			}
		}
	}
}

// TestByHand reads streams that were made by hand from RFC 1951.
func TestByHand(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"stored", "\x00\x02\x00\xfd\xffhi", "hi"},
		{"stored empty", "\x00\x00\x00\xff\xff\x00\x02\x00\xfd\xffhi", "hi"},
		{"stored wrong length", "\x00\x02\x00\xfd\xfehi", "error"},
		{"unknown type", "\x06", "error"},
		{"fixed, no end yet", "\x4a\x04", "a"},
		{"fixed, too far back", "\x03\x02\x00", "error"},
	} {
		for _, piece := range []int{1, 100} {
			out, _, err := inflate([]byte(c.data), piece)
			if c.want == "error" {
				if !errors.Is(err, ErrData) {
					t.Errorf("%s: %q, %v", c.name, out, err)
				}
			} else if err != nil || string(out) != c.want {
				t.Errorf("%s: %q, %v", c.name, out, err)
			}
		}
	}
}

// TestBomb reads a stream that stands for a thousand times its size: what is
// held stays small.
func TestBomb(t *testing.T) {
	var z bytes.Buffer
	w, _ := flate.NewWriter(&z, 9)
	for range 1000 {
		w.Write(make([]byte, 10_000))
	}
	w.Close()
	var r Reader
	r.Feed(z.Bytes())
	n := 0
	for buf := make([]byte, 512); ; {
		k, err := r.Read(buf)
		if n += k; err != nil {
			break
		}
		if cap(r.history) > 4*window {
			t.Fatalf("%d bytes are held", cap(r.history))
		}
	}
	if n != 10_000_000 {
		t.Errorf("%d bytes", n)
	}
	if r.Shrink(); cap(r.history) > window+window/4 {
		t.Errorf("%d bytes are kept", cap(r.history))
	}
}

// FuzzReader compares the Reader with compress/flate on any bytes: the same
// output up to where that one fails, however the input is cut.
func FuzzReader(f *testing.F) {
	for _, text := range [][]byte{[]byte("a1 NOOP\r\n"), bytes.Repeat([]byte("abc"), 300)} {
		for _, level := range []int{1, 9} {
			var z bytes.Buffer
			w, _ := flate.NewWriter(&z, level)
			w.Write(text)
			w.Flush()
			w.Write(text)
			w.Close()
			f.Add(z.Bytes(), uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), 1<<20))
		if len(want) == 1<<20 {
			t.Skip("too much")
		}
		got, _, err := inflate(data, int(piece)+1)
		if !bytes.HasPrefix(got, want) {
			t.Fatalf("%d bytes, not %d", len(got), len(want))
		}
		if wantErr == nil && (!errors.Is(err, io.EOF) || len(got) != len(want)) {
			t.Fatalf("%v after %d bytes of %d", err, len(got), len(want))
		}
		if errors.Is(err, io.EOF) && wantErr != nil {
			t.Fatalf("read to the end, where compress/flate says %v", wantErr)
		}
	})
}
