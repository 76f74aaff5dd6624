package config

import (
	"fmt"
	"slices"
	"strings"
)

// suggest names what was probably meant, or everything that is possible.
func suggest(written string, possible []string) string {
	best, distance := "", 1+len(written)/3
	for _, p := range possible {
		if d := editDistance(written, p); d <= distance {
			best, distance = p, d-1
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return "; possible here: " + strings.Join(possible, ", ")
}

func (in *reader) suggestTable(name string) string {
	var names []string
	for n := range in.sections {
		if n != "" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return suggest(name, names)
}

func keysOf(s section) []string {
	keys := make([]string, len(s.settings))
	for i := range s.settings {
		keys[i] = s.settings[i].key
	}
	return keys
}

// editDistance is the number of letters to add, drop or change (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
