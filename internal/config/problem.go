package config

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in the file.
type Problem struct {
	File string `json:"file"`
	Line int    `json:"line"` // 1 is the first; 0 when the mistake is something that is missing
	Key  string `json:"key"`  // "limits.message_size"; empty for mistakes of syntax
	Text string `json:"text"` // what is wrong and what to do
}

// String is the problem in the form that editors and compilers use:
// tram.toml:12: limits.message_size: …
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
	} else if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Key != "" {
		b.WriteString(p.Key)
		b.WriteString(": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Error is String, so that a single problem can be returned.
func (p Problem) Error() string { return p.String() }

// Problems is every mistake of a file, in the order of their lines. It is the
// error that Load returns.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// report collects the problems of one file.
type report struct {
	config   *Config
	problems Problems
}

// at adds a mistake at the line of a key.
func (r *report) at(key, format string, args ...any) {
	r.problems = append(r.problems, r.config.Problem(key, fmt.Sprintf(format, args...)))
}

// line adds a mistake at a line.
func (r *report) line(line int, key, format string, args ...any) {
	r.problems = append(r.problems, Problem{
		File: r.config.file, Line: line, Key: key, Text: fmt.Sprintf(format, args...),
	})
}

// err is nil when there was no mistake.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	return r.problems
}
