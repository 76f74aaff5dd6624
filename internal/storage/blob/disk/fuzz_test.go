package disk

import (
	"bytes"
	"io"
	"testing"
	"time"
)

// FuzzScan walks over packs of any bytes. It ends, and what it takes for a
// record is one.
func FuzzScan(f *testing.F) {
	h := head{tag: 7, kind: kindBody, length: 5, first: place{1, 32}, time: 1, sums: []uint32{1}}
	record := make([]byte, recordSize(5))
	h.put(record[:headSize(5)])
	pack := append(packHead(1, 0, 7, time.Unix(0, 0)), record...)
	f.Add(pack)
	f.Add(append(pack[:len(pack):len(pack)], append([]byte("damage!!"), record...)...))
	f.Add(pack[headBytes:])
	f.Fuzz(func(t *testing.T, b []byte) {
		sc, err := newScanner(bytes.NewReader(b), 1, int64(len(b)))
		if err != nil {
			return
		}
		end := int64(headBytes)
		for {
			it, err := sc.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if it.offset < end {
				t.Fatalf("item at %d after one that ends at %d", it.offset, end)
			}
			end = it.offset + 1
			if it.err == nil {
				end = it.offset + recordSize(it.head.length)
				if err := parseID(it.id).checkHead(it.raw); err != nil && it.body() {
					t.Fatalf("a record of kind body does not fit its own name: %v", err)
				}
				sc.verify(&it)
			}
			if end > int64(len(b)) {
				t.Fatalf("item at %d goes beyond the end", it.offset)
			}
		}
	})
}

// FuzzIndex searches .moved files of any bytes.
func FuzzIndex(f *testing.F) {
	b := indexHead(3, 2)
	for i := range uint32(2) {
		e := make([]byte, entryBytes)
		putEntry(e, 3, entry{32 + 64*i, place{9, 64 * i}})
		b = append(b, e...)
	}
	f.Add(b, uint32(96))
	f.Add(b[:40], uint32(32))
	f.Fuzz(func(t *testing.T, b []byte, offset uint32) {
		at, err := searchIndex(bytes.NewReader(b), place{3, offset})
		if err == nil && at == (place{}) {
			t.Error("found at no place")
		}
	})
}
