package imap

import (
	"strconv"
	"strings"

	"tram/internal/mail/imapwire"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
)

// part says which bytes of a message or part a section names.
type part uint8

const (
	partWhole     part = iota // BODY[], BODY[1]
	partHeader                // HEADER
	partFields                // HEADER.FIELDS
	partFieldsNot             // HEADER.FIELDS.NOT
	partText                  // TEXT
	partMIME                  // MIME
)

// Limits of a section.
const (
	maxSectionDepth  = message.MaxDepth + 1 // numbers of a path
	maxSectionFields = 500                  // names in HEADER.FIELDS
)

// section is what stands between the brackets of BODY[…], and the <partial>
// behind them (RFC 3501 6.4.5).
type section struct {
	path   []int
	what   part
	fields *message.FieldSet
	names  []string // of fields, as they are answered

	partial       bool
	offset, count int64
}

// want is the records that the section needs.
func (sec *section) want() mailstore.Want {
	switch {
	case len(sec.path) > 0:
		return mailstore.WantMeta | mailstore.WantStructure
	case sec.cached():
		return mailstore.WantHeader
	}
	return mailstore.WantMeta
}

// cached reports whether the section can be answered from the header lines
// that the store keeps beside the message.
func (sec *section) cached() bool {
	return len(sec.path) == 0 && sec.what == partFields && sec.fields.Within(message.CachedFields)
}

// parse reads section ["<" number "." nz-number ">"].
func (sec *section) parse(d *imapwire.Decoder) bool {
	if !d.ExpectSpecial('[') || !sec.parseSpec(d) || !d.ExpectSpecial(']') {
		return false
	}
	if !d.Special('<') {
		return d.Err() == nil
	}
	var offset, count uint64
	if !d.ExpectNumber64(&offset) || !d.ExpectSpecial('.') || !d.ExpectNumber64(&count) {
		return false
	}
	if count == 0 {
		return d.Fail("A partial has at least one octet")
	}
	sec.partial, sec.offset, sec.count = true, int64(offset), int64(count)
	return d.ExpectSpecial('>')
}

// parseSpec reads section-spec: 1.2.HEADER and its kin.
func (sec *section) parseSpec(d *imapwire.Decoder) bool {
	var spec string
	if d.AtSpecial(']') {
		return true
	}
	if !d.ExpectKeyword(&spec) || strings.HasSuffix(spec, ".") {
		return false
	}
	for spec != "" && '0' <= spec[0] && spec[0] <= '9' {
		var number string
		number, spec, _ = strings.Cut(spec, ".")
		n, err := strconv.ParseUint(number, 10, 31)
		if err != nil || len(sec.path) == maxSectionDepth {
			return false
		}
		sec.path = append(sec.path, int(n))
	}
	switch spec {
	case "":
	case "HEADER":
		sec.what = partHeader
	case "TEXT":
		sec.what = partText
	case "MIME":
		sec.what = partMIME
		return len(sec.path) > 0
	case "HEADER.FIELDS":
		sec.what = partFields
		return sec.parseFields(d)
	case "HEADER.FIELDS.NOT":
		sec.what = partFieldsNot
		return sec.parseFields(d)
	default:
		return false
	}
	return true
}

// parseFields reads SP header-list.
func (sec *section) parseFields(d *imapwire.Decoder) bool {
	if !d.ExpectSP() || !d.ExpectList(func() bool {
		var name string
		if len(sec.names) == maxSectionFields {
			return d.Fail("Too many header fields")
		}
		if !d.ExpectAString(&name) {
			return false
		}
		sec.names = append(sec.names, strings.ToUpper(name))
		return true
	}) {
		return false
	}
	sec.fields = message.NewFieldSet(sec.names...)
	return len(sec.names) > 0
}

// label is the section as it stands in the answer, without the partial's count.
// It stands behind name: BODY or BINARY.
func (sec *section) label(name string) string {
	dst := append([]byte(name), '[')
	for i, n := range sec.path {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	if name := [...]string{"", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"}[sec.what]; name != "" {
		if len(sec.path) > 0 {
			dst = append(dst, '.')
		}
		dst = append(dst, name...)
	}
	for i, name := range sec.names {
		if i == 0 {
			dst = append(dst, " ("...)
		} else {
			dst = append(dst, ' ')
		}
		dst = imapwire.AppendAString(dst, name)
	}
	if len(sec.names) > 0 {
		dst = append(dst, ')')
	}
	dst = append(dst, ']')
	if sec.partial {
		dst = append(dst, '<')
		dst = strconv.AppendInt(dst, sec.offset, 10)
		dst = append(dst, '>')
	}
	return string(append(dst, ' '))
}

// clip cuts the partial out of a range of bytes.
func (sec *section) clip(from, to int64) (int64, int64) {
	if !sec.partial {
		return from, to
	}
	from = min(from+min(sec.offset, to-from), to)
	if to-from > sec.count {
		to = from + sec.count
	}
	return from, to
}
