package imap

import (
	"slices"
	"strings"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// listed is a name in the answer to LIST.
type listed struct {
	account kv.Account
	box     mailstore.Mailbox // as the client calls it; ID 0: no such mailbox
	plain   bool              // it is selected by itself, not only for its children
	child   bool              // a name below it is selected (CHILDINFO)
	hidden  bool              // and does not match the pattern
}

// listNames finds the names that the request selects and the patterns match. done
// is called when the list is of no use any more.
func (s *session) listNames(req *listRequest) (list []listed, done func(), err error) {
	patterns := s.compilePatterns(req.reference, req.patterns)
	names, done, err := s.names(patterns)
	if err != nil {
		return nil, nil, err
	}
	if (req.selected|req.returned)&listSubscribed != 0 {
		if names, err = s.addSubscriptions(names); err != nil {
			done()
			return nil, nil, err
		}
	}
	selectNames(req, names, patterns)
	return slices.DeleteFunc(names, func(n listed) bool {
		// RFC 5258 3.5: a name is not there for its children only, when all of
		// them are in the answer themselves.
		return !n.plain && !n.hidden || !patterns.match(n.box.Name)
	}), done, nil
}

// selectNames marks the names that meet the criteria, and those above them.
func selectNames(req *listRequest, names []listed, patterns patterns) {
	var at map[string]*listed
	if req.selected&listRecursive != 0 {
		at = make(map[string]*listed, len(names))
		for i := range names {
			at[names[i].box.Name] = &names[i]
		}
	}
	for i := range names {
		n := &names[i]
		n.plain = (req.selected&listSubscribed == 0 || n.box.Subscribed) && (req.selected&listSpecialUse == 0 || n.box.SpecialUse != "") &&
			(n.box.ID != 0 || n.box.Level || n.box.HasChildren || n.box.Subscribed && req.selected&listSubscribed != 0)
		if !n.plain || at == nil {
			continue
		}
		hidden := !patterns.match(n.box.Name)
		for above := parentOf(n.box.Name); above != ""; above = parentOf(above) {
			if p := at[above]; p != nil {
				p.child, p.hidden = true, p.hidden || hidden
			}
		}
	}
}

func parentOf(name string) string {
	i := strings.LastIndexByte(name, '/')
	return name[:max(i, 0)]
}

// collectNames lists the mailboxes of all namespaces that the patterns can reach,
// and the names above them.
func (s *session) collectNames(patterns patterns) ([]listed, error) {
	own, err := s.mail.Mailboxes(s.ctx, s.account)
	if err != nil {
		return nil, err
	}
	names := make([]listed, len(own))
	for i := range own {
		names[i] = listed{account: s.account, box: own[i]}
	}
	if s.srv.opts.Neighbours == nil {
		return names, nil
	}
	levels := ownLevels(own)
	if patterns.reach(publicPrefix) {
		account, err := s.srv.opts.Neighbours.PublicOf(s.ctx, s.user)
		if err != nil {
			return nil, err
		}
		if names, err = s.addAccount(names, levels, account, publicPrefix); err != nil {
			return nil, err
		}
	}
	if patterns.reach(sharedPrefix) {
		return s.addShared(names, levels)
	}
	return names, nil
}

// ownLevels are the user's own mailboxes that have the name of a level of a
// namespace, from before there was one.
func ownLevels(own []mailstore.Mailbox) map[string]bool {
	levels := map[string]bool{}
	for i := range own {
		if name := own[i].Name; strings.HasPrefix(name+"/", sharedPrefix) || strings.HasPrefix(name+"/", publicPrefix) {
			levels[name] = true
		}
	}
	return levels
}

// addShared appends what other users share.
func (s *session) addShared(names []listed, levels map[string]bool) ([]listed, error) {
	accounts, err := s.mail.Shared(s.ctx)
	if err != nil {
		return nil, err
	}
	type sharer struct {
		account kv.Account
		prefix  string
	}
	var sharers []sharer
	for _, account := range accounts {
		address, err := s.srv.opts.Neighbours.AddressOf(s.ctx, account)
		if err != nil {
			return nil, err
		}
		if address != "" { // else it is one of public folders, or deleted
			sharers = append(sharers, sharer{account, sharedPrefix + address + "/"})
		}
	}
	slices.SortFunc(sharers, func(a, b sharer) int { return strings.Compare(a.prefix, b.prefix) })
	for _, from := range sharers {
		if names, err = s.addAccount(names, levels, from.account, from.prefix); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// addAccount appends the mailboxes of another account that the user may see,
// and the levels of the prefix in front of them that are not there yet. What such
// a mailbox is for, is the owner's business.
func (s *session) addAccount(names []listed, levels map[string]bool, account kv.Account, prefix string) ([]listed, error) {
	if account == 0 {
		return names, nil
	}
	boxes, err := s.mail.Mailboxes(s.ctx, account)
	if err != nil || len(boxes) == 0 {
		return names, err
	}
	for i := range prefix {
		level := prefix[:i]
		if prefix[i] != '/' || strings.HasPrefix(prefix, sharedPrefix) && strings.Contains(level, "/") && i < len(prefix)-1 {
			continue // a slash in an address is none between levels
		}
		if !levels[level] {
			levels[level] = true
			names = append(names, listed{account: account, box: mailstore.Mailbox{Name: level, HasChildren: true}})
		}
	}
	for _, b := range boxes {
		b.Name, b.SpecialUse, b.Subscribed = prefix+b.Name, "", false
		names = append(names, listed{account: account, box: b})
	}
	return names, nil
}

// addSubscriptions marks the names that are subscribed, and adds those that are
// no mailboxes.
func (s *session) addSubscriptions(names []listed) ([]listed, error) {
	subscribed, err := s.mail.Subscriptions(s.ctx, s.account)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(names))
	for i := range names {
		at[names[i].box.Name] = i
	}
	had := len(names)
	add := func(name string) int {
		i, known := at[name]
		if !known {
			i, at[name] = len(names), len(names)
			names = append(names, listed{account: s.account, box: mailstore.Mailbox{Name: name}})
		}
		return i
	}
	for _, name := range subscribed {
		names[add(name)].box.Subscribed = true
		for above := parentOf(name); above != ""; above = parentOf(above) {
			add(above)
		}
	}
	if len(names) > had {
		slices.SortFunc(names, func(a, b listed) int { return mailstore.CompareNames(a.box.Name, b.box.Name) })
	}
	return names, nil
}
