package control

// Book is everything that an administrator has written down about addresses:
// what "tram export" prints and "tram apply" reads, as TOML. The texts are
// those of package directory. A field that is left out has its default.
type Book struct {
	Domains  []BookDomain  `json:"domains,omitempty" toml:"domain,omitempty"`
	Accounts []BookAccount `json:"accounts,omitempty" toml:"account,omitempty"`
	Aliases  []Alias       `json:"aliases,omitempty" toml:"alias,omitempty"`
	Lists    []List        `json:"lists,omitempty" toml:"list,omitempty"`
	Rules
}

// Rules are the tables about addresses and hosts of anybody.
type Rules struct {
	Rewrites    []Rewrite    `json:"rewrites,omitempty" toml:"rewrite,omitempty"`
	Routes      []Route      `json:"routes,omitempty" toml:"route,omitempty"`
	Credentials []Credential `json:"credentials,omitempty" toml:"credential,omitempty"`
	Copies      []Copy       `json:"copies,omitempty" toml:"copy,omitempty"`
	Access      []Access     `json:"access,omitempty" toml:"access,omitempty"`
}

// BookDomain is a domain with the recipients that are listed for it.
type BookDomain struct {
	Name                string   `json:"name" toml:"name"`
	Kind                string   `json:"kind,omitempty" toml:"kind,omitempty"`         // hosted, relayed or alias; left out: hosted, or alias with alias_of
	AliasOf             string   `json:"alias_of,omitempty" toml:"alias_of,omitempty"` // of kind alias
	Verify              string   `json:"verify,omitempty" toml:"verify,omitempty"`     // of kind relayed: none, list or callout
	CatchAll            string   `json:"catch_all,omitempty" toml:"catch_all,omitempty"`
	SubaddressSeparator string   `json:"subaddress_separator,omitempty" toml:"subaddress_separator,omitempty"`
	Quota               string   `json:"quota,omitempty" toml:"quota,omitempty"` // "50GiB", of all accounts together
	QuotaMessages       int64    `json:"quota_messages,omitempty" toml:"quota_messages,omitempty"`
	Footer              string   `json:"footer,omitempty" toml:"footer,multiline,omitempty"`
	Recipients          []string `json:"recipients,omitempty" toml:"recipients,multiline,omitempty"` // of kind relayed
}

// BookAccount is an account. One that exists keeps its password unless the
// book has another one.
type BookAccount struct {
	Address       string `json:"address" toml:"address"`
	Name          string `json:"name,omitempty" toml:"name,omitempty"`
	Password      string `json:"password,omitempty" toml:"password,omitempty"`
	Hash          string `json:"hash,omitempty" toml:"hash,omitempty"`   // argon2id or bcrypt
	Quota         string `json:"quota,omitempty" toml:"quota,omitempty"` // "2GiB"
	QuotaMessages int64  `json:"quota_messages,omitempty" toml:"quota_messages,omitempty"`
	Admin         bool   `json:"admin,omitempty" toml:"admin,omitempty"`
	Disabled      bool   `json:"disabled,omitempty" toml:"disabled,omitempty"`
}

// List is a distribution list.
type List struct {
	Address     string   `json:"address" toml:"address"`
	Owner       string   `json:"owner,omitempty" toml:"owner,omitempty"`
	Description string   `json:"description,omitempty" toml:"description,omitempty"`
	MembersOnly bool     `json:"members_only,omitempty" toml:"members_only,omitempty"`
	Members     []string `json:"members,omitempty" toml:"members,multiline,omitempty"`
}

// ListChange changes the fields that are not nil.
type ListChange struct {
	Address     string  `json:"address"`
	Owner       *string `json:"owner,omitempty"`
	Description *string `json:"description,omitempty"`
	MembersOnly *bool   `json:"members_only,omitempty"`
}

// Members are names to put on a list, or on that of a relayed domain, or to
// take off.
type Members struct {
	Of     string   `json:"of"` // address of the list, name of the domain
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
}

// MembersChanged says how many it were that were not there, or were.
type MembersChanged struct {
	Added   int `json:"added"`
	Removed int `json:"removed"`
}

// Rewrite replaces addresses.
type Rewrite struct {
	Kind   string   `json:"kind,omitempty" toml:"kind,omitempty"` // canonical, sender-canonical, recipient-canonical, generic, masquerade
	Match  string   `json:"match" toml:"match"`
	To     string   `json:"to,omitempty" toml:"to,omitempty"`
	Except []string `json:"except,omitempty" toml:"except,omitempty"`
}

// Route says where mail goes.
type Route struct {
	By      string `json:"by,omitempty" toml:"by,omitempty"` // recipient or sender
	Match   string `json:"match" toml:"match"`
	NextHop string `json:"next_hop,omitempty" toml:"next_hop,omitempty"`
}

// Credential is a login at a next hop. The password goes in and never comes
// out.
type Credential struct {
	Host     string `json:"host" toml:"host"`
	User     string `json:"user" toml:"user"`
	Password string `json:"password,omitempty" toml:"password,omitempty"`
}

// Copy sends mail to one more recipient.
type Copy struct {
	By    string `json:"by,omitempty" toml:"by,omitempty"` // sender, recipient or always
	Match string `json:"match,omitempty" toml:"match,omitempty"`
	To    string `json:"to" toml:"to"`
}

// Access takes or refuses mail before anything else is asked.
type Access struct {
	By     string `json:"by,omitempty" toml:"by,omitempty"` // client, helo, sender or recipient
	Match  string `json:"match" toml:"match"`
	Action string `json:"action,omitempty" toml:"action,omitempty"`
}

// Export says what is printed.
type Export struct {
	Hashes bool `json:"hashes,omitempty"` // password hashes of accounts too
}

// Apply makes the stores as the book says.
type Apply struct {
	Book           Book `json:"book"`
	Add            bool `json:"add,omitempty"`             // nothing is removed
	RemoveAccounts bool `json:"remove_accounts,omitempty"` // accounts that are not in the book go, too
	DryRun         bool `json:"dry_run,omitempty"`
}

// Change is one thing that Apply changes.
type Change struct {
	Verb string `json:"verb"`           // add, change, remove, keep
	What string `json:"what"`           // domain, recipient, account, alias, list, rewrite, route, credential, copy, access
	Name string `json:"name"`           //
	Note string `json:"note,omitempty"` // what changes, for people
}

// RuleChange removes rules and sets others, in one step. Of what is removed
// only the fields that name it count.
type RuleChange struct {
	Remove Rules `json:"remove,omitzero"`
	Set    Rules `json:"set,omitzero"`
}
