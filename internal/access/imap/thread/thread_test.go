package thread

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// parse reads messages from lines "number id refs… | subject", the date is the
// number. An id of "-" is none; a subject that begins with "Re:" is a reply.
func parse(text string) []Message {
	var msgs []Message
	numbers := map[string]uint32{"": 0}
	number := func(s string) uint32 {
		if _, ok := numbers[s]; !ok {
			numbers[s] = uint32(len(numbers))
		}
		return numbers[s]
	}
	for line := range strings.Lines(text) {
		head, subject, _ := strings.Cut(strings.TrimSpace(line), "|")
		words := strings.Fields(head)
		if len(words) == 0 {
			continue
		}
		n, _ := strconv.Atoi(words[0])
		m := Message{Number: uint32(n), Date: int64(n)}
		subject, m.Reply = strings.CutPrefix(strings.TrimSpace(subject), "Re:")
		m.Subject = number("subject " + strings.TrimSpace(subject))
		if strings.TrimSpace(subject) == "" {
			m.Subject = 0
		}
		if len(words) > 1 && words[1] != "-" {
			m.ID = number(words[1])
		}
		for _, r := range words[min(2, len(words)):] {
			m.Refs = append(m.Refs, number(r))
		}
		msgs = append(msgs, m)
	}
	return msgs
}

func TestReferences(t *testing.T) {
	for _, c := range []struct{ name, msgs, want string }{
		{"nothing", "", ""},
		{"single", "1 a | x", "(1)"},
		{"chain", "1 a | x\n2 b a | Re: x\n3 c a b | Re: x", "(1 2 3)"},
		{"branches", "1 a | x\n2 b a | Re: x\n3 c a | Re: x\n4 d a b | Re: x", "(1 (2 4)(3))"},
		{"missing parent", "1 b a | x\n2 c a | y", "((1)(2))"},
		{"missing parent of one", "1 b a | x", "(1)"},
		{"missing in the middle", "1 a | x\n2 c a b | y\n3 d a b | z", "(1 (2)(3))"},
		{"parent comes later", "1 b a | Re: x\n2 a | x", "(2 1)"},
		{"duplicate id", "1 a | x\n2 a | y\n3 b a | z", "(1 3)(2)"},
		{"own parent", "1 a a | x", "(1)"},
		{"loop", "1 a b | x\n2 b a | y", "(2 1)"},
		{"no ids", "1 - | x\n2 - | y", "(1)(2)"},
		{"subject joins a reply", "1 a | x\n2 b | Re: x", "(1 2)"},
		{"subject joins equals under a dummy", "1 a | x\n2 b | x", "((1)(2))"},
		{"three equals", "1 a | x\n2 b | x\n3 c | x", "((1)(2)(3))"},
		{"reply first", "1 a | Re: x\n2 b | x", "(2 1)"},
		{"two replies", "1 a | Re: x\n2 b | Re: x", "((1)(2))"},
		{"dummy and message", "1 b a | x\n2 c a | x\n3 d | x", "((1)(2)(3))"},
		{"two dummies", "1 b a | x\n2 c a | x\n3 f e | x\n4 g e | x", "((1)(2)(3)(4))"},
		{"empty subjects stay apart", "1 a |\n2 b |", "(1)(2)"},
		{"truncated references", "1 a | x\n2 b a | x\n3 c b | x\n4 d a c | x", "(1 2 3 4)"},
	} {
		if got := string(References(parse(c.msgs)).Append(nil)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestRefs(t *testing.T) {
	for _, c := range []struct{ name, msgs, want string }{
		{"nothing", "", ""},
		{"subjects do not join", "1 a | x\n2 b | x\n3 c | Re: x", "(1)(2)(3)"},
		{"by the latest", "1 a | x\n2 b | y\n3 c a | z", "(2)(1 3)"},
		{"a dummy of two", "1 b a | x\n2 d | y\n3 c a | x", "(2)((1)(3))"},
		{"a dummy of one", "1 b a | x\n2 d | y", "(1)(2)"},
	} {
		if got := string(Refs(parse(c.msgs)).Append(nil)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestOrderedSubject(t *testing.T) {
	for _, c := range []struct{ msgs, want string }{
		{"", ""},
		{"1 a | x\n2 b | y\n3 c | x\n4 d | Re: x", "(1 (3)(4))(2)"},
		{"5 a | x\n2 b | x\n1 c | y", "(1)(2 5)"},
	} {
		if got := string(OrderedSubject(parse(c.msgs)).Append(nil)); got != c.want {
			t.Errorf("%q: %s, want %s", c.msgs, got, c.want)
		}
	}
}

var number = regexp.MustCompile(`\d+`)

// TestComplete threads random messages: each must come out exactly once.
func TestComplete(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := 1 + rng.IntN(40)
		msgs := make([]Message, n)
		for i := range msgs {
			m := &msgs[i]
			*m = Message{Number: uint32(i + 1), Date: int64(rng.IntN(20)), ID: uint32(rng.IntN(50)), Reply: rng.IntN(2) == 0}
			m.Subject = uint32(rng.IntN(4))
			for range rng.IntN(4) {
				m.Refs = append(m.Refs, uint32(1+rng.IntN(60)))
			}
		}
		for name, f := range map[string]*Forest{"references": References(msgs), "subject": OrderedSubject(msgs), "refs": Refs(msgs)} {
			text := string(f.Append(nil))
			found := number.FindAllString(text, -1)
			slices.SortFunc(found, func(a, b string) int {
				x, _ := strconv.Atoi(a)
				y, _ := strconv.Atoi(b)
				return x - y
			})
			want := make([]string, n)
			for i := range want {
				want[i] = fmt.Sprint(i + 1)
			}
			if !slices.Equal(found, want) {
				t.Fatalf("seed %d, %s: %s", seed, name, text)
			}
			if depth := balance(text); depth != 0 {
				t.Fatalf("seed %d, %s: parentheses in %s", seed, name, text)
			}
		}
	}
}

func balance(s string) int {
	depth := 0
	for _, c := range s {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			return depth
		}
	}
	return depth
}

// TestHostile threads what is made to be slow: one endless chain, in both
// orders, and dummies upon dummies.
func TestHostile(t *testing.T) {
	const n = 30_000
	chain := make([]Message, n)
	for i := range chain {
		chain[i] = Message{Number: uint32(i + 1), ID: uint32(i + 1), Refs: []uint32{uint32(i + 2)}}
	}
	dummies := make([]Message, n/10)
	for i := range dummies {
		dummies[i] = Message{Number: uint32(i + 1), ID: uint32(n + i), Refs: []uint32{uint32(i + 1), uint32(i + 2), uint32(i + 3)}}
	}
	// A long chain, and then messages that all want it to be a loop.
	loops := slices.Clone(chain)
	for i := n / 2; i < n; i++ {
		refs := make([]uint32, 200)
		for k := range refs {
			if refs[k] = 1; k%2 == 1 {
				refs[k] = n/2 + 1
			}
		}
		loops[i] = Message{Number: uint32(i + 1), ID: uint32(n + i), Refs: refs}
	}
	for name, msgs := range map[string][]Message{"chain": chain, "dummies": dummies, "loops": loops} {
		start := time.Now()
		text := References(msgs).Append(nil)
		if got := len(number.FindAll(text, -1)); got != len(msgs) {
			t.Errorf("%s: %d of %d messages", name, got, len(msgs))
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}
