package server

import (
	"log/slog"

	"tram/internal/agent/mda/outlet"
	"tram/internal/config"
)

// outlets says how mail is put into files and through programs. A user that
// programs cannot run as is no reason not to start: mail for programs waits,
// and the log says why.
func outlets(c *config.Config, log *slog.Logger) outlet.Options {
	o := outlet.Options{Hostname: c.Hostname, Programs: outlet.Programs{
		OwnUser: c.Programs.OwnUser, Time: c.Programs.Time.Std(),
		Output: int64(c.Programs.Output), Places: c.Programs.Places,
	}}
	if c.Programs.User == "" {
		return o
	}
	user, err := outlet.LookupUser(c.Programs.User)
	if err == nil {
		o.Programs.User = user
		err = o.Programs.Check()
	}
	if err != nil {
		log.Warn("aliases cannot run programs", "err", err)
	}
	return o
}
