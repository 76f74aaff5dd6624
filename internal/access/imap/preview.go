package imap

import (
	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// Previews (RFC 8970) are computed when somebody asks for them first, and
// stored then.
const (
	// lazyPreviews is how many a FETCH with the modifier LAZY computes; of the
	// others it says NIL. So a client that asks for what its window shows has
	// all of it, and one that asks for a large mailbox waits for none.
	lazyPreviews = 50

	// keptPreviews is how many are stored in one commit.
	keptPreviews = 200
)

// previews is the previews that a FETCH made and the store does not have yet.
type previews struct {
	made []mailstore.Preview
	lazy int // made by a LAZY item
}

// preview writes PREVIEW and the text, NIL when it would take long.
func (w *fetchWriter) preview(item *fetchItem, m *mailstore.Message) error {
	text := m.Preview
	if text == nil && !(item.lazy && w.previews.lazy >= lazyPreviews) {
		made, err := w.makePreview(m)
		if err != nil {
			return err
		}
		text = []byte(made)
		if item.lazy {
			w.previews.lazy++
		}
	}
	w.enc.Raw("PREVIEW ")
	if text == nil {
		w.enc.Raw("NIL")
		return nil
	}
	w.enc.String(string(text))
	return nil
}

func (w *fetchWriter) makePreview(m *mailstore.Message) (text string, err error) {
	compute := func(m *mailstore.Message) (err error) {
		text, err = w.s.mail.MakePreview(w.s.ctx, m)
		return err
	}
	if m.Parts != nil {
		err = compute(m)
	} else {
		err = w.s.mail.Messages(w.s.ctx, w.s.sel.account, w.s.sel.id, mailstore.UIDs(m.UID),
			mailstore.WantMeta|mailstore.WantStructure, compute)
	}
	if err != nil {
		return "", err
	}
	w.previews.made = append(w.previews.made, mailstore.Preview{UID: m.UID, Text: text})
	if len(w.previews.made) >= keptPreviews {
		w.keepPreviews()
	}
	return text, nil
}

// keepPreviews stores what was made. When that fails they are made again the
// next time: no reason to fail a FETCH.
func (w *fetchWriter) keepPreviews() {
	if len(w.previews.made) == 0 {
		return
	}
	if err := w.s.mail.KeepPreviews(w.s.ctx, w.s.sel.account, w.s.sel.id, w.previews.made); err != nil {
		w.s.srv.log.Warn("imap: previews could not be kept", "user", w.s.user, "err", err)
	}
	w.previews.made = w.previews.made[:0]
}

// parsePreview reads what may stand behind PREVIEW: ( LAZY ). Alone, it is read
// with the modifiers of the command, which look the same.
func (req *fetchRequest) parsePreview(d *imapwire.Decoder, alone bool) bool {
	req.add(itemPreview)
	if alone || !d.SP() {
		return d.Err() == nil
	}
	if !d.AtSpecial('(') {
		return req.parseItem(d, false) // the blank was the one before the next item
	}
	return d.ExpectList(func() bool {
		var name string
		return d.ExpectKeyword(&name) && (name == "LAZY" && req.setLazy() || d.Fail("Unknown preview modifier"))
	}) && (req.items[len(req.items)-1].lazy || d.Fail("List of preview modifiers is empty"))
}

// setLazy makes the PREVIEW that was read last lazy.
func (req *fetchRequest) setLazy() bool {
	i := len(req.items) - 1
	if i < 0 || req.items[i].kind != itemPreview {
		return false
	}
	req.items[i].lazy = true
	return true
}
