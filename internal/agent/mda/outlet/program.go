package outlet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pipeTime is how long the pipes of a program may stay open after its end, held
// by something that has left its process group.
const pipeTime = 2 * time.Second

// Replies of programs that came to no exit code.
const (
	replyPrograms = "451 4.3.5 Programs are not set up on this host"
	replyStart    = "451 4.3.5 The program of this alias cannot be started"
	replyTime     = "451 4.3.0 The program of this alias took too long"
	replyOutput   = "451 4.3.0 The program of this alias wrote too much"
	replyInput    = "451 4.3.0 The message cannot be read"
	replyKilled   = "451 4.3.0 The program of this alias was killed"
)

// program runs argv with the message on its standard input.
func (d *Deliverer) program(ctx context.Context, argv []string, m *Message) error {
	p := &d.o.Programs
	credential, err := p.credential()
	if err != nil {
		return &Failure{Temporary: true, Reply: replyPrograms, Cause: err}
	}
	key := strings.Join(argv, "\x00")
	if err := d.places.take(ctx, key); err != nil {
		return err
	}
	defer d.places.give(key)
	ctx, cancel := context.WithTimeoutCause(ctx, p.Time, errTime)
	defer cancel()
	r := &run{name: argv[0], cmd: exec.Command(argv[0], argv[1:]...)}
	r.out = output{limit: p.Output, over: cancel}
	r.cmd.Env = p.environment(m)
	r.cmd.Dir = p.workDir()
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	r.cmd.WaitDelay = pipeTime
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: credential}
	return r.do(ctx, m)
}

// errTime is why a context ended when it was the program's own limit.
var errTime = errors.New("outlet: time limit of the program")

// run is one program under way.
type run struct {
	name string
	cmd  *exec.Cmd
	out  output
}

// do starts the program, feeds it the message, and waits for its end.
func (r *run) do(ctx context.Context, m *Message) error {
	stdin, err := r.cmd.StdinPipe()
	if err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		return &Failure{Temporary: true, Reply: replyStart, Cause: err}
	}
	fed := make(chan error, 1)
	go func() { fed <- errors.Join(feed(ctx, stdin, m), stdin.Close()) }()
	group := r.cmd.Process.Pid
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		_ = unix.Kill(-group, unix.SIGKILL)
	})
	awaitEnd(group)
	// What it has left behind in its group ends with it. The leader has not
	// been reaped yet, so the number of the group is still its own.
	_ = unix.Kill(-group, unix.SIGKILL)
	if !stop() {
		<-killed
	}
	err = r.cmd.Wait() // closes stdin, so that feed ends
	return r.judge(ctx, err, <-fed)
}

// feed writes the message as programs read it: with a From_ line in front.
func feed(ctx context.Context, stdin io.Writer, m *Message) error {
	if _, err := io.WriteString(stdin, fromLine(m.Sender, m.Received)); err != nil {
		return err
	}
	return copyUnix(ctx, stdin, m.Text, verbatim)
}

// awaitEnd waits until a child has ended, and leaves it a zombie.
func awaitEnd(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// judge turns the end of a program into the error of a delivery; fed is why
// its input came to an end early.
func (r *run) judge(ctx context.Context, err, fed error) error {
	state := r.cmd.ProcessState
	switch {
	case state.Success() && cutShort(fed):
		// It may have taken half a message for a whole one.
		return r.temporary(replyInput, fmt.Errorf("%s: read the message: %w", r.name, fed))
	case state.Success():
		// A program need not read its input to the end, and an open pipe that
		// it left behind is not the sender's business.
		return nil
	case r.out.exceeded():
		return r.temporary(replyOutput, fmt.Errorf("%s wrote more than %d bytes", r.name, r.out.limit))
	case errors.Is(context.Cause(ctx), errTime):
		return r.temporary(replyTime, fmt.Errorf("%s: %w", r.name, errTime))
	case ctx.Err() != nil:
		return ctx.Err()
	case !state.Exited():
		return r.temporary(replyKilled, fmt.Errorf("%s: %w", r.name, err))
	}
	v := exits(state.ExitCode())
	reply := v.reply
	if line := r.out.firstLine(); line != "" {
		reply += ": " + line
	}
	return &Failure{Temporary: v.temporary, Reply: reply, Cause: fmt.Errorf("%s: %w", r.name, err)}
}

// cutShort reports whether the input ended for a reason of ours, not because
// the program had read enough.
func cutShort(fed error) bool {
	return fed != nil && !errors.Is(fed, syscall.EPIPE) && !errors.Is(fed, os.ErrClosed)
}

func (r *run) temporary(reply string, cause error) error {
	return &Failure{Temporary: true, Reply: reply, Cause: cause}
}
