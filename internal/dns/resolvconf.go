package dns

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"
)

// maxResolvConf bounds what is read of /etc/resolv.conf.
const maxResolvConf = 64 << 10

// systemServers gives the resolvers of resolv.conf(5). As there, a missing
// file or one without servers means the resolver on this machine. Search lists
// and options are not looked at: mail asks for full names only.
func systemServers(file string) ([]netip.AddrPort, error) {
	local := []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), dnsPort)}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return local, nil
	}
	if err != nil {
		return nil, fmt.Errorf("dns: read the resolvers of the system: %w", err)
	}
	var servers []netip.AddrPort
	for line := range bytes.Lines(text[:min(len(text), maxResolvConf)]) {
		words := strings.Fields(string(line))
		if len(words) < 2 || words[0] != "nameserver" || len(servers) == maxServers {
			continue
		}
		if addr, err := netip.ParseAddr(words[1]); err == nil {
			servers = append(servers, netip.AddrPortFrom(addr, dnsPort))
		}
	}
	if len(servers) == 0 {
		return local, nil
	}
	return servers, nil
}
