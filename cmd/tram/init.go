package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"tram/internal/config"
	"tram/internal/server/control"
	"tram/internal/server/local"
)

// initFlags say what init sets up.
type initFlags struct {
	hostname, data, domain, admin string
	listen                        string
	portOffset                    int
	password                      passwordFlags
}

func (a *app) initCommand() *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use: "init", Short: a.say.shortInit, Long: a.say.longInit, Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.init(c.Context(), f) },
	}
	c.Flags().StringVar(&f.hostname, "hostname", "", a.say.flagHostname)
	c.Flags().StringVar(&f.data, "data", "", a.say.flagData)
	c.Flags().StringVar(&f.domain, "domain", "", a.say.flagInitDomain)
	c.Flags().StringVar(&f.admin, "admin", "", a.say.flagInitAdmin)
	c.Flags().StringVar(&f.listen, "listen", "", a.say.flagListen)
	c.Flags().IntVar(&f.portOffset, "port-offset", 0, a.say.flagPortOffset)
	a.passwordFlags(c, &f.password)
	return c
}

// initialised is the result as JSON.
type initialised struct {
	Config   string `json:"config"`
	Data     string `json:"data"`
	Hostname string `json:"hostname"`
	Domain   string `json:"domain,omitempty"`
	Admin    string `json:"admin,omitempty"`
	Password string `json:"password,omitempty"` // when it was generated
}

// init writes a configuration file, makes the data directory, and the first
// domain and account when they are asked for. It replaces nothing.
func (a *app) init(ctx context.Context, f initFlags) error {
	if f.domain == "" {
		_, f.domain, _ = strings.Cut(f.admin, "@")
	}
	password, generated := "", false
	if f.admin != "" {
		var err error
		if password, generated, err = a.password(f.password, f.admin); err != nil {
			return err
		}
	}
	text, c, err := f.config(a.configPath)
	if err != nil {
		return err
	}
	if err := a.writeConfig(text); err != nil {
		return err
	}
	if err := a.firstAccount(ctx, c, f, password); err != nil {
		return errors.Join(err, os.Remove(a.configPath)) // so that init can be tried again
	}
	out := initialised{Config: a.configPath, Data: c.Data, Hostname: c.Hostname, Domain: f.domain, Admin: f.admin}
	if generated {
		out.Password = password
	}
	return a.printInit(out)
}

// config is the file to write, checked.
func (f *initFlags) config(path string) ([]byte, *config.Config, error) {
	c := config.Default()
	c.Hostname, c.Postmaster = f.hostname, f.admin
	if c.Hostname == "" && f.domain != "" {
		c.Hostname = "mail." + f.domain
	}
	if c.Hostname == "" {
		c.Hostname, _ = os.Hostname()
	}
	if f.data != "" {
		full, err := filepath.Abs(f.data)
		if err != nil {
			return nil, nil, err
		}
		c.Data = full
	}
	if f.data == "" && isOwn(local.DefaultDirectory) { // the mail server of the machine: programs call sendmail
		c.Local.Directory = local.DefaultDirectory
	}
	c.Listeners = config.UsualListeners(f.listen, f.portOffset)
	c.Metrics.Address = fmt.Sprintf("127.0.0.1:%d", config.MetricsPort+f.portOffset)
	text := c.Commented()
	checked, err := config.Parse(path, text)
	if err != nil {
		return nil, nil, &codedError{exitUsage, err}
	}
	return text, checked, nil
}

// isOwn reports whether a directory was made for us.
func isOwn(dir string) bool {
	var stat syscall.Stat_t
	return syscall.Stat(dir, &stat) == nil && stat.Mode&syscall.S_IFMT == syscall.S_IFDIR && int(stat.Uid) == os.Geteuid()
}

// writeConfig writes a file that is not there yet.
func (a *app) writeConfig(text []byte) error {
	if err := os.MkdirAll(filepath.Dir(a.configPath), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(a.configPath, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if errors.Is(err, fs.ErrExist) {
		return &codedError{exitExists, fmt.Errorf(a.say.configExists, a.configPath)}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// firstAccount opens the stores, which makes the data directory, and adds what
// was asked for.
func (a *app) firstAccount(ctx context.Context, c *config.Config, f initFlags, password string) error {
	return a.withConfig(ctx, c, func(ops control.Operations) error {
		if f.domain != "" {
			_, err := ops.AddDomain(ctx, control.Domain{Name: f.domain})
			if err != nil && control.KindOf(err) != control.Exists {
				return err
			}
		}
		if f.admin == "" {
			return nil
		}
		_, err := ops.AddAccount(ctx, control.NewAccount{Address: f.admin, Password: password, Admin: true})
		return err
	})
}

func (a *app) printInit(out initialised) error {
	if a.json {
		return a.printJSON(out)
	}
	a.printf(a.say.initConfig, out.Config)
	a.printf(a.say.initData, out.Data)
	if out.Domain != "" {
		a.printf(a.say.domainAdded, out.Domain, out.Domain, out.Hostname)
	}
	switch {
	case out.Password != "":
		a.printf(a.say.accountAddedPassword, out.Admin, out.Password)
	case out.Admin != "":
		a.printf(a.say.accountAdded, out.Admin)
	}
	a.printf(a.say.initNext, out.Config, out.Config)
	return nil
}
