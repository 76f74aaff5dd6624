# The two commands a newcomer needs are make run and make test; make help shows the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION  ?= dev
FUZZTIME ?= 30s
POINTS   ?= 10000
bin      := .cache/bin

.PHONY: help build run example test unit race fuzz crash backlog idle sessions soak bench lint fmt clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1	/' | expand -t 16

build: ## build bin/tram
	go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/tram ./cmd/tram

run: build ## build, make a demo domain in ./var and serve it on loopback
	tools/demo.sh

example: ## run a topology of examples/ on loopback: make example NAME=dmz-relay
	@tools/example.sh $(NAME)

test: ## install what the tests need and run all of them; in CI the fuzz targets too
	tools/need.sh tests
	$(MAKE) --no-print-directory unit race
	$(if $(CI),$(MAKE) --no-print-directory fuzz)

unit: # every test, the crash sweep included
	go test -timeout 20m ./...

race: # the race detector over what is concurrent, in the short form; under it pools give nothing back
	go test -race -short -timeout 20m -skip '^Test(Allocations|CostOf)' ./internal/... ./cmd/...

fuzz: ## run every fuzz target for FUZZTIME (30s)
	tools/fuzz.sh $(FUZZTIME)

crash: ## the crash sweep alone: make crash POINTS=1000000
	@go run ./test/sim/crash -points $(POINTS)

backlog: ## fresh mail beside a queue of a million entries for dead hosts
	go test ./test/backlog -run Backlog -v -long -timeout 20m

sessions: ## twenty IMAP sessions against a model for ten minutes, with kills
	go test ./test/sessions -v -time 10m -timeout 20m

idle: ## ten thousand idle sessions, a mailbox of a million messages, 400 users in 256 MiB
	go test ./test/idle -v -long -timeout 30m

soak: ## the long sweep, much mail for hosts in trouble and an hour of fuzzing, before a release
	$(MAKE) --no-print-directory crash POINTS=1000000 sessions
	go test ./internal/agent/mta -run Trouble -v -trouble 100000 -timeout 1h
	$(MAKE) --no-print-directory fuzz FUZZTIME=2m

bench: build ## compare with Postfix and Dovecot (needs root and ../shared/bench)
	tools/bench.sh

lint: ## formatting, vet, static analysis, known vulnerabilities, shell scripts
	tools/lint.sh

fmt: ## format the code
	gofmt -w $$(git ls-files '*.go')

clean: ## remove what was built, and the demo
	rm -rf bin var .cache
