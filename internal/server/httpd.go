package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"tram/internal/observe"
	"tram/internal/server/control"
)

// httpStop is how long requests may go on when the server stops.
const httpStop = 5 * time.Second

// httpd is an HTTP server with its socket.
type httpd struct {
	server   *http.Server
	listener net.Listener
}

// openControl opens the socket of the command.
func (s *Server) openControl() (*httpd, error) {
	l, err := control.Listen(s.config.Data)
	if err != nil {
		return nil, err
	}
	return &httpd{control.NewServer(s.admin, s.log), l}, nil
}

// openMetrics opens the listener for metrics and health, nil when there is
// none.
func (s *Server) openMetrics() (*httpd, error) {
	m := s.config.Metrics
	if !m.Enabled() {
		return nil, nil
	}
	l, err := net.Listen("tcp", m.Address)
	if err != nil {
		return nil, s.config.Problem("metrics.address", fmt.Sprintf("cannot listen on %s: %v; choose another address, or \"off\"", m.Address, err))
	}
	return &httpd{observe.NewHTTPServer(s.metrics, s.health, m.Pprof), l}, nil
}

// run serves until ctx ends and requests under way are answered.
func (h *httpd) run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(h.listener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpStop)
	defer cancel()
	err := h.server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = h.server.Close()
	}
	<-done
	return err
}

func (h *httpd) close() error { return h.listener.Close() }
