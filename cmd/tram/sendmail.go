package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"os/user"
	"slices"
	"strings"

	"tram/internal/config"
	"tram/internal/mail/message"
	"tram/internal/server/local"
)

// sendmailLimit is the largest message that sendmail reads, in octets. The
// server has a limit of its own, which is lower as a rule.
const sendmailLimit = 2 << 30

// sendmail is the command that programs have called for forty years: it reads
// a message from standard input and hands it to the server, or leaves it for
// the server when none runs.
func (a *app) sendmail(ctx context.Context, args []string) error {
	o, err := parseSendmail(args)
	if err != nil {
		return err
	}
	switch o.mode {
	case modeSMTP:
		return a.speakSMTP(ctx)
	case modeQueue:
		return a.mailq(ctx)
	case modeAliases:
		return a.newaliases(ctx, nil)
	case modeServer:
		return a.runRoot(ctx, "serve")
	case modeVerify:
		return a.verifyAddresses(ctx, o)
	case modeRun:
		return a.runRoot(ctx, "queue", "retry", "--all")
	}
	return a.submit(ctx, o)
}

// runRoot runs tram itself.
func (a *app) runRoot(ctx context.Context, args ...string) error {
	root := a.rootCommand()
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// submit reads and sends a message.
func (a *app) submit(ctx context.Context, o *sendmailOptions) error {
	text, err := local.ReadText(a.stdin, !o.ignoreDots, sendmailLimit)
	if err != nil {
		return &codedError{exitData, fmt.Errorf("read the message: %w", err)}
	}
	defer text.Close()
	m := local.Message{Envelope: local.Envelope{Rcpts: o.rcpts, Notify: o.notify, Ret: o.ret, EnvID: o.envid}}
	head, octets, err := splitText(text)
	if err != nil {
		return &codedError{exitData, err}
	}
	login := loginName()
	if m.Envelope.From = login; o.fromSet {
		m.Envelope.From = o.from
	}
	if o.fromHeader {
		named, err := recipientsOf(head)
		if err != nil {
			return err
		}
		m.Envelope.Rcpts = append(m.Envelope.Rcpts, named...)
	}
	if len(m.Envelope.Rcpts) == 0 {
		return usageErrorf("no recipient: name one, or use -t and name one in To, Cc or Bcc")
	}
	if o.fullName != "" && !hasField(head, "From") {
		head = append([]byte("From: "+plainPhrase(o.fullName)+" <"+login+">\r\n"), head...)
	}
	m.Text = text.WithHead(head, octets)
	sent, err := local.Send(ctx, a.localDirectory(), &m)
	if err != nil {
		return sendmailError(err)
	}
	if o.verbose && sent.Dropped {
		fmt.Fprintln(a.stderr, "no server runs; the message waits for it")
	} else if o.verbose {
		fmt.Fprintf(a.stderr, "queued as %s\n", sent.ID)
	}
	return nil
}

// sendmailError gives an error the exit code that callers of sendmail know.
func sendmailError(err error) error {
	var refused *local.RefusedError
	switch {
	case errors.As(err, &refused) && refused.Reply.Code == 552:
		return &codedError{exitData, err}
	case errors.As(err, &refused):
		return &codedError{exitUnavailable, err}
	}
	return &codedError{exitTemporary, err}
}

// loginName is who calls: the real user of the process.
func loginName() string {
	u, err := user.LookupId(fmt.Sprint(os.Getuid()))
	if err != nil {
		return fmt.Sprintf("uid%d", os.Getuid())
	}
	return u.Username
}

// localDirectory is where the server takes mail from this machine. The
// configuration says so, if it may be read.
func (a *app) localDirectory() string {
	if dir := os.Getenv("TRAM_LOCAL"); dir != "" {
		return dir
	}
	if c, err := config.Load(a.configPath); err == nil && c.Local.Directory != "" {
		return c.Local.Directory
	}
	return local.DefaultDirectory
}

// splitText returns the header of a message, with the empty line behind it,
// and how many octets it takes the place of. A message that does not begin
// with a field is all body, as with "echo hello | sendmail an". The separator
// line of mboxes is left out.
func splitText(t *local.Text) (head []byte, at int64, err error) {
	in := bufio.NewReader(t.Reader())
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, 0, err
		}
		first := at == 0
		switch {
		case len(line) == 0, string(line) == "\r\n":
			at += int64(len(line))
			return append(head, "\r\n"...), at, nil
		case first && bytes.HasPrefix(line, []byte("From ")), first && bytes.HasPrefix(line, []byte(">From ")):
		case err == nil && isHeaderLine(line, len(head) > 0):
			head = append(head, line...)
		default:
			return append(head, "\r\n"...), at, nil
		}
		if at += int64(len(line)); len(head) > message.MaxHeader {
			return nil, 0, fmt.Errorf("the header is larger than %d octets", message.MaxHeader)
		}
	}
}

// isHeaderLine reports whether a line is a field or the continuation of one.
func isHeaderLine(line []byte, inside bool) bool {
	if line[0] == ' ' || line[0] == '\t' {
		return inside
	}
	name, _, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	return ok && len(name) > 0 && !bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

func hasField(head []byte, name string) bool {
	_, ok := message.FieldValue(head, name)
	return ok
}

// recipientsOf are the addresses of the header for -t. A message that was sent
// again has its own fields for that (RFC 5322 3.6.6).
func recipientsOf(head []byte) ([]string, error) {
	names := []string{"To", "Cc", "Bcc"}
	if hasField(head, "Resent-To") || hasField(head, "Resent-Cc") || hasField(head, "Resent-Bcc") {
		names = []string{"Resent-To", "Resent-Cc", "Resent-Bcc"}
	}
	var all []string
	for field := range message.Fields(head) {
		if !slices.ContainsFunc(names, field.Is) {
			continue
		}
		for _, entry := range message.ParseAddressList(field.Value) {
			switch {
			case entry.Kind != message.Mailbox:
			case entry.Local == "":
				return nil, &codedError{exitData, fmt.Errorf("field %s holds an address that cannot be read: %s", field.Name, strings.TrimSpace(string(field.Value)))}
			case entry.Domain == "":
				all = append(all, entry.Local)
			default:
				all = append(all, entry.Local+"@"+entry.Domain)
			}
		}
	}
	return all, nil
}

// plainPhrase is a name as it stands in front of an address without quotes.
func plainPhrase(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune("()<>[]:;@\\,.\"", r) {
			return ' '
		}
		return r
	}, name)
	return mime.QEncoding.Encode("utf-8", strings.Join(strings.Fields(plain), " "))
}

// verifyAddresses asks the server about addresses (-bv).
func (a *app) verifyAddresses(ctx context.Context, o *sendmailOptions) error {
	bad := false
	for _, text := range o.rcpts {
		answer, err := local.Verify(ctx, a.localDirectory(), text)
		var refused *local.RefusedError
		switch {
		case err == nil:
			fmt.Fprintf(a.stdout, "%s... deliverable: %s\n", printable(text), printable(answer))
		case errors.As(err, &refused):
			bad = true
			fmt.Fprintf(a.stdout, "%s... %s\n", printable(text), printable(refused.Reply.Error()))
		default:
			return sendmailError(err)
		}
	}
	if bad {
		return &codedError{exitNotFound, errors.New("")}
	}
	return nil
}
