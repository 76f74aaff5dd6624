package config

// POP3Settings is what is special to POP3.
type POP3Settings struct {
	LoginDelay Duration     `json:"login_delay"`
	Expire     Duration     `json:"expire"`
	Language   POP3Language `json:"language"`
}

// POP3Language is a language of POP3's replies.
type POP3Language string

// UnmarshalText accepts one of the languages.
func (l *POP3Language) UnmarshalText(text []byte) error { return choose(l, text, "en", "vi") }

// checkPOP3 keeps mail from being removed by a slip of the pen: what expires
// was there for a day at least, as EXPIRE cannot say less but 0, which would
// mean something else.
func (c *Config) checkPOP3(r *report) {
	within(r, "pop3.login_delay", c.POP3.LoginDelay, 0, Day)
	if e := c.POP3.Expire; e != 0 && (e < Day || e%Day != 0) {
		r.at("pop3.expire", "%v is not a number of whole days; write, for example, 30d, or 0 for never", e)
	}
}
