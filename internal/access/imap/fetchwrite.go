package imap

import (
	"tram/internal/mail/imapwire"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
)

// fetchWriter writes FETCH responses.
type fetchWriter struct {
	s       *session
	enc     *imapwire.Encoder
	req     *fetchRequest
	flagged *flagWriter
	byUID   bool
	marked  bool // \Seen was just set on the message

	previews previews
	scratch  []byte // header lines on their way through a filter
}

func (s *session) newFetchWriter(v *mailstore.View, byUID bool) *fetchWriter {
	return &fetchWriter{s: s, enc: s.enc, flagged: s.newFlagWriter(v), byUID: byUID}
}

func (w *fetchWriter) begin(index int, uid mailstore.UID) { w.s.beginFetch(index, uid) }

func (w *fetchWriter) uid(e mailstore.Entry) {
	w.enc.Raw("UID ")
	w.enc.Number(uint64(e.UID))
}

// flags tells the flags of a message after a STORE.
func (w *fetchWriter) flags(index int, e mailstore.Entry) {
	w.begin(index, e.UID)
	if w.byUID && !w.s.on(enabledUIDOnly) && !w.s.tellsUID() {
		w.uid(e)
		w.enc.Byte(' ')
	}
	w.s.writeUpdate(w.flagged, e)
	w.enc.Raw(")\r\n")
}

// modSeq tells only the MODSEQ of a message.
func (w *fetchWriter) modSeq(index int, e mailstore.Entry) {
	w.begin(index, e.UID)
	if w.s.tellsUID() || w.byUID && !w.s.on(enabledUIDOnly) {
		w.uid(e)
		w.enc.Byte(' ')
	}
	w.s.writeModSeq(e.ModSeq)
	w.enc.Raw(")\r\n")
}

// message writes the items of one message; m holds the records that they need.
// A body that cannot be read costs the response of this message only, unless
// half of it is on its way already.
func (w *fetchWriter) message(index int, e mailstore.Entry, m *mailstore.Message) error {
	w.enc.Mark()
	w.begin(index, e.UID)
	body := lazyBody{s: w.s, msg: m, uid: e.UID}
	defer body.close()
	first := true
	for i := range w.req.items {
		item := &w.req.items[i]
		if !w.marked && (item.kind == itemMarkedFlags || item.kind == itemMarkedModSeq || item.kind == itemMarkedUID) {
			continue
		}
		if !first {
			w.enc.Byte(' ')
		}
		first = false
		if err := w.item(item, e, m, &body); err != nil {
			return w.takeBack(err)
		}
	}
	w.enc.Raw(")\r\n")
	return nil
}

// takeBack gives up on a response.
func (w *fetchWriter) takeBack(err error) error {
	if w.enc.Err() == nil && !w.enc.Rewind() {
		// The client waits for bytes of a literal that will not come.
		w.s.state = stateLogout
	}
	return err
}

func (w *fetchWriter) item(item *fetchItem, e mailstore.Entry, m *mailstore.Message, body *lazyBody) error {
	switch item.kind {
	case itemUID, itemMarkedUID:
		w.uid(e)
	case itemModSeq, itemMarkedModSeq:
		w.s.writeModSeq(e.ModSeq)
	case itemFlags, itemMarkedFlags:
		w.flagged.write(e)
	case itemInternalDate:
		w.enc.Raw("INTERNALDATE ")
		w.enc.DateTime(m.InternalDate)
	case itemSize:
		w.enc.Raw("RFC822.SIZE ")
		w.enc.Number(uint64(e.Size))
	case itemEnvelope:
		w.enc.Raw("ENVELOPE ")
		w.stored(m.Envelope, emptyEnvelope)
	case itemBody:
		w.enc.Raw("BODY ")
		w.scratch = message.AppendBody(w.scratch[:0], m.BodyStructure)
		w.stored(w.scratch, emptyStructure)
	case itemBodyStructure:
		w.enc.Raw("BODYSTRUCTURE ")
		w.stored(m.BodyStructure, emptyStructure)
	case itemSection:
		return w.section(item, m, body)
	case itemBinary:
		return w.binary(item, m, body)
	case itemBinarySize:
		return w.binarySize(item, m, body)
	case itemSaveDate:
		w.enc.Raw("SAVEDATE ")
		w.enc.DateTime(m.SavedDate)
	case itemEmailID:
		w.objectItem("EMAILID ", objectEmail, m.ContentID)
	case itemThreadID:
		w.objectItem("THREADID ", objectThread, m.ThreadID)
	case itemPreview:
		return w.preview(item, m)
	}
	return nil
}

// What is sent where a damaged record has nothing to send, so that the response
// stays well-formed.
const (
	emptyEnvelope  = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
	emptyStructure = `("application" "octet-stream" NIL NIL NIL "7bit" 0)`
)

// stored writes a record that is in wire form already.
func (w *fetchWriter) stored(wire []byte, empty string) {
	if len(wire) == 0 {
		w.enc.Raw(empty)
		return
	}
	w.enc.RawBytes(wire)
}
