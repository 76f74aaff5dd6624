package directory

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

var (
	errIncludeKind  = errors.New("not a regular file")
	errIncludeWrite = errors.New("group or others may write to it; chmod go-w")
	errIncludeSize  = fmt.Errorf("it has more than %d octets", MaxInclude)
	errIncludeLines = fmt.Errorf("it names more than %d targets", MaxRecipients)
	errIncludeOwner = errors.New("programs and files are taken only from a file of root or of the user that the server runs as")
)

// ReadInclude reads an :include: file, the default of Options.Include: targets
// one a line or with commas between them; "#" begins a comment. The file must
// be a regular one that only its owner can write to; when the owner is neither
// root nor the server's user it may name addresses only, for it would else run
// programs as somebody else.
func ReadInclude(_ context.Context, path string) ([]string, error) {
	// O_NONBLOCK: a named pipe must not hold the delivery.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errIncludeKind
	case info.Mode().Perm()&0o022 != 0:
		return nil, errIncludeWrite
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxInclude+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxInclude {
		return nil, errIncludeSize
	}
	targets, err := ParseInclude(text)
	if err == nil && !trusted(info) {
		err = addressesOnly(targets)
	}
	return targets, err
}

// trusted reports whether a file belongs to root or to this process.
func trusted(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}

func addressesOnly(targets []string) error {
	for _, t := range targets {
		if parsed, err := ParseTarget(t); err != nil || parsed.Kind != ToAddress {
			return errIncludeOwner
		}
	}
	return nil
}

// ParseInclude reads the text of an :include: file into targets, not yet
// parsed. "Name <address>" is taken as the address.
func ParseInclude(text []byte) (targets []string, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, MaxInclude+1)
	for lines.Scan() {
		line := strings.TrimSpace(strings.ToValidUTF8(lines.Text(), "\ufffd"))
		if line == "" || line[0] == '#' {
			continue
		}
		targets = append(targets, SplitTargets(line)...)
		if len(targets) > MaxRecipients {
			return nil, errIncludeLines
		}
	}
	return targets, lines.Err()
}

// SplitTargets splits targets at commas outside of quotes and angle brackets,
// as files of aliases write them, and takes each out of "Name <address>".
func SplitTargets(line string) (targets []string) {
	quoted, angle, from := false, false, 0
	take := func(to int) {
		if t := bareTarget(strings.TrimSpace(line[from:to])); t != "" {
			targets = append(targets, t)
		}
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == ',' && !angle:
			take(i)
			from = i + 1
		}
	}
	take(len(line))
	return targets
}

// bareTarget takes the address out of "Name <address>".
func bareTarget(s string) string {
	if strings.HasSuffix(s, ">") && !strings.HasPrefix(s, "|") {
		if open := strings.LastIndexByte(s, '<'); open >= 0 {
			return strings.TrimSpace(s[open+1 : len(s)-1])
		}
	}
	return s
}
