package imap

import (
	"errors"
	"strings"

	"tram/internal/mail/imapwire"
)

// errAnswered is what a handler returns that sent its tagged response itself,
// or will send it later.
var errAnswered = errors.New("answered")

// announce says what the client may be told when a command ends.
type announce uint8

const (
	tellNothing   announce = iota // the command does not look at the mailbox
	tellNoExpunge                 // all but EXPUNGE: sequence numbers must not shift (RFC 3501 7.4.1)
	tellAll

	// numbered is added for commands that take or give message numbers: they
	// are refused once the client has enabled UIDONLY (RFC 9586 3).
	numbered announce = 1 << 7
)

// command is an entry of the command table.
type command struct {
	name   string
	states state
	tell   announce

	// run reads the arguments and does the work. text is what the tagged OK
	// says, "" for "NAME completed". An error becomes a tagged NO or BAD
	// (reply.go); one of the connection ends the session.
	run func(*session) (text string, err error)
}

// commands is the table of everything a client can ask for.
var commands = makeTable(
	// RFC 3501 6.1: any state
	command{"CAPABILITY", stateAny, tellNothing, (*session).capability},
	command{"NOOP", stateAny, tellAll, (*session).noop},
	command{"LOGOUT", stateAny, tellNothing, (*session).logout},
	command{"ID", stateAny, tellNothing, (*session).id},

	// RFC 3501 6.2: not authenticated
	command{"STARTTLS", stateNotAuthenticated, tellNothing, (*session).startTLS},
	command{"AUTHENTICATE", stateNotAuthenticated, tellNothing, (*session).authenticate},
	command{"LOGIN", stateNotAuthenticated, tellNothing, (*session).login},

	// RFC 3501 6.3: authenticated
	command{"ENABLE", stateLogged, tellNothing, (*session).enable},
	command{"SELECT", stateLogged, tellNothing, (*session).selectMailbox},
	command{"EXAMINE", stateLogged, tellNothing, (*session).examine},
	command{"CREATE", stateLogged, tellAll, (*session).create},
	command{"DELETE", stateLogged, tellAll, (*session).deleteMailbox},
	command{"RENAME", stateLogged, tellAll, (*session).rename},
	command{"SUBSCRIBE", stateLogged, tellAll, (*session).subscribe},
	command{"UNSUBSCRIBE", stateLogged, tellAll, (*session).unsubscribe},
	command{"LIST", stateLogged, tellAll, (*session).list},
	command{"LSUB", stateLogged, tellAll, (*session).lsub},
	command{"NAMESPACE", stateLogged, tellAll, (*session).namespace},
	command{"GETACL", stateLogged, tellAll, (*session).getACL},
	command{"SETACL", stateLogged, tellAll, (*session).setACL},
	command{"DELETEACL", stateLogged, tellAll, (*session).deleteACL},
	command{"LISTRIGHTS", stateLogged, tellAll, (*session).listRights},
	command{"MYRIGHTS", stateLogged, tellAll, (*session).myRights},
	command{"GETMETADATA", stateLogged, tellAll, (*session).getMetadata},
	command{"SETMETADATA", stateLogged, tellAll, (*session).setMetadata},
	command{"GETQUOTA", stateLogged, tellAll, (*session).getQuota},
	command{"GETQUOTAROOT", stateLogged, tellAll, (*session).getQuotaRoot},
	command{"SETQUOTA", stateLogged, tellAll, (*session).setQuota},
	command{"STATUS", stateLogged, tellAll, (*session).status},
	command{"COMPRESS", stateLogged, tellNothing, (*session).compress},
	command{"GETJMAPACCESS", stateLogged, tellNothing, (*session).getJMAPAccess},
	command{"UNAUTHENTICATE", stateLogged, tellNothing, (*session).unauthenticate},
	command{"APPEND", stateLogged, tellAll, (*session).appendMessages},
	command{"ESEARCH", stateLogged, tellAll, (*session).esearch},
	command{"IDLE", stateLogged, tellNothing, (*session).idle},
	command{"NOTIFY", stateLogged, tellAll, (*session).notifyCommand},

	// RFC 3501 6.4: selected
	command{"CHECK", stateSelected, tellAll, (*session).check},
	command{"CLOSE", stateSelected, tellNothing, (*session).closeMailbox},
	command{"UNSELECT", stateSelected, tellNothing, (*session).unselect},
	command{"EXPUNGE", stateSelected, tellAll, (*session).expunge},
	command{"UID EXPUNGE", stateSelected, tellAll, (*session).uidExpunge},
	command{"SEARCH", stateSelected, tellNoExpunge | numbered, (*session).search},
	command{"UID SEARCH", stateSelected, tellAll, (*session).uidSearch},
	command{"SORT", stateSelected, tellNoExpunge | numbered, (*session).sort},
	command{"UID SORT", stateSelected, tellAll, (*session).uidSort},
	command{"CANCELUPDATE", stateSelected, tellNoExpunge, (*session).cancelUpdate},
	command{"THREAD", stateSelected, tellNoExpunge | numbered, (*session).thread},
	command{"UID THREAD", stateSelected, tellAll, (*session).uidThread},
	command{"FETCH", stateSelected, tellNoExpunge | numbered, (*session).fetch},
	command{"UID FETCH", stateSelected, tellAll, (*session).uidFetch},
	command{"STORE", stateSelected, tellNoExpunge | numbered, (*session).store},
	command{"UID STORE", stateSelected, tellAll, (*session).uidStore},
	command{"COPY", stateSelected, tellAll | numbered, (*session).copyMessages},
	command{"UID COPY", stateSelected, tellAll, (*session).uidCopy},
	command{"MOVE", stateSelected, tellAll | numbered, (*session).move},
	command{"REPLACE", stateSelected, tellAll | numbered, (*session).replace},
	command{"UID REPLACE", stateSelected, tellAll, (*session).uidReplace},
	command{"UID MOVE", stateSelected, tellAll, (*session).uidMove},
)

func makeTable(list ...command) map[string]*command {
	table := make(map[string]*command, len(list))
	for i := range list {
		table[list[i].name] = &list[i]
	}
	return table
}

// command reads and answers one command.
func (s *session) command() {
	s.dec.SetLimits(s.decoderLimits())
	s.dec.Begin()
	s.tag = "*"
	if !s.dec.ExpectTag(&s.tag) {
		s.finish(nil, "", s.dec.Err())
		return
	}
	cmd, err := s.lookup()
	if err != nil {
		s.finish(nil, "", err)
		return
	}
	s.numbers = false
	text, err := cmd.run(s)
	if tell := cmd.tell &^ numbered; err == nil && s.state != stateLogout && tell != tellNothing && s.sel != nil {
		// No EXPUNGE for a UID SEARCH that names message numbers (RFC 7162 3.2.10).
		err = s.sync(tell == tellAll && !s.numbers)
	}
	s.finish(cmd, text, err)
	if after := s.after; after != nil {
		s.after = nil
		after()
	}
}

// lookup reads the command's name and finds it in the table.
func (s *session) lookup() (*command, error) {
	var name string
	if !s.dec.ExpectSP() || !s.dec.ExpectKeyword(&name) {
		return nil, s.dec.Err()
	}
	if name == "UID" {
		var which string
		if !s.dec.ExpectSP() || !s.dec.ExpectKeyword(&which) {
			return nil, s.dec.Err()
		}
		name = "UID " + which
	}
	cmd := commands[name]
	switch {
	case cmd == nil:
		return nil, bad("Unknown command")
	case cmd.states&s.state != 0 && cmd.tell&numbered != 0 && s.on(enabledUIDOnly):
		return nil, errUIDRequired
	case cmd.states&s.state != 0:
		return cmd, nil
	case s.state == stateNotAuthenticated:
		return nil, bad("Please log in first, with LOGIN or AUTHENTICATE")
	case cmd.states == stateSelected:
		return nil, bad("No mailbox selected, send SELECT first")
	}
	return nil, bad("Already logged in")
}

// finish skips what is left of the command and sends the tagged response. A
// command that was answered already (IDLE, LOGOUT) has errAnswered.
func (s *session) finish(cmd *command, text string, err error) {
	if gone := s.enc.Err(); gone != nil {
		// There is nobody to answer: not this command, and not those behind it.
		s.hangUp(gone)
		return
	}
	if !s.dec.Discard() {
		err = s.dec.Err()
	}
	var wire *imapwire.Error
	switch {
	case s.readFailed != nil:
		s.hangUp(s.readFailed)
	case errors.Is(err, errAnswered):
		return
	case errors.Is(err, errDeleted), errors.Is(err, errRenamed):
		s.bye(err.Error())
	case err == nil:
		s.badInARow = 0
		s.complete(completion(cmd, text))
	case errors.As(err, &wire) && wire.Kind == imapwire.Fatal:
		s.bye(wire.Text)
	default:
		s.refuse(err)
	}
	if s.state == stateNotAuthenticated {
		s.countBeforeLogin()
	}
}

// completion is the text of a tagged OK.
func completion(cmd *command, text string) string {
	if text != "" {
		return text
	}
	return cmd.name + " completed"
}

// complete sends the tagged OK.
func (s *session) complete(text string) {
	s.tellHighest()
	if code := s.highestCode(); code != "" && strings.HasPrefix(text, "[") {
		// There is room for one response code.
		s.enc.Raw("* OK " + code + " Highest\r\n")
	} else if code != "" {
		text = code + " " + text
	}
	s.tagged("OK", text)
}

// countBeforeLogin ends a session that talks without logging in.
func (s *session) countBeforeLogin() {
	s.commands++
	switch {
	case s.failures >= s.srv.opts.Limits.AuthFailures:
		s.bye("Too many failed logins")
	case s.commands >= s.srv.opts.Limits.LoginCommands:
		s.bye("Too many commands before login")
	}
}

// tagged sends a tagged response.
func (s *session) tagged(status, text string) {
	s.enc.Raw(s.tag)
	s.enc.Byte(' ')
	s.enc.Raw(status)
	s.enc.Byte(' ')
	s.enc.Text(text)
	s.enc.CRLF()
}
