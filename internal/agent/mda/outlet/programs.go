package outlet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Programs says whether and how programs are run.
type Programs struct {
	User    User          // whom they run as; without one they are refused
	OwnUser bool          // they may run as the user of the server, who can read all mail
	Time    time.Duration // how long one may run; default 5 minutes
	Output  int64         // bytes that one may write; default 64 KiB
	Places  int           // how many run at once; default 4. Half of them for one command line.
}

// Defaults of Programs.
const (
	defaultTime   = 5 * time.Minute
	defaultOutput = 64 << 10
	defaultPlaces = 4
)

func (p Programs) withDefaults() Programs {
	p.Time = cmp.Or(p.Time, defaultTime)
	p.Output = cmp.Or(p.Output, defaultOutput)
	p.Places = cmp.Or(p.Places, defaultPlaces)
	return p
}

// User is whom programs run as.
type User struct {
	Name     string
	UID, GID uint32
	Home     string
}

// LookupUser finds a user of this host by name. Its supplementary groups are
// left out: a program gets no more rights than it must have.
func LookupUser(name string) (User, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return User{}, fmt.Errorf("user of programs: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return User{}, fmt.Errorf("user of programs: number of %s: %w", name, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return User{}, fmt.Errorf("user of programs: group of %s: %w", name, err)
	}
	return User{Name: name, UID: uint32(uid), GID: uint32(gid), Home: u.HomeDir}, nil
}

// Why programs are refused. Each says what to do.
var (
	errNoUser  = errors.New("no user for programs: set user in [programs]")
	errRoot    = errors.New("programs never run as root: set another user in [programs]")
	errOwnUser = errors.New("the user of [programs] is that of the server, who can read all mail: set another one, or own_user = true")
	errChange  = errors.New("the server does not run as root and cannot become the user of [programs]")
)

// Check returns nil when programs can be run as they are set up.
func (p *Programs) Check() error {
	_, err := p.credential()
	return err
}

// credential is what a program gets in place of the server's rights; nil when
// they are the same and that was allowed.
func (p *Programs) credential() (*syscall.Credential, error) {
	own := os.Geteuid()
	switch {
	case p.User.Name == "":
		return nil, errNoUser
	case p.User.UID == 0:
		return nil, errRoot
	case int(p.User.UID) == own && !p.OwnUser:
		return nil, errOwnUser
	case int(p.User.UID) == own:
		return nil, nil
	case own != 0:
		return nil, errChange
	}
	return &syscall.Credential{Uid: p.User.UID, Gid: p.User.GID}, nil
}

// workDir is the home of the user when there is one that it can enter.
func (p *Programs) workDir() string {
	var st syscall.Stat_t
	if err := syscall.Stat(p.User.Home, &st); err != nil || st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		return "/"
	}
	if st.Mode&0o001 == 0 && st.Uid != p.User.UID {
		return "/"
	}
	return p.User.Home
}

// environment is all that a program finds in its environment. The addresses
// come from strangers: a script must put them in quotes.
func (p *Programs) environment(m *Message) []string {
	return []string{
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"HOME=" + cmp.Or(p.User.Home, "/"),
		"USER=" + p.User.Name,
		"LOGNAME=" + p.User.Name,
		"SHELL=/bin/sh",
		"LANG=C.UTF-8",
		"SENDER=" + m.Sender.String(),
		"RECIPIENT=" + m.Recipient.String(),
		"ORIGINAL_RECIPIENT=" + cmp.Or(m.Original, m.Recipient.String()),
		"QUEUE_ID=" + m.ID,
	}
}

// places counts the programs that run.
type places struct {
	all int

	mu    sync.Mutex
	total int
	taken map[string]int // by command line
	given chan struct{}  // closed and replaced when a place is given back
}

func newPlaces(n int) *places {
	return &places{all: n, taken: make(map[string]int), given: make(chan struct{})}
}

// take waits for a place. All may be taken, or half of them by this program: one
// that hangs must not keep the others from running.
func (p *places) take(ctx context.Context, key string) error {
	for {
		given := p.try(key)
		if given == nil {
			return nil
		}
		select {
		case <-given:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// try takes a place, or returns what to wait for.
func (p *places) try(key string) (given <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.total >= p.all || p.taken[key] >= (p.all+1)/2 {
		return p.given
	}
	p.total++
	p.taken[key]++
	return nil
}

func (p *places) give(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total--
	if p.taken[key]--; p.taken[key] == 0 {
		delete(p.taken, key)
	}
	close(p.given)
	p.given = make(chan struct{})
}
