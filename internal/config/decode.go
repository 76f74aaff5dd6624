package config

import (
	"encoding"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// decode stores the value of a node in the field that to points to.
func decode(node *unstable.Node, to any) error {
	switch to := to.(type) {
	case encoding.TextUnmarshaler:
		return decodeText(node, to)
	case *string:
		return decodeString(node, to)
	case *Secret:
		return decodeString(node, to)
	case *bool:
		return decodeBool(node, to)
	case *int:
		return decodeInt(node, to)
	case *[]string:
		return decodeList(node, to, decodeString[string])
	case *[]Duration:
		return decodeList(node, to, func(n *unstable.Node, d *Duration) error { return decodeText(n, d) })
	case *[]netip.Prefix:
		return decodeList(node, to, decodePrefix)
	}
	panic(fmt.Sprintf("config: no way to read a %T", to))
}

func decodeString[T ~string](node *unstable.Node, to *T) error {
	if node.Kind != unstable.String {
		return errors.New(`wants text; write it in quotes, as in "text"`)
	}
	*to = T(node.Data)
	return nil
}

// decodeText reads what is written as text but is not text: sizes, spans of
// time, choices. A bare 0 is taken too, since zero needs no unit.
func decodeText(node *unstable.Node, to encoding.TextUnmarshaler) error {
	if node.Kind == unstable.Integer && string(node.Data) == "0" {
		return to.UnmarshalText([]byte("0"))
	}
	var text string
	if err := decodeString(node, &text); err != nil {
		return to.UnmarshalText(node.Data) // its message tells the form that is wanted
	}
	return to.UnmarshalText([]byte(text))
}

func decodeBool(node *unstable.Node, to *bool) error {
	if node.Kind != unstable.Bool {
		return errors.New("wants true or false, without quotes")
	}
	*to = node.Data[0] == 't'
	return nil
}

func decodeInt(node *unstable.Node, to *int) error {
	n, err := strconv.ParseInt(strings.ReplaceAll(string(node.Data), "_", ""), 0, 32)
	if node.Kind != unstable.Integer || err != nil {
		return errors.New("wants a whole number, without quotes")
	}
	*to = int(n)
	return nil
}

func decodeList[T any](node *unstable.Node, to *[]T, one func(*unstable.Node, *T) error) error {
	if node.Kind != unstable.Array {
		return errors.New(`wants a list; write it in brackets, as in ["one", "two"]`)
	}
	list := []T{}
	for it := node.Children(); it.Next(); {
		if it.Node().Kind == unstable.Comment {
			continue
		}
		var value T
		if err := one(it.Node(), &value); err != nil {
			return err
		}
		list = append(list, value)
	}
	*to = list
	return nil
}

// decodePrefix reads "192.0.2.0/24" or a single address.
func decodePrefix(node *unstable.Node, to *netip.Prefix) error {
	var text string
	if err := decodeString(node, &text); err != nil {
		return err
	}
	if prefix, err := netip.ParsePrefix(text); err == nil {
		*to = prefix.Masked()
		return nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return fmt.Errorf("%q is not a network; write it as in \"192.0.2.0/24\" or \"2001:db8::/32\"", text)
	}
	*to = netip.PrefixFrom(addr, addr.BitLen())
	return nil
}
