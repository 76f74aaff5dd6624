#!/usr/bin/env bash
# Everything that can be said about the code without running it. Each tool is a
# module of its own below tools/, so that none of it gets into the program.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.cache/bin

# tool MODULE PACKAGE: builds a tool when it is missing or its version changed.
tool() {
	local dir=tools/$1 target=$bin/$1
	if [ ! -x "$target" ] || [ "$dir/go.mod" -nt "$target" ]; then
		echo "building $1"
		(cd "$dir" && go build -o "$target" "$2")
	fi
}

tools/need.sh lint
tool golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
tool govulncheck golang.org/x/vuln/cmd/govulncheck

echo "gofmt"
unformatted=$(git ls-files -z '*.go' | xargs -0 gofmt -l)
if [ -n "$unformatted" ]; then
	printf 'not formatted, run make fmt:\n%s\n' "$unformatted" >&2
	exit 1
fi

echo "go vet"
go vet ./...

echo "golangci-lint"
"$bin/golangci-lint" run --allow-parallel-runners ./...

echo "shellcheck"
shellcheck tools/*.sh .ci/run bench/peer/start bench/peer/stop

# The database of known vulnerabilities, from the shared folder when it is
# there; a checkout without it skips this.
archive=../shared/data/vulndb/vulndb.tar.gz
if [ -f "$archive" ]; then
	echo "govulncheck"
	db=$PWD/.cache/vulndb
	if [ ! -d "$db" ] || [ "$archive" -nt "$db" ]; then
		rm -rf "$db" && mkdir -p "$db" && tar -xzf "$archive" -C "$db"
	fi
	"$bin/govulncheck" -db "file://$db" ./...
else
	echo "govulncheck skipped: no $archive"
fi
