package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cheggaaa/pb/v3"
	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

// importColumns are the columns of an import, in the order of a file without
// a line of titles.
var importColumns = []string{"address", "password", "name", "quota", "admin", "hash"}

func (a *app) accountImport() *cobra.Command {
	var generate, createDomains bool
	c := &cobra.Command{
		Use: "import FILE.csv", Short: a.say.shortAccountImport, Long: a.say.longAccountImport, Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			rows, err := a.readImport(args[0])
			if err != nil {
				return err
			}
			if generate {
				rows.generatePasswords()
			}
			return a.with(c.Context(), func(ops control.Operations) error {
				bar := a.progressBar(len(rows.accounts))
				defer bar.Finish()
				err := ops.ImportAccounts(c.Context(), control.Import{Accounts: rows.accounts, CreateDomains: createDomains},
					func(p control.Progress) error { bar.SetCurrent(p.Done); return nil })
				if err != nil {
					return rows.explain(err)
				}
				bar.Finish()
				return a.importResult(rows)
			})
		},
	}
	c.Flags().BoolVar(&generate, "generate", false, a.say.flagImportGenerate)
	c.Flags().BoolVar(&createDomains, "create-domains", false, a.say.flagCreateDomains)
	return c
}

// importRows are the accounts of a file and where each of them stands.
type importRows struct {
	file      string
	accounts  []control.NewAccount
	lines     []int // of each account
	generated []bool
}

// readImport reads the whole file; "-" is standard input.
func (a *app) readImport(path string) (*importRows, error) {
	in := a.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, &codedError{exitNoInput, err}
		}
		defer f.Close()
		in = f
	}
	return parseImport(path, in)
}

// parseImport reads CSV (RFC 4180). The first line may hold the names of the
// columns; without them their order is that of importColumns. All mistakes are
// reported at once.
func parseImport(file string, in io.Reader) (*importRows, error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	r.Comment = '#'
	rows := &importRows{file: file}
	columns := importColumns
	var problems []string
	for n := 0; ; n++ {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil { // the reader has lost its way; what follows would be noise
			problems = append(problems, fmt.Sprintf("%s: %v", file, err))
			break
		}
		line, _ := r.FieldPos(0)
		if n == 0 && strings.EqualFold(record[0], "address") {
			if columns, err = titles(record); err != nil {
				return nil, &codedError{exitData, fmt.Errorf("%s:%d: %w", file, line, err)}
			}
			continue
		}
		account, err := importRow(columns, record)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s:%d: %v", file, line, err))
			continue
		}
		rows.accounts = append(rows.accounts, account)
		rows.lines = append(rows.lines, line)
	}
	if len(problems) == 0 && len(rows.accounts) == 0 {
		problems = append(problems, file+": no accounts in it")
	}
	if len(problems) > 0 {
		return nil, importProblems(problems)
	}
	rows.generated = make([]bool, len(rows.accounts))
	return rows, nil
}

// titles reads the line with the names of the columns.
func titles(record []string) ([]string, error) {
	columns := make([]string, len(record))
	for i, title := range record {
		columns[i] = strings.ToLower(strings.TrimSpace(title))
		if !slices.Contains(importColumns, columns[i]) {
			return nil, fmt.Errorf("no such column %q; there are %s", title, strings.Join(importColumns, ", "))
		}
		if slices.Contains(columns[:i], columns[i]) {
			return nil, fmt.Errorf("column %q stands twice", title)
		}
	}
	return columns, nil
}

// importRow reads one account.
func importRow(columns, record []string) (control.NewAccount, error) {
	var n control.NewAccount
	if len(record) > len(columns) {
		return n, fmt.Errorf("%d fields, but only %d columns (%s); a comma inside a field needs quotes", len(record), len(columns), strings.Join(columns, ", "))
	}
	for i, field := range record {
		var err error
		switch columns[i] {
		case "address":
			n.Address = strings.TrimSpace(field)
		case "password":
			n.Password = field
		case "name":
			n.Name = strings.TrimSpace(field)
		case "quota":
			n.QuotaBytes, err = parseQuota(strings.TrimSpace(field))
		case "admin":
			n.Admin, err = parseYes(field)
		case "hash":
			n.Hash = strings.TrimSpace(field)
		}
		if err != nil {
			return n, err
		}
	}
	if n.Address == "" {
		return n, errors.New("no address")
	}
	if n.Password != "" && n.Hash != "" {
		return n, fmt.Errorf("%s: both a password and a hash; give one of them", n.Address)
	}
	return n, nil
}

// parseYes reads the column admin.
func parseYes(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "no", "false", "0":
		return false, nil
	case "yes", "true", "1":
		return true, nil
	}
	return false, fmt.Errorf("admin: %q is neither yes nor no", s)
}

// generatePasswords makes one for each account that has none.
func (r *importRows) generatePasswords() {
	for i := range r.accounts {
		if n := &r.accounts[i]; n.Password == "" && n.Hash == "" {
			n.Password = generatePassword()
			r.generated[i] = true
		}
	}
}

// explain puts the line of the file in front of what is wrong with a row.
func (r *importRows) explain(err error) error {
	e := new(control.Error)
	if !errors.As(err, &e) || len(e.Rows) == 0 {
		return err
	}
	var problems []string
	for _, row := range e.Rows {
		line := 0
		if row.Row >= 0 && row.Row < len(r.lines) {
			line = r.lines[row.Row]
		}
		problems = append(problems, fmt.Sprintf("%s:%d: %s", r.file, line, row.Text))
	}
	return importProblems(problems)
}

func importProblems(problems []string) error {
	return &codedError{exitData, fmt.Errorf("nothing was imported:\n%s", strings.Join(problems, "\n"))}
}

// importResult reports the import, with the passwords that were made up.
func (a *app) importResult(r *importRows) error {
	type made struct {
		Address  string `json:"address"`
		Password string `json:"password,omitempty"`
	}
	var out []made
	for i, n := range r.accounts {
		m := made{Address: n.Address}
		if r.generated[i] {
			m.Password = n.Password
		}
		out = append(out, m)
	}
	if a.json {
		return a.printJSON(out)
	}
	if slices.Contains(r.generated, true) {
		w := csv.NewWriter(a.stdout)
		for _, m := range out {
			if m.Password != "" {
				_ = w.Write([]string{m.Address, m.Password}) // an error shows at Flush
			}
		}
		if w.Flush(); w.Error() != nil {
			return w.Error()
		}
		fmt.Fprintf(a.stderr, a.say.imported+"\n", len(out))
		return nil
	}
	a.printf(a.say.imported, len(out))
	return nil
}

// progressBar draws on standard error when that is a terminal.
func (a *app) progressBar(total int) *pb.ProgressBar {
	bar := pb.New(total).SetWriter(a.stderr)
	if !isTerminal(a.stderr) {
		bar.SetWriter(io.Discard)
		return bar
	}
	return bar.Start()
}
