// Command crash runs the crash sweep alone and ends with one line:
//
//	crash points: N, violations: 0
//
// Each violation comes before it, with the seed that replays it (-seed).
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"

	"tram/test/sim"
)

func main() {
	points := flag.Int64("points", 10_000, "crash points")
	seed := flag.Uint64("seed", 0, "seed of the first round; 0 draws one")
	flag.Parse()
	if *seed == 0 {
		*seed = rand.Uint64N(1 << 40)
	}
	result, err := sim.Crash(context.Background(), *seed, *points)
	for _, v := range result.Violations {
		fmt.Println(v)
	}
	if err != nil {
		fmt.Println("the sweep ended early:", err)
	}
	fmt.Println(result)
	if err != nil || result.Count > 0 {
		os.Exit(1)
	}
}
