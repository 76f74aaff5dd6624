package admin

import (
	"slices"
	"strings"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// wantedDomain is a domain of a book in its normal form.
type wantedDomain struct {
	domain     directory.Domain
	recipients []string
}

func (p *plan) domains() {
	wanted := want(p, "domain", p.in.Book.Domains, p.readDomain)
	for _, name := range wanted.order {
		p.domain(name, wanted.of[name])
	}
	if p.in.Add {
		return
	}
	for _, name := range p.have.domains.order {
		if _, stays := wanted.of[name]; stays {
			continue
		}
		old := p.have.domains.of[name]
		p.dropRecipients(old.Recipients)
		phase := dropDomains
		if old.Kind == directory.AliasDomain.String() {
			phase = dropAliasDomains
		}
		p.do(phase, verbRemove, "domain", name, "", func(b *directory.Batch) error { return b.DeleteDomain(name) })
	}
}

func (p *plan) readDomain(in control.BookDomain) (name string, out wantedDomain, err error) {
	d, err := domainIn(in)
	if err == nil {
		d, err = d.Normal()
	}
	if old, there := p.have.domains.of[d.Name]; err == nil && there && p.in.Add {
		if d, err = domainIn(filledUp(in, old)); err == nil {
			d, err = d.Normal()
		}
	}
	if err != nil {
		return in.Name, out, err
	}
	out.domain = d
	if len(in.Recipients) > 0 && d.Kind != directory.Relayed {
		return d.Name, out, control.Errorf(control.Invalid, `domain %s: only a relayed domain has recipients; write kind = "relayed", or add accounts or aliases`, d.Name)
	}
	for _, r := range in.Recipients {
		if !strings.Contains(r, "@") {
			r += "@" + d.Name
		}
		addr, err := directory.NormalAddress(r)
		if err != nil {
			return d.Name, out, err
		}
		if !strings.HasSuffix(addr, "@"+d.Name) {
			return d.Name, out, control.Errorf(control.Invalid, "domain %s: recipient %s is of another domain", d.Name, addr)
		}
		out.recipients = append(out.recipients, addr)
	}
	slices.Sort(out.recipients)
	out.recipients = slices.Compact(out.recipients)
	return d.Name, out, nil
}

// filledUp is a domain that is only added to: what the book leaves out stays.
func filledUp(in, old control.BookDomain) control.BookDomain {
	if in.Kind == "" && in.AliasOf == "" {
		in.Kind, in.AliasOf = old.Kind, old.AliasOf
	}
	for _, f := range []struct{ to, have *string }{
		{&in.CatchAll, &old.CatchAll}, {&in.SubaddressSeparator, &old.SubaddressSeparator}, {&in.Footer, &old.Footer},
		{&in.Quota, &old.Quota},
	} {
		if *f.to == "" {
			*f.to = *f.have
		}
	}
	if in.QuotaMessages == 0 {
		in.QuotaMessages = old.QuotaMessages
	}
	if in.Verify == "" && in.Kind == directory.Relayed.String() {
		in.Verify = old.Verify
	}
	return in
}

// domain compares one domain.
func (p *plan) domain(name string, w wantedDomain) {
	phase, d := setDomains, w.domain
	if d.Kind == directory.AliasDomain {
		phase = setAliasDomains
	}
	old, there := p.have.domains.of[name]
	now := bookDomain(d)
	switch {
	case !there:
		p.do(phase, verbAdd, "domain", name, domainNote(now), func(b *directory.Batch) error { return b.AddDomain(d) })
	case !sameDomain(old, now):
		p.do(phase, verbChange, "domain", name, domainNote(now), func(b *directory.Batch) error { return b.UpdateDomain(d) })
	}
	p.recipients(old.Recipients, w.recipients)
}

func sameDomain(a, b control.BookDomain) bool {
	return a.Kind == b.Kind && a.AliasOf == b.AliasOf && a.Verify == b.Verify && a.CatchAll == b.CatchAll &&
		a.SubaddressSeparator == b.SubaddressSeparator && a.Footer == b.Footer
}

// domainNote says what a domain is that is not simply hosted.
func domainNote(d control.BookDomain) string {
	switch {
	case d.AliasOf != "":
		return "stands for " + d.AliasOf
	case d.Verify != "":
		return d.Kind + ", recipients by " + d.Verify
	}
	return d.Kind
}

// recipients compares the listed recipients of a relayed domain.
func (p *plan) recipients(have, wanted []string) {
	for _, addr := range wanted {
		if _, there := slices.BinarySearch(have, addr); !there {
			p.do(setAddresses, verbAdd, "recipient", addr, "", func(b *directory.Batch) error { return b.AddRecipient(addr) })
		}
	}
	if p.in.Add {
		return
	}
	var gone []string
	for _, addr := range have {
		if _, stays := slices.BinarySearch(wanted, addr); !stays {
			gone = append(gone, addr)
		}
	}
	p.dropRecipients(gone)
}

func (p *plan) dropRecipients(gone []string) {
	for _, addr := range gone {
		p.do(dropAddresses, verbRemove, "recipient", addr, "", func(b *directory.Batch) error { return b.RemoveRecipient(addr) })
	}
}
