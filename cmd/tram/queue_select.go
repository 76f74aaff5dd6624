package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tram/internal/config"
	"tram/internal/server/control"
)

// filterFlags choose entries.
type filterFlags struct {
	control.QueueFilter
	older, younger, larger string
	all                    bool
}

func (a *app) filterFlags(c *cobra.Command, f *filterFlags) {
	flags := c.Flags()
	flags.StringVar(&f.Sender, "from", "", a.say.flagFrom)
	flags.StringVar(&f.Recipient, "to", "", a.say.flagTo)
	flags.StringVar(&f.Domain, "domain", "", a.say.flagDomain)
	flags.StringVar(&f.Reply, "reply", "", a.say.flagReply)
	flags.StringVar(&f.State, "state", "", a.say.flagState)
	flags.StringVar(&f.older, "older", "", a.say.flagOlder)
	flags.StringVar(&f.younger, "younger", "", a.say.flagYounger)
	flags.StringVar(&f.larger, "larger", "", a.say.flagLarger)
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		switch name { // as they were called first
		case "sender":
			name = "from"
		case "recipient":
			name = "to"
		}
		return pflag.NormalizedName(name)
	})
	_ = c.RegisterFlagCompletionFunc("state", cobra.FixedCompletions([]string{"fresh", "waiting", "in flight", "held", "damaged"}, cobra.ShellCompDirectiveNoFileComp))
}

// filter is what the flags say.
func (f *filterFlags) filter() (control.QueueFilter, error) {
	for _, age := range []struct {
		flag, text string
		to         *time.Duration
	}{{"older", f.older, &f.OlderThan}, {"younger", f.younger, &f.YoungerThan}} {
		if age.text == "" {
			continue
		}
		d, err := config.ParseDuration(age.text)
		if err != nil {
			return f.QueueFilter, usageErrorf("--%s: %v", age.flag, err)
		}
		*age.to = d.Std()
	}
	if f.larger != "" {
		size, err := config.ParseSize(f.larger)
		if err != nil {
			return f.QueueFilter, usageErrorf("--larger: %v", err)
		}
		f.LargerThan = int64(size)
	}
	return f.QueueFilter, nil
}

// isChosen reports whether any flag chooses, once filter has read them.
func (f *filterFlags) isChosen() bool {
	chosen := f.QueueFilter
	chosen.Limit = 0
	return chosen != control.QueueFilter{}
}

// selection is the entries that are named, or those that the flags choose.
func (f *filterFlags) selection(c *cobra.Command, ids []string) (s control.QueueSelection, err error) {
	filter, err := f.filter()
	if err != nil {
		return s, err
	}
	chosen := f.all || f.isChosen()
	switch {
	case len(ids) > 0 && chosen:
		return s, usageErrorf("name entries or choose them with flags, not both; see %s --help", c.CommandPath())
	case len(ids) == 0 && !chosen:
		return s, usageErrorf("nothing is chosen; name entries, or use --from, --to, --domain, --reply, --state, --older, --younger, --larger or --all")
	case chosen:
		s.Filter = &filter
	}
	s.IDs = ids
	return s, nil
}

// confirm shows what is chosen and asks; without a terminal it wants --yes.
func (a *app) confirm(p *control.QueuePreview, question string) (bool, error) {
	if !isTerminal(a.stdin) || a.json {
		return false, usageErrorf(a.say.queueNeedsYes, p.Count)
	}
	if err := a.printPreview(p); err != nil {
		return false, err
	}
	fmt.Fprint(a.stderr, question)
	var answer string
	_, _ = fmt.Fscanln(a.stdin, &answer) // no answer is no
	return answer == "y" || answer == "Y" || answer == "yes", nil
}

// printPreview shows a selection: how many, how much, and the first of them.
func (a *app) printPreview(p *control.QueuePreview) error {
	switch {
	case a.json:
		return a.printJSON(p)
	case p.Count == 0:
		a.printf("%s", a.say.queueNoneChosen)
		return nil
	}
	a.printf(a.say.queueWould, p.Count, sizeText(p.Bytes), timeText(p.Oldest))
	rows := make([][]string, len(p.Entries))
	for i := range p.Entries {
		rows[i] = a.queueRow(p.Entries[i])
	}
	if err := a.table(a.queueTitles(), rows); err != nil {
		return err
	}
	if more := p.Count - len(p.Entries); more > 0 {
		a.printf(a.say.queueMore, more)
	}
	return nil
}
