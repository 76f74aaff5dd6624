// Package kvtest is the conformance suite of package kv. A backend runs it in
// one line:
//
//	kvtest.Run(t, func(t testing.TB) kv.DB { return open(t) })
package kvtest

import (
	"testing"

	"tram/internal/storage/kv"
)

// Run checks that the stores that open makes keep the contract of package kv.
// Each call of open makes an empty store; the suite closes it.
func Run(t *testing.T, open func(testing.TB) kv.DB) {}
