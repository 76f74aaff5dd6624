package sim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// sender hands over messages of one kind, one after the other: one(token) is
// the part that they differ in.
func (k *work) sender(r *rand.Rand, what string, one func(t *talk, token string) error) error {
	t, err := k.dial()
	if err != nil {
		return err
	}
	defer t.close()
	for i := range k.messages {
		if err := one(t, fmt.Sprintf("%s-%d-%d", what, k.seed, i)); err != nil {
			return err
		}
		time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond) // lets deferrals and retries come in between
	}
	return nil
}

func (k *work) senderToAlias(r *rand.Rand) error {
	return k.sender(r, "alias", func(t *talk, token string) error {
		return k.send(t, r, token, aliasName, place{kind: accepted}, accountNames...)
	})
}

func (k *work) senderToRemote(r *rand.Rand) error {
	return k.sender(r, "remote", func(t *talk, token string) error {
		return k.send(t, r, token, remoteName, place{kind: remoteTaken}, remoteAccount)
	})
}

// senderToList sends to a list with two members here and one elsewhere.
func (k *work) senderToList(r *rand.Rand) error {
	return k.sender(r, "list", func(t *talk, token string) error {
		body := text(r, token)
		s := k.m.begin("SMTP", token, body, place{kind: accepted}, accountNames...)
		s.also(token, body, place{kind: remoteTaken}, remoteAccount)
		if err := t.sendMail("sender@elsewhere.test", listName, "", body); err != nil {
			return err
		}
		s.acked()
		return nil
	})
}

// senderToFile sends to a Maildir and wants to hear that it arrived.
func (k *work) senderToFile(r *rand.Rand) error {
	return k.sender(r, "file", func(t *talk, token string) error {
		return k.sendReported(t, token, text(r, token), fileName, "SUCCESS,FAILURE", place{kind: filed}, fileAccount)
	})
}

// senderToPerson sends to a mailbox and wants to hear that it arrived.
func (k *work) senderToPerson(r *rand.Rand) error {
	return k.sender(r, "told", func(t *talk, token string) error {
		return k.sendReported(t, token, text(r, token), accountNames[1], "SUCCESS,FAILURE", place{kind: accepted}, accountNames[1])
	})
}

// senderToNobody sends to somebody whom the other host does not know: the
// message comes back.
func (k *work) senderToNobody(r *rand.Rand) error {
	return k.sender(r, "lost", func(t *talk, token string) error {
		return k.sendReported(t, token, text(r, token), refusedPrefix+token+"@elsewhere.test", "", place{kind: returned}, refusedAccount)
	})
}

// sendReported accepts a message whose sender is to get one notification.
func (k *work) sendReported(t *talk, token, body, to, notify string, state place, account string) error {
	s := k.m.begin("SMTP", token, body, state, account)
	s.also(reportPrefix+token, "", place{kind: notified}, reportedTo)
	if err := t.sendMail(reportedTo, to, notify, body); err != nil {
		return err
	}
	s.acked()
	return nil
}
