package mailstore

// Limits of an account. Reaching one is an ordinary error of the call.
const (
	MaxNameBytes     = 480    // bytes of a mailbox name in UTF-8
	MaxDepth         = 32     // levels of a mailbox name
	MaxMailboxes     = 10_000 // mailboxes of an account
	MaxSubscriptions = 20_000 // subscribed names of an account
	MaxLevels        = 1_000  // names of an account that stay without a mailbox; more go with the last mailbox below
	MaxKeywords      = 56     // keywords that the messages of a mailbox have together
	MaxKeywordBytes  = 128    // bytes of a keyword

	MaxMessageSize = 1<<32 - 1 // octets of a message; an entry of a view has 32 bits for it
	MaxOwn         = 64 << 10  // octets of the lines in front of a body
	MaxUID         = 1<<32 - 2 // the last UID that a mailbox gives out
)
