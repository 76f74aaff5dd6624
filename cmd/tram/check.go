package main

import (
	"errors"

	"github.com/spf13/cobra"

	"tram/internal/certs"
	"tram/internal/config"
)

func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: a.say.shortCheck, Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return a.check() },
	}
}

// checked is the result of check as JSON.
type checked struct {
	OK       bool            `json:"ok"`
	Problems config.Problems `json:"problems"`
	Config   *config.Config  `json:"config,omitempty"`
}

// check reports every mistake of the configuration.
func (a *app) check() error {
	c, err := a.loadConfig()
	problems := config.Problems{}
	switch {
	case errors.As(err, &problems):
	case err != nil:
		return err
	default:
		problems = append(problems, checkCertificate(c)...)
	}
	if len(problems) > 0 {
		if a.json {
			return errors.Join(a.printJSON(checked{Problems: problems}), &codedError{exitConfig, errors.New("")})
		}
		return problems
	}
	if a.json {
		return a.printJSON(checked{OK: true, Problems: problems, Config: c})
	}
	a.printf(a.say.checkOK, a.configPath)
	rows := make([][]string, len(c.Listeners))
	for i, l := range c.Listeners {
		rows[i] = []string{string(l.Protocol), l.Address, string(l.TLS), string(l.PlaintextLogin)}
	}
	return a.table([]string{a.say.protocol, a.say.address, "TLS", a.say.plaintextLogin}, rows)
}

// checkCertificate looks whether the certificate can be used.
func checkCertificate(c *config.Config) []config.Problem {
	if c.TLS.Certificate == "" {
		return nil
	}
	if _, err := certs.ReadPair(c.TLS.Certificate, c.TLS.Key); err != nil {
		return []config.Problem{c.Problem("tls.certificate", err.Error())}
	}
	return nil
}
