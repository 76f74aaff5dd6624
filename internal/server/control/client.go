package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// Client carries operations to the server that runs on a data directory.
type Client struct {
	http http.Client
	data string
}

var _ Operations = (*Client)(nil)

// NewClient returns a client for the server on a data directory. It connects
// with the first operation.
func NewClient(data string) *Client {
	c := &Client{data: data}
	c.http.Transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, data) },
	}
	return c
}

// Close releases the connection.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// stream sends an operation and hands its results to emit.
func stream[In, Item any](ctx context.Context, c *Client, name string, in In, emit func(Item) error) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tram/v1/"+name, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return c.unavailable(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return Errorf(Unavailable, "the running server does not know %q (%s); it may be of another version: restart it", name, response.Status)
	}
	return readAnswer(response.Body, emit)
}

// readAnswer reads lines until the one that is the end.
func readAnswer[Item any](r io.Reader, emit func(Item) error) error {
	lines := json.NewDecoder(r)
	for {
		var l line
		if err := lines.Decode(&l); err != nil {
			return Errorf(Unavailable, "the server ended the connection in the middle of its answer (%v); see its log", err)
		}
		switch {
		case l.Error != nil:
			return l.Error
		case l.Done:
			return nil
		}
		var item Item
		if err := json.Unmarshal(l.Item, &item); err != nil {
			return fmt.Errorf("answer of the server: %w", err)
		}
		if err := emit(item); err != nil {
			return err
		}
	}
}

// unavailable says what to do about a server that cannot be reached.
func (c *Client) unavailable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return Errorf(Unavailable, "the server on %s does not answer on its control socket (%v)", c.data, err)
}

// one sends an operation with one result.
func one[In, Out any](ctx context.Context, c *Client, name string, in In) (Out, error) {
	var out Out
	err := stream(ctx, c, name, in, func(o Out) error { out = o; return nil })
	return out, err
}

// send sends an operation without a result.
func send[In any](ctx context.Context, c *Client, name string, in In) error {
	return stream(ctx, c, name, in, func(none) error { return nil })
}
