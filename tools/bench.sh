#!/usr/bin/env bash
# Runs the shared yardstick on Tram and on Debian's Postfix with Dovecot, one
# after the other, round by round. Arguments go to it:
#
#   tools/bench.sh -r 3 -t "smtp-in smtp-in-1" -o /tmp/results
set -euo pipefail
cd "$(dirname "$0")/.."
compare=$PWD/../shared/bench/compare.sh
if [ ! -x "$compare" ]; then
	echo "no $compare: the yardstick lies in the shared folder beside the project" >&2
	exit 69
fi
results=.cache/bench
rm -f "$results/results.jsonl"
mkdir -p "$results"
"$compare" -r "${ROUNDS:-3}" -t "${TESTS:-idle idle-tls smtp-in smtp-in-1 smtp-in-100 relay imap imap-mixed pop3}" \
	-o "$PWD/$results" "$@" postfix-dovecot-sdbox "$PWD/bench/peer"
cat "$results/table.md"
