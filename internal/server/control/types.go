package control

import "time"

// Domain is a domain whose mail we take.
type Domain struct {
	Name                string    `json:"name"`
	Kind                string    `json:"kind,omitempty"`                 // hosted, relayed, alias; empty: hosted, or alias with AliasOf
	AliasOf             string    `json:"alias_of,omitempty"`             // of kind alias: what it stands for
	Verify              string    `json:"verify,omitempty"`               // of kind relayed: none, list, callout
	Footer              string    `json:"footer,omitempty"`               // under mail that its accounts send
	CatchAll            string    `json:"catch_all,omitempty"`            // gets mail for unknown addresses
	SubaddressSeparator string    `json:"subaddress_separator,omitempty"` // "+" when empty; "none" switches it off
	QuotaBytes          int64     `json:"quota_bytes,omitempty"`          // of all accounts together; 0 is none
	QuotaMessages       int64     `json:"quota_messages,omitempty"`       // 0 is none
	Created             time.Time `json:"created"`
}

// DomainChange changes the fields that are not nil.
type DomainChange struct {
	Name                string  `json:"name"`
	Kind                *string `json:"kind,omitempty"`
	AliasOf             *string `json:"alias_of,omitempty"`
	Verify              *string `json:"verify,omitempty"`
	Footer              *string `json:"footer,omitempty"`
	CatchAll            *string `json:"catch_all,omitempty"`
	SubaddressSeparator *string `json:"subaddress_separator,omitempty"`
	QuotaBytes          *int64  `json:"quota_bytes,omitempty"`
	QuotaMessages       *int64  `json:"quota_messages,omitempty"`
}

// Account is somebody who has mail here.
type Account struct {
	ID            uint64    `json:"id"`
	Address       string    `json:"address"`
	Name          string    `json:"name,omitempty"`
	QuotaBytes    int64     `json:"quota_bytes,omitempty"`    // 0 is none
	QuotaMessages int64     `json:"quota_messages,omitempty"` // 0 is none
	Bytes         int64     `json:"bytes"`                    // stored now
	Messages      int64     `json:"messages"`                 // stored now
	Admin         bool      `json:"admin,omitempty"`
	Disabled      bool      `json:"disabled,omitempty"`
	Created       time.Time `json:"created"`
}

// NewAccount is an account to make. Without Password and Hash nobody can log
// in to it.
type NewAccount struct {
	Address       string `json:"address"`
	Name          string `json:"name,omitempty"`
	Password      string `json:"password,omitempty"`
	Hash          string `json:"hash,omitempty"` // argon2id or bcrypt, from elsewhere
	QuotaBytes    int64  `json:"quota_bytes,omitempty"`
	QuotaMessages int64  `json:"quota_messages,omitempty"`
	Admin         bool   `json:"admin,omitempty"`
}

// AccountChange changes the fields that are not nil.
type AccountChange struct {
	Address       string  `json:"address"`
	Name          *string `json:"name,omitempty"`
	QuotaBytes    *int64  `json:"quota_bytes,omitempty"`
	QuotaMessages *int64  `json:"quota_messages,omitempty"`
	Admin         *bool   `json:"admin,omitempty"`
	Disabled      *bool   `json:"disabled,omitempty"`
}

// Password is a new password for an account; an empty one takes the login
// away.
type Password struct {
	Address  string `json:"address"`
	Password string `json:"password"`
}

// AccountDeletion says which account goes. Its mail stays for some days, see
// package admin, unless Purge is set.
type AccountDeletion struct {
	Address string `json:"address"`
	Purge   bool   `json:"purge,omitempty"`
}

// Import is a list of accounts to make: all of them, or none when one of them
// cannot be made. Errors of single accounts are in Error.Rows.
type Import struct {
	Accounts      []NewAccount `json:"accounts"`
	CreateDomains bool         `json:"create_domains,omitempty"`
}

// Progress of long work.
type Progress struct {
	Done  int64  `json:"done"`
	Total int64  `json:"total,omitempty"` // 0: not known
	What  string `json:"what,omitempty"`  // what is done now
}

// Alias is an address whose mail goes to others, into files or programs.
type Alias struct {
	Address string   `json:"address" toml:"address"`
	Targets []string `json:"targets" toml:"targets"` // addresses, :include:/path, /file, |program
}

// Status is what a server tells about itself; without one only the fields
// about the stores are set.
type Status struct {
	Running     bool         `json:"running"`
	PID         int          `json:"pid,omitempty"`
	Version     string       `json:"version,omitempty"`
	Started     time.Time    `json:"started,omitzero"`
	Hostname    string       `json:"hostname"`
	Data        string       `json:"data"`
	Listeners   []Listener   `json:"listeners,omitempty"`
	Certificate *Certificate `json:"certificate,omitempty"`
	Queue       QueueStatus  `json:"queue"`
	Trouble     []string     `json:"trouble,omitempty"` // why the server is not well
	MemoryBytes int64        `json:"memory_bytes,omitempty"`
}

// Listener is one door and how many are inside.
type Listener struct {
	Protocol string `json:"protocol"`
	Address  string `json:"address"`
	TLS      string `json:"tls"`
	Sessions int    `json:"sessions"`
}

// Certificate is what clients see.
type Certificate struct {
	Names      []string  `json:"names"`
	Expires    time.Time `json:"expires"`
	SelfSigned bool      `json:"self_signed"`
}

// Reloaded says what a reload did.
type Reloaded struct {
	Changed []string `json:"changed"` // keys that took effect
	Restart []string `json:"restart"` // keys that changed and wait for a restart
}
