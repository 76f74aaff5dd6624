package message

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
// joined and decoded as RFC 2231 says.
func ParseContentType(value []byte) ContentType { return ContentType{Type: "text", Subtype: "plain"} }

// ParseDisposition reads the raw value of a Content-Disposition field.
func ParseDisposition(value []byte) (disposition string, params []Param) { return "", nil }
