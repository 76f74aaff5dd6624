package directory

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tram/internal/mail/address"
)

// Names are checked here, once, before they become keys: what is stored is in
// its normal form, and every mistake has a sentence that says what to change.

var (
	errLiteral   = errors.New("an IP address in brackets is not a domain")
	errHyphen    = errors.New("a label of a domain begins and ends with a letter or digit")
	errQuotes    = errors.New("the part before the @ would need quotes; use letters, digits and . _ - +")
	errSeparator = fmt.Errorf("the subaddress separator is one of %s, or %q for none", separators, NoSubaddress)
	errQuota     = errors.New("a quota is not negative")
	errPrintable = errors.New("a name has printable characters only, in UTF-8")
	errFooter    = fmt.Errorf("a footer is text in UTF-8 of at most %d octets", MaxFooter)
	errKind      = errors.New("a domain is hosted, relayed or an alias, and verified by none, list or callout")
	errVerify    = errors.New("only recipients of a relayed domain are verified")
	errTarget    = errors.New("only an alias domain stands for another one")
	errSelf      = errors.New("it would stand for itself")
	errAliasOnly = errors.New("an alias domain has nothing of its own; set catch-all and footer in the domain that it stands for")
	errDescribed = fmt.Errorf("a description has at most %d octets of printable characters", MaxDescription)
)

// separators may stand between user and tag.
const separators = "+-._=#~"

const defaultSeparator = "+"

func invalid(what string, err error) error { return fmt.Errorf("%s: %w: %w", what, ErrInvalid, err) }

// domainName returns the normal form of a domain of ours: A-labels, lower case.
func domainName(s string) (string, error) {
	d, err := address.ParseDomain(strings.TrimSuffix(s, "."))
	if err != nil {
		return "", invalid(fmt.Sprintf("domain %q", s), err)
	}
	a := address.Address{Domain: d}
	if a.IsLiteral() {
		return "", invalid(fmt.Sprintf("domain %q", s), errLiteral)
	}
	name := a.ASCII()
	for label := range strings.SplitSeq(name, ".") {
		if strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") || strings.Contains(label, "_") {
			return "", invalid(fmt.Sprintf("domain %q", s), errHyphen)
		}
	}
	return name, nil
}

// ownAddress returns the normal form of an address of ours: folded.
func ownAddress(s string) (address.Address, error) {
	a, err := address.ParseAddress(s)
	if err != nil {
		return a, invalid(fmt.Sprintf("address %q", s), err)
	}
	a = a.Fold()
	switch {
	case a.IsLiteral():
		err = errLiteral
	case len(a.Local) > MaxLocalPart:
		err = fmt.Errorf("the part before the @ has more than %d octets", MaxLocalPart)
	case strings.HasPrefix(a.String(), `"`):
		err = errQuotes
	default:
		if _, err := domainName(a.Domain); err != nil {
			return a, err
		}
		return a, nil
	}
	return a, invalid(fmt.Sprintf("address %q", s), err)
}

// NormalAddress checks an address of ours and returns its normal form: folded.
func NormalAddress(s string) (string, error) {
	a, err := ownAddress(s)
	return a.String(), err
}

// target returns the normal form of an address that a catch-all or a list
// leads to. It may be anybody's, so its local part keeps its case.
func target(s string) (string, error) {
	a, err := address.ParseAddress(s)
	if err != nil {
		return "", invalid(fmt.Sprintf("target %q", s), err)
	}
	return a.String(), nil
}

// Normal checks a domain and brings it into its normal form.
func (d Domain) Normal() (_ Domain, err error) {
	if d.Name, err = domainName(d.Name); err != nil {
		return d, err
	}
	if d.CatchAll != "" {
		if d.CatchAll, err = target(d.CatchAll); err != nil {
			return d, err
		}
	}
	switch s := d.SubaddressSeparator; {
	case s == "":
		d.SubaddressSeparator = defaultSeparator
	case s == NoSubaddress, len(s) == 1 && strings.Contains(separators, s):
	default:
		return d, invalid(fmt.Sprintf("separator %q", s), errSeparator)
	}
	if len(d.Footer) > MaxFooter || !multiline(d.Footer) {
		return d, invalid("footer of "+d.Name, errFooter)
	}
	if d.QuotaBytes < 0 || d.QuotaMessages < 0 {
		return d, invalid("domain "+d.Name, errQuota)
	}
	return d.normalKind()
}

// normalKind checks what belongs to some kinds of domains only.
func (d Domain) normalKind() (_ Domain, err error) {
	switch {
	case int(d.Kind) >= len(domainKinds) || int(d.Verify) >= len(verifyModes):
		err = errKind
	case d.Verify != VerifyNone && d.Kind != Relayed:
		err = errVerify
	case d.Kind != AliasDomain && d.Target != "":
		err = errTarget
	case d.Kind != AliasDomain:
		return d, nil
	case d.CatchAll != "" || d.Footer != "":
		err = errAliasOnly
	default:
		if d.Target, err = domainName(d.Target); err == nil && d.Target == d.Name {
			err = errSelf
		}
	}
	if err != nil {
		return d, invalid("domain "+d.Name, err)
	}
	return d, nil
}

// separator is what address.SplitSubaddress wants.
func (d Domain) separator() string {
	if d.SubaddressSeparator == NoSubaddress {
		return ""
	}
	return d.SubaddressSeparator
}

// Normal checks an account and brings it into its normal form.
func (a Account) Normal() (Account, error) {
	own, err := ownAddress(a.Address)
	if err != nil {
		return a, err
	}
	a.Address = own.String()
	switch {
	case a.QuotaBytes < 0 || a.QuotaMessages < 0:
		err = errQuota
	case len(a.Name) > MaxName:
		err = fmt.Errorf("the name has more than %d bytes", MaxName)
	case !printable(a.Name):
		err = errPrintable
	default:
		return a, nil
	}
	return a, invalid(a.Address, err)
}

func printable(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// multiline reports whether s is printable text with line ends and tabs.
func multiline(s string) bool {
	return printable(strings.NewReplacer("\r\n", "", "\n", "", "\t", "").Replace(s))
}

// Normal checks an alias and brings it into its normal form, without repeats.
func (a Alias) Normal() (Alias, error) {
	own, err := ownAddress(a.Address)
	if err != nil {
		return a, err
	}
	a.Address = own.String()
	if len(a.Targets) == 0 || len(a.Targets) > MaxTargets {
		return a, invalid("alias "+a.Address, fmt.Errorf("%d targets, it can have 1 to %d", len(a.Targets), MaxTargets))
	}
	seen := make(map[string]bool)
	var targets []string
	for _, t := range a.Targets {
		parsed, err := ParseTarget(t)
		if err != nil {
			return a, fmt.Errorf("alias %s: %w", a.Address, err)
		}
		t = parsed.String()
		folded := t
		if parsed.Kind == ToAddress {
			folded = parsed.Address.Fold().String()
		}
		if folded == a.Address {
			return a, invalid("alias "+a.Address, ErrLoop)
		}
		if !seen[folded] {
			seen[folded] = true
			targets = append(targets, t)
		}
	}
	a.Targets = targets
	return a, nil
}

// Normal checks a list and brings it into its normal form, members without
// repeats.
func (l List) Normal() (List, error) {
	own, err := ownAddress(l.Address)
	if err != nil {
		return l, err
	}
	l.Address = own.String()
	if l.Owner != "" {
		if l.Owner, err = target(l.Owner); err != nil {
			return l, fmt.Errorf("owner of list %s: %w", l.Address, err)
		}
	}
	if len(l.Description) > MaxDescription || !printable(l.Description) {
		return l, invalid("list "+l.Address, errDescribed)
	}
	l.Members, _, err = l.join(nil, l.Members)
	return l, err
}

// join adds members to those that a list has; added counts the new ones.
func (l List) join(have, more []string) (all []string, added int, err error) {
	seen := make(map[string]bool, len(have)+len(more))
	for _, m := range have {
		seen[fold(m)] = true
	}
	all = have
	for _, m := range more {
		if m, err = target(m); err != nil {
			return nil, 0, fmt.Errorf("list %s: %w", l.Address, err)
		}
		folded := fold(m)
		if folded == l.Address {
			return nil, 0, invalid("list "+l.Address, ErrLoop)
		}
		if !seen[folded] {
			seen[folded] = true
			all = append(all, m)
			added++
		}
	}
	if len(all) > MaxMembers {
		return nil, 0, invalid("list "+l.Address, fmt.Errorf("%d members, it can have %d", len(all), MaxMembers))
	}
	return all, added, nil
}

// fold is the form of an address, parsed before, in which it is compared.
func fold(s string) string {
	a, _ := address.ParseAddress(s)
	return a.Fold().String()
}
