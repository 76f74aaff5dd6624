// Command nameserver answers DNS questions from the zone file of an example,
// on the address that its line "; listen: ADDRESS:PORT" names. SIGHUP makes it
// read the file again, SIGINT and SIGTERM end it.
//
//	nameserver examples/dmz-relay/zone
package main

import (
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"tram/internal/dns/dnstest"
)

var listen = regexp.MustCompile(`(?m)^; listen: (\S+)$`)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: nameserver ZONEFILE")
		os.Exit(64)
	}
	if err := serve(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "nameserver:", err)
		os.Exit(1)
	}
}

func serve(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	at := listen.FindSubmatch(text)
	if at == nil {
		return fmt.Errorf("%s has no line \"; listen: ADDRESS:PORT\"", file)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	server, err := dnstest.New(string(at[1]), string(text))
	if err != nil {
		return err
	}
	defer server.Close()
	for s := range signals {
		if s != syscall.SIGHUP {
			return nil
		}
		if err := reload(server, file); err != nil {
			fmt.Fprintln(os.Stderr, "nameserver: the old records stay:", err)
		}
	}
	return nil
}

func reload(server *dnstest.Server, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return server.SetZone(string(text))
}
