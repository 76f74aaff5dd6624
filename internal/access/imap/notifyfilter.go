package imap

import (
	"slices"
	"strings"
)

// notifyFilter says which mailboxes a group of events is about (RFC 5465 6).
type notifyFilter uint8

const (
	filterSelected notifyFilter = 1 << iota
	filterSelectedDelayed
	filterInboxes
	filterPersonal
	filterSubscribed
	filterSubtree
	filterMailboxes

	filtersSelected = filterSelected | filterSelectedDelayed
	filtersByName   = filterSubtree | filterMailboxes
)

var notifyFilters = map[string]notifyFilter{
	"SELECTED":         filterSelected,
	"SELECTED-DELAYED": filterSelectedDelayed,
	"INBOXES":          filterInboxes,
	"PERSONAL":         filterPersonal,
	"SUBSCRIBED":       filterSubscribed,
	"SUBTREE":          filterSubtree,
	"MAILBOXES":        filterMailboxes,
}

// eventGroup is what a client wants to hear of some mailboxes. No events mean
// NONE: it does not want to hear of them, whatever other groups say.
type eventGroup struct {
	filter notifyFilter
	names  []string // of filterSubtree and filterMailboxes
	events notifyEvents
}

// watched is a mailbox as filters see it.
type watched struct {
	name       string // the client's
	personal   bool   // in the user's own account
	subscribed bool
}

// covers reports whether a mailbox is meant. Mail can be delivered to every
// mailbox of a user, so "inboxes" are the personal ones (RFC 5465 6.3).
func (g *eventGroup) covers(w watched) bool {
	switch g.filter {
	case filterInboxes, filterPersonal:
		return w.personal
	case filterSubscribed:
		return w.subscribed
	case filterMailboxes:
		return slices.Contains(g.names, w.name)
	case filterSubtree:
		return slices.ContainsFunc(g.names, func(top string) bool {
			rest, below := strings.CutPrefix(w.name, top)
			return below && (rest == "" || rest[0] == '/')
		})
	}
	return false
}

// wanted are the events that a client wants to hear of a mailbox that is not
// the selected one: those of all groups up to one that says NONE.
func (n *notifier) wanted(w watched) notifyEvents {
	var events notifyEvents
	for i := range n.groups {
		if g := &n.groups[i]; g.covers(w) {
			if g.events == 0 {
				break
			}
			events |= g.events
		}
	}
	return events
}
