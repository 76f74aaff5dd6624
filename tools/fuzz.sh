#!/usr/bin/env bash
# Runs every fuzz target of the module for a while, two at once for each
# processor: a part of the time of each is building and starting. A finding is written to the target's testdata and ends the
# run with an error.
#
#   fuzz.sh 30s
set -euo pipefail
cd "$(dirname "$0")/.."
export FUZZ_TIME=${1:?how long for each target, as in 30s}

# Lines of "package target".
targets=$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}} {{.ImportPath}}{{end}}' ./... |
	while read -r dir package; do
		sed -n "s|^func \(Fuzz[A-Za-z0-9_]*\)(.*|$package \1|p" "$dir"/*_test.go
	done)
atonce=$((2 * $(nproc)))
echo "$(wc -l <<<"$targets") fuzz targets, $FUZZ_TIME each"

# A run that fails without an input to show for it failed at its own end: on a
# busy machine go test sometimes takes the end of the time for an error. Such a
# run gets a second try. Inputs that reach something new are made smaller by a
# few tries only: a minute for each, as is usual, would be all of the time.
one() {
	local out try
	for try in 1 2; do
		if out=$(go test -run '^$' -fuzz "^$2\$" -fuzztime "$FUZZ_TIME" -fuzzminimizetime 20x -parallel 1 "$1" 2>&1); then
			echo "ok    $1 $2 $(grep -o 'execs: [0-9]*' <<<"$out" | tail -n 1)"
			return 0
		fi
		if ! grep -q 'context deadline exceeded' <<<"$out" || grep -q 'Failing input' <<<"$out"; then
			break
		fi
	done
	printf 'FAIL  %s %s (try %d)\n%s\n' "$1" "$2" "$try" "$out"
	return 1
}
export -f one
# shellcheck disable=SC2016 # the inner shell expands it
xargs -P "$atonce" -L 1 bash -c 'one "$@"' fuzz <<<"$targets"
