package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"tram/internal/observe"
	"tram/internal/server"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: a.say.shortServe, Long: a.say.longServe, Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.serve(c.Context()) },
	}
}

// serve runs the server until SIGTERM or SIGINT. SIGHUP reloads. A second
// SIGTERM or SIGINT ends the process at once, which loses nothing that was
// acknowledged.
func (a *app) serve(ctx context.Context) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	level := new(slog.LevelVar)
	level.Set(server.LogLevel(c))
	log := observe.NewLogger(a.stderr, observe.Format(c.Log.Format), level)
	s := server.New(server.Options{Config: c, Version: versionText(), Log: log, Level: level})

	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop) // from then on the signals have their usual effect

	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	over := make(chan struct{})
	defer close(over)
	go reloadOnHangup(ctx, s, log, hangups, over)

	return s.Run(ctx)
}

// reloadOnHangup reloads at each SIGHUP until over is closed.
func reloadOnHangup(ctx context.Context, s *server.Server, log *slog.Logger, hangups <-chan os.Signal, over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-hangups:
			if _, err := s.Reload(ctx); err != nil {
				log.Error("reload", "error", err)
			}
		}
	}
}
