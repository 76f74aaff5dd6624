#!/usr/bin/env bash
# Starts a topology of examples/ to play with: its name server and each of its
# hosts, in a copy under var/examples. Ctrl-C, or the end of the time, stops
# all of them.
#
#   example.sh               lists the examples
#   example.sh NAME [TIME]   TIME as for sleep(1), 2h when left out
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:-}
time=${2:-2h}
if [ -z "$name" ]; then
	echo "usage: make example NAME=…, one of:"
	for readme in examples/*/README.md; do
		printf '  %-14s %s\n' "$(basename "$(dirname "$readme")")" "$(sed -n '1s/^# *//p' "$readme")"
	done
	exit 64
fi
if [ ! -d "examples/$name" ]; then
	echo "There is no example $name; run tools/example.sh for a list." >&2
	exit 66
fi

go build -o bin/tram ./cmd/tram
go build -o bin/nameserver ./test/topology/nameserver
tram=$PWD/bin/tram
place=var/examples/$name
mkdir -p "$place"
cp "examples/$name"/* "$place/" # data of an earlier run stays
cd "$place"

started=()
stop() {
	trap - EXIT INT TERM
	if [ ${#started[@]} -gt 0 ]; then
		kill "${started[@]}" 2>/dev/null || true
		kill -CONT "${started[@]}" 2>/dev/null || true # one that was stopped would never hear it
	fi
	wait
	echo "Stopped. The mail is kept in $place; make clean removes it."
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

../../../bin/nameserver zone 2>nameserver.log &
started+=($!)
for directory in *.directory.toml; do
	host=${directory%.directory.toml}
	"$tram" --config "$host.toml" apply "$directory" >"$host.apply.log"
	"$tram" --config "$host.toml" serve 2>"$host.log" &
	started+=($!)
done
n=0
for directory in *.directory.toml; do
	host=${directory%.directory.toml}
	for _ in $(seq 100); do
		! grep -q msg=ready "$host.log" || break
		sleep 0.1
	done
	grep -q msg=ready "$host.log" || { cat "$host.log" >&2; exit 1; }
	printf '%-10s pid %-7s %s\n' "$host" "${started[$((++n))]}" "$(sed -n 's/.*listeners="\[\(.*\)\]".*/\1/p' "$host.log" | tail -1)"
done
cat <<TEXT

$name runs. Its README: examples/$name/README.md
Logs and configurations are in $place. In another terminal:

    cd $place
    ../../../bin/tram --config HOST.toml queue list
    ../../../bin/tram --config HOST.toml explain ADDRESS
    kill -STOP PID    # cuts a hop; kill -CONT PID heals it
    kill -HUP ${started[0]}     # makes the name server read an edited zone

Ctrl-C stops it; otherwise it ends after $time.
TEXT
sleep "$time" &
started+=($!)
wait $!
