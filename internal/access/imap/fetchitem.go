package imap

import (
	"slices"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// itemKind is one of fetch-att.
type itemKind uint8

const (
	itemUID itemKind = iota
	itemModSeq
	itemFlags
	itemMarkedFlags // FLAGS of messages that \Seen was set of on the way
	itemMarkedModSeq
	itemMarkedUID
	itemInternalDate
	itemSize
	itemEnvelope
	itemBody // BODY without a section
	itemBodyStructure
	itemSection // BODY[…], and RFC822 and its kin
	itemBinary  // BINARY[…]
	itemBinarySize
	itemSaveDate
	itemEmailID
	itemThreadID
	itemPreview
)

// fetchItem is one thing to send of each message.
type fetchItem struct {
	kind    itemKind
	label   string // of itemSection: what stands before the literal
	section section
	peek    bool // does not set \Seen
	lazy    bool // of itemPreview: only what takes no time (RFC 8970 4.1)
}

// want is the records that the item needs. Flags, sizes and MODSEQs are in the
// view already.
func (i *fetchItem) want() mailstore.Want {
	switch i.kind {
	case itemInternalDate, itemSaveDate, itemEmailID, itemThreadID:
		return mailstore.WantMeta
	case itemPreview:
		return mailstore.WantMeta | mailstore.WantPreview // without a preview there is a message still
	case itemEnvelope:
		return mailstore.WantEnvelope
	case itemBody, itemBodyStructure:
		return mailstore.WantStructure
	case itemSection, itemBinary, itemBinarySize:
		return i.section.want()
	}
	return 0
}

func (i *fetchItem) marks() bool { return (i.kind == itemSection || i.kind == itemBinary) && !i.peek }

// macros are the names that stand for several items (RFC 3501 6.4.5).
var macros = map[string][]itemKind{
	"FAST": {itemFlags, itemInternalDate, itemSize},
	"ALL":  {itemFlags, itemInternalDate, itemSize, itemEnvelope},
	"FULL": {itemFlags, itemInternalDate, itemSize, itemEnvelope, itemBody},
}

// simpleItems are the items without arguments.
var simpleItems = map[string]itemKind{
	"UID":           itemUID,
	"MODSEQ":        itemModSeq,
	"FLAGS":         itemFlags,
	"INTERNALDATE":  itemInternalDate,
	"RFC822.SIZE":   itemSize,
	"ENVELOPE":      itemEnvelope,
	"BODYSTRUCTURE": itemBodyStructure,
	"SAVEDATE":      itemSaveDate, // RFC 8514
	"EMAILID":       itemEmailID,  // RFC 8474
	"THREADID":      itemThreadID, // RFC 8474
}

// oldItems are the items that are BODY[…] under another name.
var oldItems = map[string]fetchItem{
	"RFC822":        {kind: itemSection, label: "RFC822 ", section: section{what: partWhole}},
	"RFC822.HEADER": {kind: itemSection, label: "RFC822.HEADER ", section: section{what: partHeader}, peek: true},
	"RFC822.TEXT":   {kind: itemSection, label: "RFC822.TEXT ", section: section{what: partText}},
}

// parseItems reads a macro, an item or a list of items.
func (req *fetchRequest) parseItems(d *imapwire.Decoder) bool {
	if d.AtSpecial('(') {
		return d.ExpectList(func() bool { return req.parseItem(d, false) }) &&
			(len(req.items) > 0 || d.Fail("FETCH list is empty"))
	}
	return req.parseItem(d, true)
}

func (req *fetchRequest) parseItem(d *imapwire.Decoder, alone bool) bool {
	var name string
	if !d.ExpectKeyword(&name) {
		return false
	}
	if kind, ok := simpleItems[name]; ok {
		req.add(kind)
		return true
	}
	if item, ok := oldItems[name]; ok {
		return req.addSection(d, item)
	}
	if kinds, ok := macros[name]; ok && alone {
		for _, k := range kinds {
			req.add(k)
		}
		return true
	}
	if name == "BODY" && !d.AtSpecial('[') {
		req.add(itemBody)
		return true
	}
	switch name {
	case "PREVIEW":
		return req.parsePreview(d, alone)
	case "BINARY", "BINARY.PEEK", "BINARY.SIZE":
		return req.parseBinary(d, name) || d.Fail("Invalid BINARY[..] section")
	case "BODY", "BODY.PEEK":
	default:
		return d.Fail("Unknown fetch item")
	}
	item := fetchItem{kind: itemSection, peek: name == "BODY.PEEK"}
	if !item.section.parse(d) {
		return d.Fail("Invalid BODY[..] section")
	}
	item.label = item.section.label("BODY")
	return req.addSection(d, item)
}

// maxFetchSections is how many sections one FETCH can ask for. Clients ask for
// some in each part of a message.
const maxFetchSections = 1000

// addSection adds an item that names a section. Other than the rest of the items
// these are sent as often as they are named.
func (req *fetchRequest) addSection(d *imapwire.Decoder, item fetchItem) bool {
	if req.sections++; req.sections > maxFetchSections {
		return d.Fail("Too many sections")
	}
	req.items = append(req.items, item)
	return true
}

func (req *fetchRequest) has(kind itemKind) bool {
	return slices.ContainsFunc(req.items, func(i fetchItem) bool { return i.kind == kind })
}

// add appends an item unless it is there.
func (req *fetchRequest) add(kind itemKind) {
	if !req.has(kind) {
		req.items = append(req.items, fetchItem{kind: kind})
	}
}

// addFirst puts an item in front unless it is there.
func (req *fetchRequest) addFirst(kind itemKind) {
	if !req.has(kind) {
		req.items = slices.Insert(req.items, 0, fetchItem{kind: kind})
	}
}

// addFlags adds FLAGS for messages that get \Seen on the way (RFC 3501 6.4.5),
// and their MODSEQ where the client keeps track of it.
func (req *fetchRequest) addFlags(condstore, uid bool) {
	if uid && !req.has(itemUID) {
		req.add(itemMarkedUID)
	}
	if !req.has(itemFlags) {
		req.add(itemMarkedFlags)
	}
	if condstore && !req.has(itemModSeq) {
		req.add(itemMarkedModSeq)
	}
}

// orderItems puts what is long behind what is short, and keeps the client's
// order otherwise, as Dovecot does.
func (req *fetchRequest) orderItems() {
	slices.SortStableFunc(req.items, func(a, b fetchItem) int { return a.weight() - b.weight() })
}

func (i fetchItem) weight() int {
	if i.kind == itemSection || i.kind == itemBinary {
		return 1
	}
	return 0
}
