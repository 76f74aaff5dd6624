package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"tram/internal/server/control"
)

// queryTime is how long a list may take.
const queryTime = 2 * time.Minute

// queueLine is one line of an answer on the query socket.
type queueLine struct {
	Entry *control.QueueEntry `json:"entry,omitempty"`
	Error string              `json:"error,omitempty"`
	Done  bool                `json:"done,omitempty"`
}

// answer lists the waiting mail of the user at the other end; everybody's for
// root and for the user of the server. Nothing is read from the connection.
func (s *Server) answer(ctx context.Context, conn *net.UnixConn, uid uint32) {
	if err := conn.SetDeadline(time.Now().Add(queryTime)); err != nil {
		return
	}
	user := nameOf(uid).login
	if uid == 0 || int(uid) == os.Geteuid() {
		user = ""
	}
	out := json.NewEncoder(conn)
	end := queueLine{Done: true}
	if err := s.o.Queue(ctx, user, func(e control.QueueEntry) error { return out.Encode(queueLine{Entry: &e}) }); err != nil {
		end = queueLine{Error: err.Error()}
	}
	_ = out.Encode(end) // who has gone has no use for it
}

// Queue lists the waiting mail of the calling user, as the server of a
// directory tells it.
func Queue(ctx context.Context, dir string, emit func(control.QueueEntry) error) error {
	d := net.Dialer{Timeout: dialTime}
	conn, err := d.DialContext(ctx, "unix", filepath.Join(dir, queryName))
	if err != nil {
		return err
	}
	defer conn.Close()
	in := json.NewDecoder(conn)
	for {
		var line queueLine
		switch err := in.Decode(&line); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return errors.New("the server ended the connection in the middle of its answer")
		case err != nil:
			return fmt.Errorf("answer of the server: %w", err)
		case line.Error != "":
			return errors.New(line.Error)
		case line.Done:
			return nil
		}
		if line.Entry == nil {
			continue
		}
		if err := emit(*line.Entry); err != nil {
			return err
		}
	}
}
