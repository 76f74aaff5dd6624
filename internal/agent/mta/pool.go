package mta

import (
	"sync"
	"time"

	"tram/internal/agent/mta/smtpclient"
)

// How long connections are kept for the next message to the same host.
const (
	keepIdle     = 5 * time.Second // longer would look like an attack to the host
	keepOpen     = 5 * time.Minute
	keepMessages = 100
	keepPerHost  = 50 // as many as may be in use at once for a destination that takes much
)

// pool keeps connections on which another message can be sent.
type pool struct {
	o      *Options
	closes sync.WaitGroup // connections that are being closed

	mu     sync.Mutex
	parked map[smtpclient.Host][]*parked // guarded by mu, as below
	closed bool
}

// parked is a connection that waits. Whoever takes it out of the pool owns it.
type parked struct {
	conn  *smtpclient.Conn
	timer *time.Timer // closes it
}

func newPool(o *Options) *pool {
	return &pool{o: o, parked: make(map[smtpclient.Host][]*parked)}
}

// get takes a connection to a host that can be used, or nil.
func (p *pool) get(h smtpclient.Host) *smtpclient.Conn {
	for {
		conn := p.take(h)
		if conn == nil || conn.Alive() {
			return conn
		}
		conn.Abort()
	}
}

func (p *pool) take(h smtpclient.Host) *smtpclient.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.parked[h]
	if len(list) == 0 {
		return nil
	}
	last := list[len(list)-1]
	p.remove(h, last)
	last.timer.Stop()
	return last.conn
}

// remove takes out one connection and reports whether it was there; mu is held.
func (p *pool) remove(h smtpclient.Host, which *parked) bool {
	list := p.parked[h]
	for i, each := range list {
		if each == which {
			list[i] = list[len(list)-1]
			p.parked[h] = list[:len(list)-1]
			if len(list) == 1 {
				delete(p.parked, h)
			}
			return true
		}
	}
	return false
}

// put parks a connection, or closes it when it is worn out or not needed.
func (p *pool) put(h smtpclient.Host, conn *smtpclient.Conn) {
	p.mu.Lock()
	if p.closed || !conn.Usable() || conn.Sent() >= keepMessages || time.Since(conn.Opened()) > keepOpen || len(p.parked[h]) >= keepPerHost {
		p.mu.Unlock()
		conn.Close()
		return
	}
	which := &parked{conn: conn}
	which.timer = time.AfterFunc(keepIdle, func() { p.expire(h, which) })
	p.parked[h] = append(p.parked[h], which)
	p.mu.Unlock()
}

func (p *pool) expire(h smtpclient.Host, which *parked) {
	p.mu.Lock()
	mine := p.remove(h, which)
	if mine {
		p.closes.Add(1)
	}
	p.mu.Unlock()
	if mine {
		which.conn.Close()
		p.closes.Done()
	}
}

// close closes all connections, and those that are put later.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for _, list := range p.parked {
		for _, each := range list {
			each.timer.Stop() // if it has fired, it finds the connection gone
			p.closes.Go(each.conn.Close)
		}
	}
	clear(p.parked)
	p.mu.Unlock()
	p.closes.Wait()
}
