package message

// Limits of what the scanner looks into. Beyond them mail is still mail: it is
// stored, counted and shown, only not taken apart further.
const (
	MaxDepth        = 100       // nested parts; the part below is an opaque leaf
	MaxParts        = 10_000    // parts of a message; after that no boundary is seen
	MaxStructure    = 1 << 20   // octets of a BODYSTRUCTURE
	MaxEnvelope     = 64 << 10  // octets of an ENVELOPE
	MaxFieldValue   = 16 << 10  // octets of one field's value that are looked at
	MaxCachedHeader = 16 << 10  // octets of Digest.Header
	MaxAddresses    = 1000      // entries of an address list
	MaxParams       = 100       // parameters of a field
	MaxBoundary     = 80        // octets of a boundary that are compared
	MaxHeader       = 256 << 10 // octets of a header that are looked at
)
