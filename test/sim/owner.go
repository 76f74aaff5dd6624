package sim

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"
)

// inbox is one IMAP session of an account's owner.
type inbox struct {
	*talk
	k        *work
	account  string
	validity uint32 // of INBOX
}

// owner sends messages to one account and takes each of them a part of the
// road: flagged, moved, marked, expunged; in between it appends some.
func (k *work) owner(r *rand.Rand, account string) error {
	sender, err := k.dial()
	if err != nil {
		return err
	}
	defer sender.close()
	c, err := net.Dial("tcp", k.imapAddr)
	if err != nil {
		return err
	}
	b := &inbox{talk: newTalk(c), k: k, account: account}
	defer b.close()
	validity, modseq, err := b.login(account, "INBOX")
	if err != nil {
		return err
	}
	b.validity = validity
	k.m.show(b.key("INBOX", validity), 0, "", modseq)
	local, _, _ := strings.Cut(account, "@")
	for i := range k.messages {
		token := fmt.Sprintf("%s-%d-%d", local, k.seed, i)
		if r.IntN(3) == 0 {
			err = b.append(r, token)
		} else if err = k.send(sender, r, token, account, place{kind: accepted}, account); err == nil {
			err = b.road(r, token)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", token, err)
		}
	}
	return nil
}

func (b *inbox) key(mailbox string, validity uint32) mailboxKey {
	return mailboxKey{b.account, mailbox, validity}
}

// append is IMAP APPEND into Drafts.
func (b *inbox) append(r *rand.Rand, token string) error {
	body := text(r, token)
	s := b.k.m.begin("APPEND", token, body, place{inMailbox, "Drafts", `\Draft`}, b.account)
	lines, err := b.imap(fmt.Sprintf("APPEND Drafts (\\Draft) {%d+}\r\n%s", len(body), body))
	if err != nil {
		return err
	}
	s.acked()
	if validity, uid := pair(lines, appendUIDCode); uid != 0 {
		b.k.m.show(b.key("Drafts", validity), uid, token, 0)
	}
	return nil
}

// road takes a delivered message as far as chance will have it.
func (b *inbox) road(r *rand.Rand, token string) error {
	uid, err := b.await(token)
	if err != nil {
		return err
	}
	mailbox, validity, flags := "INBOX", b.validity, []string(nil)
	for range r.IntN(5) {
		switch r.IntN(3) {
		case 0:
			flags = toggle(flags, []string{`\Flagged`, `\Seen`, `\Answered`}[r.IntN(3)])
			err = b.flag(token, uid, mailbox, validity, flags)
		case 1:
			if mailbox != "INBOX" {
				continue
			}
			mailbox = "Archive"
			validity, uid, err = b.move(token, uid, mailbox, flags)
			if err == nil {
				_, _, err = b.selectMailbox(mailbox)
			}
		case 2:
			flags = append(slices.Clone(flags), `\Deleted`)
			if err = b.flag(token, uid, mailbox, validity, flags); err == nil {
				err = b.expunge(token, uid)
			}
			return b.home(mailbox, err)
		}
		if err != nil {
			return err
		}
	}
	return b.home(mailbox, err)
}

// home goes back to INBOX for the next message.
func (b *inbox) home(mailbox string, err error) error {
	if err == nil && mailbox != "INBOX" {
		_, _, err = b.selectMailbox("INBOX")
	}
	return err
}

// await polls until the message is delivered, and notes what was shown.
func (b *inbox) await(token string) (uint32, error) {
	for began := time.Now(); time.Since(began) < talkTime; time.Sleep(time.Millisecond) {
		if _, err := b.imap("NOOP"); err != nil {
			return 0, err
		}
		lines, err := b.imap(`UID SEARCH HEADER Subject "<` + token + `>"`)
		if err != nil {
			return 0, err
		}
		uid := uint32(number(lines, searchResult))
		if uid == 0 {
			continue
		}
		lines, err = b.imap(fmt.Sprintf("UID FETCH %d (FLAGS MODSEQ)", uid))
		if err != nil {
			return 0, err
		}
		b.k.m.show(b.key("INBOX", b.validity), uid, token, number(lines, fetchModseq))
		return uid, nil
	}
	return 0, fmt.Errorf("not delivered within %v", talkTime)
}

func (b *inbox) flag(token string, uid uint32, mailbox string, validity uint32, flags []string) error {
	slices.Sort(flags)
	want := strings.Join(flags, " ")
	s := b.k.m.begin("STORE", token, "", place{inMailbox, mailbox, want}, b.account)
	lines, err := b.imap(fmt.Sprintf("UID STORE %d FLAGS (%s)", uid, want))
	if err != nil {
		return err
	}
	s.acked()
	b.k.m.show(b.key(mailbox, validity), uid, token, number(lines, fetchModseq))
	return nil
}

func (b *inbox) move(token string, uid uint32, to string, flags []string) (validity, newUID uint32, err error) {
	s := b.k.m.begin("MOVE", token, "", place{inMailbox, to, strings.Join(flags, " ")}, b.account)
	lines, err := b.imap(fmt.Sprintf("UID MOVE %d %s", uid, to))
	if err != nil {
		return 0, 0, err
	}
	s.acked()
	validity, newUID = pair(lines, copyUIDCode)
	if newUID == 0 {
		return 0, 0, fmt.Errorf("MOVE without COPYUID: %q", lines)
	}
	b.k.m.show(b.key(to, validity), newUID, token, 0)
	return validity, newUID, nil
}

func (b *inbox) expunge(token string, uid uint32) error {
	s := b.k.m.begin("EXPUNGE", token, "", place{kind: absent}, b.account)
	if _, err := b.imap(fmt.Sprintf("UID EXPUNGE %d", uid)); err != nil {
		return err
	}
	s.acked()
	return nil
}

// toggle returns flags with one more, or one less.
func toggle(flags []string, flag string) []string {
	if i := slices.Index(flags, flag); i >= 0 {
		return slices.Delete(slices.Clone(flags), i, i+1)
	}
	return append(slices.Clone(flags), flag)
}
