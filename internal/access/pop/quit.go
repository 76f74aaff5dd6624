package pop

import "context"

// leave ends the session (RFC 1939 4 and 6). After login it enters the UPDATE
// state: +OK means that the marked messages are gone for good.
func (p *session) leave(ctx context.Context, _ string) {
	p.quit = true
	if p.drop == nil {
		p.ok(p.say.bye)
		return
	}
	removed := len(p.drop.marked)
	if err := p.drop.update(ctx); err != nil {
		p.fail("removing the messages", err)
		return
	}
	p.server.opts.Log.Debug("pop session", "login", p.user, "remote", p.info.Remote,
		"messages", p.drop.len(), "fetched", len(p.drop.seen), "removed", removed)
	p.okf(p.say.byeRemoved, removed)
}
