package journal

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// page is the file of one day.
type page struct {
	day    time.Time // its first moment
	path   string
	packed bool
}

// pages lists the files of a directory by day. Where a crash has left both
// forms of a day, the plain one is the whole one.
func pages(dir string) ([]page, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	byDay := make(map[time.Time]page)
	for _, e := range entries {
		name, isPacked := strings.CutSuffix(e.Name(), packed)
		if !isPacked {
			name = strings.TrimSuffix(e.Name(), plain)
		}
		day, err := time.Parse(dayForm, name)
		if err != nil {
			continue
		}
		if _, ok := byDay[day]; ok && isPacked {
			continue
		}
		byDay[day] = page{day, filepath.Join(dir, e.Name()), isPacked}
	}
	all := make([]page, 0, len(byDay))
	for _, p := range byDay {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b page) int { return a.day.Compare(b.day) })
	return all, nil
}

// tend deletes pages that are too old and packs those that are full.
func (j *Journal) tend(ctx context.Context) error {
	all, err := pages(j.dir)
	if err != nil {
		return err
	}
	now := j.o.Now().UTC()
	today := now.Truncate(24 * time.Hour)
	var errs []error
	for _, p := range all {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case p.day.Add(24 * time.Hour).Before(now.Add(-j.o.Keep)):
			errs = append(errs, os.Remove(p.path))
		case !p.packed && p.day.Before(today) && now.Sub(today) > time.Minute: // the last events of yesterday are written by then
			errs = append(errs, pack(p.path))
		}
	}
	return errors.Join(errs...)
}

// pack compresses a page. The plain one goes when the other is whole.
func pack(path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	target := strings.TrimSuffix(path, plain) + packed
	out, err := os.OpenFile(target+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := gzip.NewWriter(out)
	_, err = io.Copy(w, in)
	if err = errors.Join(err, w.Close(), out.Sync(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(target+".new"))
	}
	if err := os.Rename(target+".new", target); err != nil {
		return err
	}
	return os.Remove(path)
}

// open opens a page for reading its lines.
func (p page) open() (io.ReadCloser, error) {
	f, err := os.Open(p.path)
	if err != nil || !p.packed {
		return f, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &unpacked{z, f}, nil
}

type unpacked struct {
	*gzip.Reader
	file *os.File
}

func (u *unpacked) Close() error { return errors.Join(u.Reader.Close(), u.file.Close()) }
