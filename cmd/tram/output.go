package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"

	"tram/internal/config"
)

// printJSON writes one value, indented.
func (a *app) printJSON(v any) error {
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// result writes what an operation returned: JSON for scripts, a sentence for
// people.
func (a *app) result(v any, format string, args ...any) error {
	if a.json {
		return a.printJSON(v)
	}
	a.printf(format, args...)
	return nil
}

// list writes what an operation emits: a JSON array, or a table with one row
// for each item. none is said when there is nothing.
func list[T any](a *app, none string, titles []string, row func(T) []string, run func(emit func(T) error) error) error {
	items := []T{}
	if err := run(func(item T) error { items = append(items, item); return nil }); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(items)
	}
	if len(items) == 0 {
		a.printf("%s", none)
		return nil
	}
	rows := make([][]string, len(items))
	for i, item := range items {
		rows[i] = row(item)
	}
	return a.table(titles, rows)
}

// table writes rows: with lines on a terminal, aligned with spaces elsewhere,
// where the result may be cut or sorted.
func (a *app) table(titles []string, rows [][]string) error {
	for _, row := range rows {
		for i := range row {
			row[i] = printable(row[i])
		}
	}
	if !isTerminal(a.stdout) {
		return plainTable(a.stdout, titles, rows)
	}
	right := numericColumns(len(titles), rows)
	t := table.New().Border(lipgloss.RoundedBorder()).BorderStyle(lipgloss.NewStyle().Faint(true)).
		Headers(titles...).Rows(rows...).
		StyleFunc(func(row, col int) lipgloss.Style {
			style := lipgloss.NewStyle().Padding(0, 1)
			if row == table.HeaderRow {
				return style.Bold(true)
			}
			if right[col] {
				return style.Align(lipgloss.Right)
			}
			return style
		})
	_, err := lipgloss.Fprintln(a.stdout, t.String())
	return err
}

// plainTable aligns columns with two spaces between them.
func plainTable(w io.Writer, titles []string, rows [][]string) error {
	widths := make([]int, len(titles))
	right := numericColumns(len(titles), rows)
	for _, row := range append([][]string{titles}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], lipgloss.Width(cell))
		}
	}
	var b strings.Builder
	for _, row := range append([][]string{titles}, rows...) {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-lipgloss.Width(cell))
			if right[i] {
				line.WriteString(pad + cell + "  ")
			} else {
				line.WriteString(cell + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// numericColumns says which columns hold only numbers and sizes.
func numericColumns(columns int, rows [][]string) []bool {
	right := make([]bool, columns)
	for i := range right {
		right[i] = len(rows) > 0
		for _, row := range rows {
			if row[i] != "" && (row[i][0] < '0' || row[i][0] > '9') || strings.ContainsAny(row[i], ":-@") {
				right[i] = false
			}
		}
	}
	return right
}

// printable replaces control characters, which strangers may have put into
// addresses and replies, and which could command the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '�'
		}
		return r
	}, s)
}

// fields writes names and values, one a line.
func (a *app) fields(pairs ...[2]string) {
	width := 0
	for _, p := range pairs {
		width = max(width, lipgloss.Width(p[0]))
	}
	for _, p := range pairs {
		fmt.Fprintf(a.stdout, "%s%s  %s\n", p[0], strings.Repeat(" ", width-lipgloss.Width(p[0])), printable(p[1]))
	}
}

// sizeText is a number of bytes for people: three digits and a unit.
func sizeText(n int64) string {
	units := []struct {
		size config.Size
		name string
	}{{config.TiB, "TiB"}, {config.GiB, "GiB"}, {config.MiB, "MiB"}, {config.KiB, "KiB"}}
	for _, u := range units {
		if config.Size(n) >= u.size {
			return strconv.FormatFloat(float64(n)/float64(u.size), 'f', 1, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(n, 10) + " B"
}

// quotaText is used of allowed, as "1.2 MiB / 1.0 GiB".
func quotaText(used string, limit int64, text func(int64) string) string {
	if limit == 0 {
		return used
	}
	return used + " / " + text(limit)
}

func countText(n int64) string { return strconv.FormatInt(n, 10) }

// timeText is a moment in local time, "-" when there is none.
func timeText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}
