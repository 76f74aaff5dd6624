package directory

import (
	"bytes"
	"context"
	"iter"

	"tram/internal/storage/kv"
)

// pageSize is how many keys one transaction of a list reads.
const pageSize = 500

// pages yields what read makes of the pairs in lo <= key < hi; read skips a
// pair with false. It reads page by page, so that a slow consumer holds no
// transaction open. What changes meanwhile may or may not be seen.
func pages[T any](ctx context.Context, d *Directory, lo, hi []byte, read func(r kv.Reader, key, value []byte) (T, bool, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		for from := lo; from != nil; {
			page := make([]T, 0, pageSize)
			var next []byte
			err := d.view(ctx, func(r kv.Reader) (err error) {
				page, next, err = onePage(r, from, hi, page[:0], read)
				return err
			})
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
			}
			if err != nil {
				yield(zero, err)
				return
			}
			from = next
		}
	}
}

// onePage reads up to a page full; next is where to go on, nil at the end.
func onePage[T any](r kv.Reader, lo, hi []byte, page []T, read func(r kv.Reader, key, value []byte) (T, bool, error)) (_ []T, next []byte, err error) {
	it := r.Scan(lo, hi)
	defer it.Close()
	for n := 0; it.Next(); n++ {
		if n == pageSize {
			return page, bytes.Clone(it.Key()), nil
		}
		v, ok, err := read(r, it.Key(), it.Value())
		if err != nil {
			return page, nil, err
		}
		if ok {
			page = append(page, v)
		}
	}
	return page, nil, it.Err()
}

// addressRange holds the addresses of a domain; of all domains when it is "".
func addressRange(domain string) (lo, hi []byte) {
	if domain == "" {
		return []byte{'u'}, []byte{'u' + 1}
	}
	lo = addressKey(domain, "")
	hi = bytes.Clone(lo)
	hi[len(hi)-1]++
	return lo, hi
}
