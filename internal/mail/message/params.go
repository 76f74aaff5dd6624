package message

import (
	"bytes"
	"strings"
)

// Param is a parameter of Content-Type or Content-Disposition.
type Param struct {
	Name  string // lower case
	Value string // decoded to UTF-8
}

// ContentType is a decoded Content-Type field.
type ContentType struct {
	Type, Subtype string // lower case, "text" and "plain" when missing or broken
	Params        []Param
}

// ParseContentType reads the raw value of a Content-Type field; parameters are
// joined and decoded as RFC 2231 says, and so are encoded words, which have no
// place there but are common.
func ParseContentType(value []byte) ContentType {
	var p paramParser
	p.start(value, lenient)
	typ, subtype, ok := p.contentType()
	if !ok {
		return ContentType{Type: "text", Subtype: "plain"}
	}
	p.readAll()
	return ContentType{
		Type:    strings.ToLower(string(typ)),
		Subtype: strings.ToLower(string(subtype)),
		Params:  decodeParams(p.list),
	}
}

// Param gives the value of a parameter by its lower-case name, or "".
func (c *ContentType) Param(name string) string { return paramValue(c.Params, name) }

// ParseDisposition reads the raw value of a Content-Disposition field. The
// disposition is in lower case.
func ParseDisposition(value []byte) (disposition string, params []Param) {
	var p paramParser
	p.start(value, lenient)
	word, st := p.lex.token(nil)
	if st == broken {
		return "", nil
	}
	p.readAll()
	return strings.ToLower(string(word)), decodeParams(p.list)
}

// Filename gives the name that a part should be saved under, from its
// disposition's filename or its type's name, or "". It is what the sender
// wrote: it may hold path separators.
func Filename(disposition []Param, contentType []Param) string {
	if name := paramValue(disposition, "filename"); name != "" {
		return name
	}
	return paramValue(contentType, "name")
}

func paramValue(params []Param, name string) string {
	for _, p := range params {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// decodeParams turns joined raw parameters into text.
func decodeParams(list []rawParam) []Param {
	var params []Param
	for _, p := range list {
		name, extended := bytes.CutSuffix(p.name, []byte{'*'})
		value := p.value
		if extended {
			value = decodeExtended(nil, value)
		} else {
			value = AppendDecoded(nil, value)
		}
		params = append(params, Param{Name: strings.ToLower(string(name)), Value: string(value)})
	}
	return params
}

// decodeExtended decodes charset'language'%xx (RFC 2231 4). Where the marks are
// missing, the whole is percent-encoded UTF-8.
func decodeExtended(dst, value []byte) []byte {
	charset, text := "utf-8", value
	if i := bytes.IndexByte(value, '\''); i >= 0 {
		if j := bytes.IndexByte(value[i+1:], '\''); j >= 0 {
			if i > 0 {
				charset = string(value[:i])
			}
			text = value[i+j+2:]
		}
	}
	raw := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' && i+2 < len(text) {
			if b, ok := unhex(text[i+1], text[i+2]); ok {
				c = b
				i += 2
			}
		}
		raw = append(raw, c)
	}
	return AppendUTF8(dst, charset, raw)
}

func unhex(hi, lo byte) (byte, bool) {
	h, l := hexDigit(hi), hexDigit(lo)
	return h<<4 | l, h < 16 && l < 16
}

// hexDigit gives the value of a hexadecimal digit, or 255.
func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
