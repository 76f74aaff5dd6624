package imap

import (
	"cmp"
	"math"
	"slices"
)

// sortBy says where a sort criterion's values come from.
type sortBy uint8

const (
	byArrival sortBy = iota
	byDate
	bySize
	byRelevancy
	byText
)

// criterion is one of the sort criteria.
type criterion struct {
	by      sortBy
	kind    keyKind // unless it is SIZE or RELEVANCY
	reverse bool
}

// has reports whether a list of criteria has one of a sort.
func has(criteria []criterion, by sortBy) bool {
	return slices.ContainsFunc(criteria, func(c criterion) bool { return c.by == by })
}

// sortFound brings what was found into the order of the criteria; those that
// are equal stay in the order of the mailbox.
func (s *session) sortFound(in *target, found *foundMessages, criteria []criterion) ([]uint32, error) {
	keys, err := s.sortValues(in, found, criteria)
	if err != nil {
		return nil, err
	}
	out := make([]uint32, len(found.indexes))
	for i, at := range sorted(keys, len(out)) {
		out[i] = found.indexes[at]
	}
	return out, nil
}

// sortValues gives for each criterion the values of the messages, as numbers
// that are in the order of what they stand for.
func (s *session) sortValues(in *target, found *foundMessages, criteria []criterion) ([][]uint32, error) {
	var kinds []keyKind
	for _, c := range criteria {
		if c.by != bySize && c.by != byRelevancy {
			kinds = append(kinds, c.kind)
		}
	}
	var rows *keyRows
	var at []int32
	if len(kinds) > 0 && len(found.indexes) > 0 {
		var err error
		if rows, err = s.keys(in, ranked, kinds...); err != nil {
			return nil, err
		}
		at = rows.positions(in.view, found.indexes)
	}
	values := make([][]uint32, len(criteria))
	for i, c := range criteria {
		values[i] = c.values(in, found, rows, at)
		if c.reverse {
			for j := range values[i] {
				values[i][j] = ^values[i][j]
			}
		}
	}
	return values, nil
}

// values are the values of one criterion.
func (c criterion) values(in *target, found *foundMessages, rows *keyRows, at []int32) []uint32 {
	switch c.by {
	case bySize:
		out := make([]uint32, 0, len(found.indexes))
		for e := range entriesAt(in.view, found.indexes) {
			out = append(out, e.Size)
		}
		return out
	case byRelevancy: // the highest first (RFC 6203 6)
		out := make([]uint32, len(found.indexes))
		for i, index := range found.indexes {
			out[i] = uint32(100 - scoreOf(found.scores, index))
		}
		return out
	}
	if rows == nil {
		return nil
	}
	switch c.by {
	case byArrival:
		return narrow(pick(rows.arrival, at))
	case byDate:
		return narrow(pick(rows.date, at))
	}
	col := rows.texts[c.kind-firstText]
	out := make([]uint32, len(at))
	for i, row := range at {
		n := uint32(0)
		if row >= 0 {
			n = col.numbers[row]
		}
		if c.kind == keySubject {
			n >>= 1
		}
		out[i] = col.ranks[n]
	}
	return out
}

// pick takes the values at positions; the zero value for -1.
func pick[T any](values []T, positions []int32) []T {
	out := make([]T, len(positions))
	for i, p := range positions {
		if p >= 0 {
			out[i] = values[p]
		}
	}
	return out
}

// narrow gives times as numbers of 32 bits in the same order: as the distance
// from the earliest, or, when it is centuries, as their places.
func narrow(times []int64) []uint32 {
	out := make([]uint32, len(times))
	if len(times) == 0 {
		return out
	}
	first, last := slices.Min(times), slices.Max(times)
	if uint64(last)-uint64(first) <= math.MaxUint32 {
		for i, t := range times {
			out[i] = uint32(t - first)
		}
		return out
	}
	places := slices.Clone(times)
	slices.Sort(places)
	places = slices.Compact(places)
	for i, t := range times {
		place, _ := slices.BinarySearch(places, t)
		out[i] = uint32(place)
	}
	return out
}

// sorted gives the order of n rows by columns of values, the first of them most
// important.
func sorted(columns [][]uint32, n int) []uint32 {
	if len(columns) == 1 {
		return sortedBy(columns[0], n)
	}
	type row struct {
		head uint64 // values of the first two columns
		at   uint32
	}
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{uint64(columns[0][i])<<32 | uint64(columns[1][i]), uint32(i)}
	}
	rest := columns[2:]
	slices.SortFunc(rows, func(a, b row) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		for _, column := range rest {
			if c := cmp.Compare(column[a.at], column[b.at]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.at, b.at)
	})
	out := make([]uint32, n)
	for i := range rows {
		out[i] = rows[i].at
	}
	return out
}

// sortedBy is sorted for one column.
func sortedBy(column []uint32, n int) []uint32 {
	rows := make([]uint64, n) // value and row
	for i := range rows {
		rows[i] = uint64(column[i])<<32 | uint64(i)
	}
	slices.Sort(rows)
	out := make([]uint32, n)
	for i, r := range rows {
		out[i] = uint32(r)
	}
	return out
}
