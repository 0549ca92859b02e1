# Everything here works on a machine that has Go and make; what else is needed is
# installed or asked for. The workspace file is for editors: what is built and
# tested is what ships.
export GOWORK := off

# make run PORT_OFFSET=100 DIR=.ordersaga2 runs a second instance beside the first.
DIR ?= .ordersaga
PORT_OFFSET ?= 0
# More arguments: make run ARGS='--follow orders,worker', make test ARGS='-run TestX'.
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run build test bench lint generate engines engines-stop contracts-release release docs prerequisites clean

help:
	@echo 'make run        build everything and run it here, until Ctrl-C'
	@echo '                  DIR=.ordersaga2 PORT_OFFSET=100   a second instance beside the first'
	@echo "                  ARGS='--follow orders,worker'     show these logs as well"
	@echo 'make test       lint, then all tests on real engines'
	@echo 'make bench      what an order costs, on a system of its own (12 minutes)'
	@echo "                  ARGS='--rounds 5 --growth 100000'"
	@echo 'make lint       what can be checked without running anything'
	@echo 'make build      every program, into .ordersaga/bin'
	@echo 'make generate   the Go code of the contracts'
	@echo 'make engines    engines for tests that keep running (make engines-stop ends them)'
	@echo 'make docs       the settings tables of docs/operations.md, as the programs tell them'
	@echo 'make release    archives for all platforms, checksums and bills of materials, into dist'
	@echo '                  VERSION=v0.2.0 PLATFORMS=linux/amd64      the default: what git describes, all four'
	@echo 'make clean      remove programs and all data of this folder: .ordersaga'

prerequisites:
	@scripts/prerequisites

build:
	@scripts/build

run: prerequisites build
	@exec .ordersaga/bin/ordersaga dev --dir '$(DIR)' --port-offset '$(PORT_OFFSET)' $(ARGS)

test: prerequisites build lint
	@scripts/prerequisites test
	@scripts/test $(ARGS)

bench: prerequisites build
	@scripts/bench $(ARGS)

lint:
	@scripts/lint

generate:
	@scripts/tools
	@PATH="$(CURDIR)/.ordersaga/tools:$$PATH" buf generate

# The contracts that callers rely on from now on: part of a release.
contracts-release:
	@scripts/tools
	@PATH="$(CURDIR)/.ordersaga/tools:$$PATH" buf build contracts/proto -o contracts/proto/released.binpb

# make itself would run what $(shell …) in a version says.
release:
ifneq (,$(findstring $$,$(value VERSION)))
	$(error VERSION may have letters, digits, dots, dashes and underscores only)
endif
	@scripts/release

docs: build
	@ORDERSAGA_BIN='$(CURDIR)/.ordersaga/bin' go test -count=1 ./test/operations -run TestThePageHasTheSettings -update

engines: prerequisites build
	@file=$$(scripts/engines start .ordersaga/dev-engines) && \
		echo "export ORDERSAGA_ENGINES=$$file ORDERSAGA_BIN=$(CURDIR)/.ordersaga/bin"

engines-stop:
	@scripts/engines stop .ordersaga/dev-engines

clean:
	@scripts/clean
