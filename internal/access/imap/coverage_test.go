package imap

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// exercised says for every capability which commands show it: a transcript must
// hold one of them that is answered with OK and one that is answered with NO or
// BAD. What a transcript cannot show has the name of a test instead.
var exercised = map[string]string{
	"IMAP4rev1":             `^(SELECT|FETCH|STORE) `,
	"IMAP4rev2":             `^ENABLE .*IMAP4rev2`,
	"SASL-IR":               `^AUTHENTICATE PLAIN \S`,
	"ID":                    `^ID `,
	"ENABLE":                `^ENABLE`,
	"IDLE":                  `^IDLE`,
	"LITERAL+":              `\{\d+\+\}`,
	"STARTTLS":              `^STARTTLS`,
	"LOGINDISABLED":         `^LOGIN `,
	"AUTH=":                 `^AUTHENTICATE `,
	"SORT":                  `^(UID )?SORT `,
	"SORT=DISPLAY":          `^(UID )?SORT .*\(.*DISPLAY`,
	"THREAD=REFERENCES":     `^(UID )?THREAD REFERENCES`,
	"THREAD=REFS":           `^(UID )?THREAD REFS`,
	"THREAD=ORDEREDSUBJECT": `^(UID )?THREAD ORDEREDSUBJECT`,
	"ESORT":                 `^(UID )?SORT RETURN`,
	"SEARCHRES":             `RETURN \(.*SAVE|\$`,
	"PARTIAL":               `\(.*PARTIAL -?\d`,
	"CONTEXT=SEARCH":        `^(UID )?SEARCH RETURN \(.*(UPDATE|CONTEXT)|^CANCELUPDATE`,
	"CONTEXT=SORT":          `^(UID )?SORT RETURN \(.*(UPDATE|CONTEXT)`,
	"NOTIFY":                `^NOTIFY `,
	"MULTISEARCH":           `^ESEARCH `,
	"SEARCH=FUZZY":          `SEARCH .*FUZZY`,
	"SAVEDATE":              `SAVED(ATE|ON|SINCE|BEFORE)`,
	"I18NLEVEL=1":           `^(UID )?SEARCH CHARSET`,
	"MULTIAPPEND":           `^APPEND .*\}.*\}`,
	"UNSELECT":              `^UNSELECT`,
	"CHILDREN":              `^LIST `,
	"NAMESPACE":             `^NAMESPACE`,
	"ACL":                   `^(SETACL|DELETEACL|GETACL|LISTRIGHTS|MYRIGHTS) `,
	"RIGHTS=texk":           `^SETACL .* [+-]?[lrswipa]*[texk]`,
	"UIDPLUS":               `^UID EXPUNGE`,
	"LIST-EXTENDED":         `^LIST .*RETURN|^LIST \(`,
	"QUOTA":                 `^(GETQUOTA|GETQUOTAROOT|SETQUOTA) `,
	"QUOTA=RES-STORAGE":     `^(GETQUOTA|GETQUOTAROOT|SETQUOTA) `,
	"QUOTA=RES-MESSAGE":     `^(GETQUOTA|GETQUOTAROOT|SETQUOTA) `,
	"LIST-STATUS":           `^LIST .*STATUS \(`,
	"LIST-MYRIGHTS":         `^LIST .*MYRIGHTS`,
	"LIST-METADATA":         `^LIST .*METADATA \(`,
	"METADATA":              `^(GETMETADATA|SETMETADATA) `,
	"CONDSTORE":             `UNCHANGEDSINCE|CHANGEDSINCE|MODSEQ`,
	"QRESYNC":               `QRESYNC`,
	"UIDONLY":               `UIDONLY`,
	"COMPRESS=DEFLATE":      `^COMPRESS `,
	"UNAUTHENTICATE":        `^UNAUTHENTICATE`,
	"UTF8=ACCEPT":           `^ENABLE .*UTF8=ACCEPT`,
	"ESEARCH":               `^(UID )?SEARCH RETURN`,
	"WITHIN":                `(OLDER|YOUNGER) `,
	"MOVE":                  `^(UID )?MOVE `,
	"SPECIAL-USE":           `SPECIAL-USE`,
	"CREATE-SPECIAL-USE":    `^CREATE .*\(USE `,
	"STATUS=SIZE":           `^STATUS .*SIZE`,
	"APPENDLIMIT":           `APPENDLIMIT|^APPEND `,
	"BINARY":                `BINARY|~\{`,
	"CATENATE":              `^APPEND .*CATENATE`,
	"URL-PARTIAL":           `;PARTIAL=`,
	"OBJECTID":              `EMAILID|MAILBOXID|THREADID`,
	"PREVIEW":               `PREVIEW`,
	"REPLACE":               `^(UID )?REPLACE `,
	"INPROGRESS":            "TestProgress",
	"JMAPACCESS":            "TestJMAPAccess",
	"MESSAGELIMIT=":         `UID(AFTER|BEFORE) `,
	"SAVELIMIT=":            `^(UID COPY|APPEND) `,
}

// TestEveryCapabilityIsExercised holds the table of capabilities against the
// transcripts: what the server offers, a transcript shows at work and refused.
func TestEveryCapabilityIsExercised(t *testing.T) {
	played, tests := playedCommands(t), testNames(t)
	for i := range offers {
		name := offers[i].name
		pattern, ok := exercised[name]
		if !ok {
			t.Errorf("%s is offered, and this test does not know what shows it", name)
			continue
		}
		if strings.HasPrefix(pattern, "Test") {
			if !tests[pattern] {
				t.Errorf("%s: there is no %s", name, pattern)
			}
			continue
		}
		re := regexp.MustCompile(pattern)
		statuses := map[string]bool{}
		for _, c := range played {
			if re.MatchString(c.text) {
				statuses[c.status] = true
			}
		}
		if !statuses["OK"] {
			t.Errorf("%s: no transcript has it succeed", name)
		}
		if !statuses["NO"] && !statuses["BAD"] {
			t.Errorf("%s: no transcript has it refused", name)
		}
	}
}

func testNames(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	check(t, err)
	names := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(t, err)
		for _, m := range testName.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
	}
	return names
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// playedCommand is a command of a transcript and how it fared.
type playedCommand struct{ text, status string }

func playedCommands(t *testing.T) []playedCommand {
	t.Helper()
	files, err := filepath.Glob("../../../test/transcripts/imap/*.txtar")
	check(t, err)
	var all []playedCommand
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(t, err)
		open := map[string]string{} // commands without an answer yet, by tag
		for line := range strings.Lines(string(text)) {
			kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if kind == "C!" {
				rest, err = strconv.Unquote(rest)
				check(t, err)
			}
			tag, words, _ := strings.Cut(rest, " ")
			switch kind {
			case "C:", "C!":
				open[tag] = strings.TrimRight(words, "\r\n")
			case "S:":
				status, _, _ := strings.Cut(words, " ")
				if command, ok := open[tag]; ok && status != "" {
					all = append(all, playedCommand{strings.ReplaceAll(command, "\r\n", " "), status})
				}
			}
		}
	}
	return all
}
