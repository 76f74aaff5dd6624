package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tram/internal/agent/mta"
	"tram/internal/config"
	"tram/internal/observe"
	"tram/internal/server"
	"tram/internal/server/admin"
	"tram/internal/server/control"
	"tram/internal/server/stores"
)

// loadConfig reads the configuration file.
func (a *app) loadConfig() (*config.Config, error) {
	c, err := config.Load(a.configPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &codedError{exitNoInput, fmt.Errorf(a.say.noConfig, a.configPath)}
	}
	return c, err
}

// with runs fn on the operations: those of the running server, or those of
// this process when none runs.
func (a *app) with(ctx context.Context, fn func(control.Operations) error) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	a.hostname = c.Hostname
	return a.withConfig(ctx, c, fn)
}

func (a *app) withConfig(ctx context.Context, c *config.Config, fn func(control.Operations) error) error {
	if err := refuseForeignOwner(c.Data); err != nil {
		return err
	}
	log := observe.NewLogger(a.stderr, observe.Text, slog.LevelWarn)
	for began := time.Now(); ; {
		s, err := stores.Open(ctx, c, log)
		locked := new(stores.LockedError)
		switch {
		case err == nil:
			ops := admin.New(s, c.Hostname, nil, log)
			ops.SetExplainer(func() (*mta.Explainer, error) { return server.NewExplainer(c, s) })
			return errors.Join(fn(ops), s.Close())
		case !errors.As(err, &locked):
			return err
		case control.Answers(c.Data):
			client := control.NewClient(c.Data)
			defer client.Close()
			return fn(client)
		case time.Since(began) > holderWait:
			return control.Errorf(control.InUse, "%v, which does not answer on its control socket; wait until it has started or ended and try again", locked)
		}
		select {
		case <-time.After(holderPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Another process that has the data directory is a server that starts or
// stops, or a command like this one. Neither takes long.
const (
	holderWait  = 10 * time.Second
	holderPause = 20 * time.Millisecond
)

// refuseForeignOwner keeps root from leaving files in the data directory that
// the server's own user cannot read afterwards.
func refuseForeignOwner(data string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	var stat syscall.Stat_t
	err := syscall.Stat(data, &stat)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if stat.Uid == 0 { // also when it is not there yet
		return nil
	}
	name := strconv.Itoa(int(stat.Uid))
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	if control.Answers(data) { // root may ask the server, which writes as its own user
		return nil
	}
	return &codedError{exitPermission, fmt.Errorf("data directory %s belongs to %s; run this as that user: sudo -u %s tram …", data, name, name)}
}

// action is a subcommand that does something on the operations.
func (a *app) action(fn func(ctx context.Context, ops control.Operations, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		return a.with(c.Context(), func(ops control.Operations) error { return fn(c.Context(), ops, args) })
	}
}
