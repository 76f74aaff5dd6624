package config

import (
	"os/user"
	"time"
)

// Programs says whether aliases may run programs, and within which limits.
type Programs struct {
	User    string   `json:"user"` // empty: none are run
	OwnUser bool     `json:"own_user"`
	Time    Duration `json:"time"`
	Output  Size     `json:"output"`
	Places  int      `json:"places"`
}

const programsDoc = "Programs that aliases lead to. Only an administrator can make such an alias."

func programSettings() []setting {
	return []setting{
		{"user", `Unprivileged user that they run as, as "nobody"; the server must run as root to become it. When empty, mail for programs waits.`, func(c *Config) any { return &c.Programs.User }},
		{"own_user", "Allow the user of the server itself as user. Its programs can then read and change all mail.", func(c *Config) any { return &c.Programs.OwnUser }},
		{"time", "A program that runs longer is killed, and the message is tried again.", func(c *Config) any { return &c.Programs.Time }},
		{"output", "A program that writes more is killed, and the message is tried again.", func(c *Config) any { return &c.Programs.Output }},
		{"places", "Programs that run at once; half of them may be the same one.", func(c *Config) any { return &c.Programs.Places }},
	}
}

func defaultPrograms() Programs {
	return Programs{Time: Duration(5 * time.Minute), Output: 64 * KiB, Places: 4}
}

func (c *Config) checkPrograms(r *report) {
	p := &c.Programs
	within(r, "programs.time", p.Time, Duration(time.Second), Duration(time.Hour))
	within(r, "programs.output", p.Output, KiB, 100*MiB)
	within(r, "programs.places", p.Places, 1, 1000)
	if p.User == "" {
		return
	}
	switch u, err := user.Lookup(p.User); {
	case err != nil:
		r.at("programs.user", "this machine has no such user; one for this purpose is made with: adduser --system --no-create-home tram-programs")
	case u.Uid == "0":
		r.at("programs.user", "programs never run as root; name an unprivileged user")
	}
}
