package control

import (
	"context"
	"net/http"
	"time"
)

// ExplainOperations tell what would become of mail, and change nothing.
type ExplainOperations interface {
	Explain(ctx context.Context, q ExplainQuery) (Explanation, error)
}

// ExplainQuery is mail from somebody to somebody.
type ExplainQuery struct {
	Address string `json:"address"`          // of the recipient
	From    string `json:"from,omitempty"`   // sender; "" is the null sender
	Client  string `json:"client,omitempty"` // IP address of a stranger on port 25; "": a user who has logged in
	Helo    string `json:"helo,omitempty"`
	Size    int64  `json:"size,omitempty"` // octets
}

// Explanation is the road of mail, step by step. Texts are constant English
// sentences, so that a program can translate them.
type Explanation struct {
	Address string        `json:"address"` // after rewriting
	From    string        `json:"from"`    // after rewriting; "<>" is the null sender
	Client  string        `json:"client,omitempty"`
	Trusted bool          `json:"trusted"`
	Verdict string        `json:"verdict"` // at RCPT: accept, refuse, discard, hold
	Reply   string        `json:"reply,omitempty"`
	Why     string        `json:"why"`
	Ask     bool          `json:"ask,omitempty"` // the next hop is asked at RCPT whether the recipient exists
	Class   string        `json:"class"`
	Domain  string        `json:"domain,omitempty"` // ours that the address belongs to
	Kind    string        `json:"kind,omitempty"`   // of that domain
	Via     string        `json:"via,omitempty"`    // the alias, catch-all or base address that matched
	Rewrite []ExplainStep `json:"rewrite,omitempty"`
	Policy  []ExplainStep `json:"policy,omitempty"`
	Tree    *ExplainNode  `json:"tree,omitempty"` // of an alias
	Copies  []string      `json:"copies,omitempty"`
	Final   []Final       `json:"final"`          // where it ends, one for each who gets it
	More    int           `json:"more,omitempty"` // that are not shown
}

// ExplainStep is a question and the answer.
type ExplainStep struct {
	What string `json:"what"`
	Said string `json:"said"`
}

// ExplainNode is an address and what it stands for.
type ExplainNode struct {
	Address  string         `json:"address"`
	What     string         `json:"what"`
	Via      string         `json:"via,omitempty"`
	Children []*ExplainNode `json:"children,omitempty"`
}

// Final is where mail ends up, as far as this server is concerned.
type Final struct {
	Address string        `json:"address"`         // of the recipient, or the file or program
	Way     string        `json:"way"`             // local, mx, host, literal, lmtp, file, program, discard, hold, fail, refuse
	Hop     string        `json:"hop,omitempty"`   // name of the next hop, as logs have it
	Hosts   []ExplainHost `json:"hosts,omitempty"` // in the order in which they are tried
	Reply   string        `json:"reply,omitempty"` // why it goes no further, or not now
	Why     string        `json:"why"`
	Rule    string        `json:"rule,omitempty"` // the route that decided
	From    string        `json:"from,omitempty"` // envelope sender with which it goes on
	Via     string        `json:"via,omitempty"`  // the list whose member it is
	TLS     string        `json:"tls,omitempty"`
	User    string        `json:"user,omitempty"` // login at the next hop
	Steps   []ExplainStep `json:"steps,omitempty"`

	Bytes         int64 `json:"bytes,omitempty"` // that the account holds
	Messages      int64 `json:"messages,omitempty"`
	QuotaBytes    int64 `json:"quota_bytes,omitempty"`
	QuotaMessages int64 `json:"quota_messages,omitempty"`

	Waiting int       `json:"waiting,omitempty"` // entries of the queue for the domain
	Oldest  time.Time `json:"oldest,omitzero"`
	Pause   time.Time `json:"pause,omitzero"` // the next hop is not tried before
	Trouble string    `json:"trouble,omitempty"`
}

// ExplainHost is a host of the next hop.
type ExplainHost struct {
	Name       string   `json:"name"`
	Preference int      `json:"preference,omitempty"`
	Addresses  []string `json:"addresses,omitempty"`
	Trouble    string   `json:"trouble,omitempty"`
}

func handleExplain(add func(string, http.HandlerFunc), ops ExplainOperations) {
	add("explain", call(ops.Explain))
}

func (c *Client) Explain(ctx context.Context, q ExplainQuery) (Explanation, error) {
	return one[ExplainQuery, Explanation](ctx, c, "explain", q)
}
