package directory

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"tram/internal/mail/address"
)

// Target is one thing that an alias leads to.
type Target struct {
	Kind    TargetKind
	Address address.Address // ToAddress
	Path    string          // ToInclude, ToFile: absolute
	Argv    []string        // ToProgram: Argv[0] is an absolute path; no shell sees it
}

// TargetKind says what a target is.
type TargetKind uint8

// The kinds of targets.
const (
	ToAddress TargetKind = iota // somebody, here or elsewhere
	ToInclude                   // the targets in a file, read at each delivery
	ToFile                      // an mbox file, or a Maildir when the path ends in "/"
	ToProgram                   // a program that reads the message
)

var targetKinds = [...]string{ToAddress: "address", ToInclude: "include", ToFile: "file", ToProgram: "program"}

// String returns address, include, file or program.
func (k TargetKind) String() string { return nameOf(targetKinds[:], int(k)) }

// MaxTarget bounds the text of a target, in octets.
const MaxTarget = 4096

const includePrefix = ":include:"

var (
	errTargetLong  = fmt.Errorf("a target has at most %d octets", MaxTarget)
	errControl     = errors.New("it holds a control character or is not UTF-8")
	errAbsolute    = errors.New("the path must be absolute: /var/…")
	errNoProgram   = errors.New("after | stands the program with its absolute path: |/usr/bin/…")
	errOpenQuote   = errors.New("a quote is not closed")
	errPathElement = errors.New(`the path holds "..", write where it leads`)
)

// ParseTarget reads the text of a target:
//
//	an@example.org        an address
//	:include:/path        the targets in a file
//	/path/of/mbox         a file that messages are appended to
//	/path/of/Maildir/     a Maildir
//	|/path/program ARG…   a program; arguments in quotes may hold spaces
//
// A program gets its arguments as they are: nothing is expanded and no shell
// is started, so | > ; $ and the like are plain letters.
func ParseTarget(s string) (t Target, err error) {
	s = unquoteWhole(strings.TrimSpace(s))
	switch {
	case len(s) > MaxTarget:
		err = errTargetLong
	case !utf8.ValidString(s) || strings.ContainsFunc(s, isControl):
		err = errControl
	case strings.HasPrefix(s, includePrefix):
		t = Target{Kind: ToInclude, Path: strings.TrimSpace(s[len(includePrefix):])}
		err = checkPath(t.Path)
	case strings.HasPrefix(s, "/"):
		t = Target{Kind: ToFile, Path: s}
		err = checkPath(t.Path)
	case strings.HasPrefix(s, "|"):
		t.Kind = ToProgram
		t.Argv, err = splitArgv(s[1:])
	default:
		t.Address, err = address.ParseAddress(s)
	}
	if err != nil {
		return Target{}, invalid(fmt.Sprintf("target %q", s), err)
	}
	return t, nil
}

// unquoteWhole takes the quotes off "|prog arg" and "/a b", which alias files
// write around the whole target. A quoted local part stays as it is.
func unquoteWhole(s string) string {
	if len(s) < 3 || s[0] != '"' || s[len(s)-1] != '"' || !strings.ContainsRune("|/:", rune(s[1])) {
		return s
	}
	return strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func checkPath(path string) error {
	if !strings.HasPrefix(path, "/") || strings.Trim(path, "/") == "" {
		return errAbsolute
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == ".." {
			return errPathElement
		}
	}
	return nil
}

// splitArgv splits at blanks outside of quotes. In double quotes \" and \\ are
// the letter; single quotes take everything as it is.
func splitArgv(s string) (argv []string, err error) {
	var word strings.Builder
	var quote byte
	open := false // a word has begun, perhaps an empty one in quotes
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != '\'' && c == '\\' && i+1 < len(s) && strings.IndexByte(`"\' `, s[i+1]) >= 0:
			i++
			word.WriteByte(s[i])
			open = true
		case quote == 0 && (c == '"' || c == '\''):
			quote, open = c, true
		case quote == 0 && c == ' ':
			if open {
				argv = append(argv, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if quote != 0 {
		return nil, errOpenQuote
	}
	if open {
		argv = append(argv, word.String())
	}
	if len(argv) == 0 || checkPath(argv[0]) != nil {
		return nil, errNoProgram
	}
	return argv, nil
}

// String is the text that ParseTarget reads.
func (t Target) String() string {
	switch t.Kind {
	case ToAddress:
		return t.Address.String()
	case ToInclude:
		return includePrefix + t.Path
	case ToFile:
		return t.Path
	}
	words := make([]string, len(t.Argv))
	for i, w := range t.Argv {
		words[i] = quoteWord(w)
	}
	return "|" + strings.Join(words, " ")
}

// quoteWord puts a word into quotes when splitArgv would not return it whole.
func quoteWord(w string) string {
	if w != "" && !strings.ContainsAny(w, ` "'\`) {
		return w
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(w) + `"`
}
