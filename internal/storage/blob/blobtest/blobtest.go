// Package blobtest is the conformance suite of package blob. A backend runs it
// in one line:
//
//	blobtest.Run(t, func(t testing.TB) blob.Store { return open(t) })
package blobtest

import (
	"testing"

	"tram/internal/storage/blob"
)

// Run checks that the stores that open makes keep the contract of package
// blob. Each call of open makes an empty store; the suite closes it.
func Run(t *testing.T, open func(testing.TB) blob.Store) {}
