package main

import (
	"context"
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) explainCommand() *cobra.Command {
	var q control.ExplainQuery
	c := &cobra.Command{
		Use: "explain ADDRESS", Short: a.say.shortExplain, Long: a.say.longExplain, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			q.Address = args[0]
			e, err := ops.Explain(ctx, q)
			switch {
			case err != nil:
				return err
			case a.json:
				return a.printJSON(e)
			}
			return a.explain(&q, &e)
		}),
	}
	c.Flags().StringVar(&q.From, "from", "", a.say.flagExplainFrom)
	c.Flags().StringVar(&q.Client, "client", "", a.say.flagExplainClient)
	c.Flags().StringVar(&q.Helo, "helo", "", a.say.flagExplainHelo)
	c.Flags().Int64Var(&q.Size, "size", 0, a.say.flagExplainSize)
	return a.complete(c, false, func(ctx context.Context, ops control.Operations, add func(string, string)) error {
		if err := accountNames(ctx, ops, add); err != nil {
			return err
		}
		return aliasNames(ctx, ops, add)
	})
}

// explain writes the road as people read it: what is asked, the steps that all
// who get the mail share, the way of each of them, and where it ends.
func (a *app) explain(q *control.ExplainQuery, e *control.Explanation) error {
	p := &explainer{a: a, say: &a.say.explainTexts}
	p.title(q)
	p.shared(e)
	for i := range e.Final {
		switch f := &e.Final[i]; {
		case f.Way == "file" || f.Way == "program":
		case len(f.Steps) > 0 || f.Way == "local":
			p.way(f)
		}
	}
	p.end(e)
	_, err := lipgloss.Fprint(a.stdout, p.out.String())
	return err
}

// explainer writes an explanation.
type explainer struct {
	a   *app
	say *explainTexts
	out strings.Builder
}

// labelWidth is that of the left column.
const labelWidth = 12

func (p *explainer) title(q *control.ExplainQuery) {
	from := strings.Trim(q.From, "<>")
	if from == "" {
		from = "<>"
	}
	who := p.say.byUser
	if q.Client != "" {
		who = fmt.Sprintf(p.say.byClient, q.Client)
	}
	p.out.WriteString(p.bold(fmt.Sprintf(p.say.explainTitle, printable(from), printable(q.Address))) + p.faint("  "+who) + "\n\n")
}

// shared are the steps before the ways part.
func (p *explainer) shared(e *control.Explanation) {
	if len(e.Rewrite) == 0 {
		p.row(p.say.rewriting, p.say.nothing)
	}
	for i, s := range e.Rewrite {
		p.row(p.first(i, p.say.rewriting), p.say.sentence(s.What)+": "+s.Said)
	}
	p.row(p.say.policy, p.verdict(e.Verdict)+p.because(e.Why))
	for _, s := range e.Policy {
		if s.What != "address" { // has a row of its own
			p.row("", p.faint(p.step(s)))
		}
	}
	if e.Reply != "" {
		p.row("", e.Reply)
	}
	if e.Ask {
		p.row("", p.say.asksNextHop)
	}
	domain := p.say.sentence(e.Class)
	if e.Domain != "" {
		domain += fmt.Sprintf(p.say.inDomain, e.Domain, p.say.sentence(e.Kind))
	}
	if e.Via != "" && e.Via != e.Address {
		domain += fmt.Sprintf(p.say.through, e.Via)
	}
	p.row(p.say.theAddress, domain)
	if e.Tree != nil && len(e.Tree.Children) > 0 {
		p.row(p.say.aliases, e.Tree.Address+p.faint("  "+p.say.sentence(e.Tree.What)))
		p.tree(e.Tree.Children, "")
	}
	if len(e.Copies) > 0 {
		p.row(p.say.copies, strings.Join(e.Copies, ", "))
	}
	p.row(p.say.filter, p.say.nothing)
}

// tree draws what an alias stands for.
func (p *explainer) tree(nodes []*control.ExplainNode, indent string) {
	for i, n := range nodes {
		branch, below := "├─ ", "│  "
		if i == len(nodes)-1 {
			branch, below = "└─ ", "   "
		}
		what := p.say.sentence(n.What)
		if n.Via != "" && n.Via != n.Address {
			what += fmt.Sprintf(p.say.through, n.Via)
		}
		p.row("", indent+branch+n.Address+p.faint("  "+what))
		p.tree(n.Children, indent+below)
	}
}

// way is how it goes on for one who gets the mail.
func (p *explainer) way(f *control.Final) {
	title := f.Address
	if f.Via != "" {
		title += fmt.Sprintf(p.say.memberOf, f.Via)
	}
	p.out.WriteString("\n" + p.bold(printable(title)) + "\n")
	if f.Way == "local" {
		p.row(p.say.quota, p.quota(f))
		return
	}
	for i, s := range f.Steps {
		p.row(p.first(i, p.say.route), p.faint(p.step(s)))
	}
	p.row("", "→ "+p.say.sentence(f.Why))
	if f.From != "" {
		p.row(p.say.leavesAs, f.From)
	}
	for i, h := range f.Hosts {
		p.row(p.first(i, p.say.hosts), hostText(h))
	}
	if f.TLS != "" {
		p.row("TLS", p.say.sentence("tls "+f.TLS))
	}
	if f.User != "" {
		p.row(p.say.login, f.User)
	}
	if f.Hop != "" {
		p.row(p.say.inQueue, p.queue(f))
	}
}

func hostText(h control.ExplainHost) string {
	text := h.Name
	if h.Preference > 0 {
		text = fmt.Sprintf("%d %s", h.Preference, h.Name)
	}
	if len(h.Addresses) > 0 {
		text += "  " + strings.Join(h.Addresses, " ")
	}
	if h.Trouble != "" {
		text += "  (" + h.Trouble + ")"
	}
	return text
}

func (p *explainer) quota(f *control.Final) string {
	if f.QuotaBytes == 0 && f.QuotaMessages == 0 {
		return p.say.noQuota
	}
	return quotaText(sizeText(f.Bytes), f.QuotaBytes, sizeText) + ", " +
		fmt.Sprintf(p.say.messagesOf, quotaText(countText(f.Messages), f.QuotaMessages, countText))
}

func (p *explainer) queue(f *control.Final) string {
	text := p.say.nothingWaits
	if f.Waiting > 0 {
		text = fmt.Sprintf(p.say.explainWaiting, f.Waiting, timeText(f.Oldest))
	}
	if !f.Pause.IsZero() {
		text += "; " + p.colour("3", fmt.Sprintf(p.say.pausedUntil, timeText(f.Pause), f.Trouble))
	}
	return text
}

// end says in one line for each who gets the mail where it ends.
func (p *explainer) end(e *control.Explanation) {
	p.out.WriteString("\n")
	for i := range e.Final {
		f := &e.Final[i]
		mark, colour := "✓", "2"
		switch {
		case f.Way == "refuse" || f.Way == "fail":
			mark, colour = "✗", "1"
		case f.Way == "discard" || f.Way == "hold" || f.Reply != "" || !f.Pause.IsZero():
			mark, colour = "!", "3"
		}
		p.out.WriteString(p.colour(colour, mark) + " " + p.bold(printable(f.Address)) + "  " + p.colour(colour, p.say.sentence("way "+f.Way)))
		p.out.WriteString(printable(finalTail(f)) + "\n")
	}
	if e.More > 0 {
		p.out.WriteString(fmt.Sprintf(p.say.moreEnds, e.More) + "\n")
	}
}

// finalTail is the next hop, or why there is none.
func finalTail(f *control.Final) string {
	text := ""
	if f.Hop != "" {
		text = " " + f.Hop
	}
	if f.Reply != "" {
		text += ": " + f.Reply
	}
	return text
}

// first is the label of the first of several rows.
func (p *explainer) first(i int, label string) string {
	if i > 0 {
		return ""
	}
	return label
}

func (p *explainer) row(label, text string) {
	pad := strings.Repeat(" ", max(labelWidth-lipgloss.Width(label), 0))
	p.out.WriteString("  " + p.faint(label) + pad + "  " + p.clean(text) + "\n")
}

// clean takes control characters out that a stranger's DNS or reply may hold,
// but leaves our own colours.
func (p *explainer) clean(s string) string {
	if isTerminal(p.a.stdout) {
		return strings.Map(func(r rune) rune {
			if r < ' ' && r != '\x1b' || r >= 0x7f && r < 0xa0 {
				return '�'
			}
			return r
		}, s)
	}
	return printable(s)
}

func (p *explainer) step(s control.ExplainStep) string {
	return p.say.sentence(s.What) + ": " + p.say.sentence(s.Said)
}

func (p *explainer) because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + p.say.sentence(why)
}

func (p *explainer) verdict(v string) string {
	colour := map[string]string{"accept": "2", "refuse": "1"}[v]
	if colour == "" {
		colour = "3"
	}
	return p.colour(colour, p.say.sentence("verdict "+v))
}

func (p *explainer) bold(s string) string  { return p.styled(lipgloss.NewStyle().Bold(true), s) }
func (p *explainer) faint(s string) string { return p.styled(lipgloss.NewStyle().Faint(true), s) }
func (p *explainer) colour(c, s string) string {
	return p.styled(lipgloss.NewStyle().Foreground(lipgloss.Color(c)), s)
}

func (p *explainer) styled(style lipgloss.Style, s string) string {
	if s == "" || !isTerminal(p.a.stdout) {
		return s
	}
	return style.Render(s)
}
