package message

// Limits of what is looked into. Beyond them mail is still mail: it is stored,
// counted and shown whole, only not taken apart further. Together they keep
// the scanner within 256 KiB whatever arrives.
const (
	// MaxDepth is how deep parts nest; a multipart or message deeper than this
	// is an opaque leaf, application/octet-stream.
	MaxDepth = 100

	// MaxParts is how many parts a message has; after that no boundary is seen.
	MaxParts = 10_000

	// MaxTables is the room, in octets, for what is remembered of all parts.
	// When it is used up, no boundary is seen any more.
	MaxTables = 128 << 10

	// MaxHeader is how much of one header is kept while it is read, in octets:
	// only the lines of fields that matter count.
	MaxHeader = 64 << 10

	// MaxEnvelope is the size of an ENVELOPE in octets. Address lists stop
	// before it, and long texts are cut.
	MaxEnvelope = 64 << 10

	// MaxCachedHeader is the size of Digest.Header in octets.
	MaxCachedHeader = 16 << 10

	// MaxAddresses is how many entries of an address list are read.
	MaxAddresses = 2000

	// MaxParams is how many parameters of a field are read.
	MaxParams = 100

	// MaxBoundary is how many octets of a boundary are compared. RFC 2046
	// 5.1.1 allows 70.
	MaxBoundary = 80

	maxHeaderFields  = 256      // fields of one header that matter
	maxInnerEnvelope = 32 << 10 // octets of the ENVELOPE of an embedded message
	envelopeShare    = 8        // a text may take this part of an ENVELOPE
	maxPiece         = 8 << 10  // octets of one element of a BODYSTRUCTURE
	maxCharset       = 40       // octets of a charset's name
	headBytes        = 128      // octets of a line that decide what it is
	partReserve      = 256      // octets of MaxTables that any part's records fit in
	growthStep       = 16 << 10 // octets that a large buffer grows by
	pooledBuffer     = 16 << 10 // octets of a buffer that is worth keeping
)
