# The front door. CMake does the work; `make help` lists what there is.

LISTEN ?= 127.0.0.1:8080
DATA   ?= .marbre
JOBS   ?= $(shell nproc)

BUILD_PACKAGES := gcc libc6-dev cmake pkg-config libevent-dev libjansson-dev libpq-dev libjwt-dev libsodium-dev \
                  libicu-dev libmd4c-dev libyaml-dev
RUN_PACKAGES   := postgresql
BENCH_PACKAGES := wrk nginx-light valgrind postgresql-contrib python3-requests python3-jsonschema
DOCS_PACKAGES  := chromium chromium-driver python3-selenium
TEST_PACKAGES  := curl libcmocka-dev python3-pytest python3-pytest-xdist python3-requests python3-jsonschema python3-yaml \
                  python3-hypothesis python3-html5lib python3-markdown-it

.PHONY: help run build test test-slow test-docs try lint lint-contract bench fuzz format clean need-build need-run need-test need-bench need-docs
.DEFAULT_GOAL := help

help:           ## this list
	@sed -n 's/^\([a-z-]*\): *[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: build need-run  ## a newsroom to try out, on http://LISTEN (127.0.0.1:8080), kept in DATA (.marbre)
	@exec build/marbre dev --listen $(LISTEN) --data $(DATA)

build: need-build    ## the server, optimised: build/marbre
	@cmake -S . -B build -DPRESET=release $(CMAKE_FLAGS) >build.log 2>&1 || { cat build.log; rm -f build.log; exit 1; }
	@sed -n 's/^-- docs: //p' build.log; rm -f build.log
	@cmake --build build --parallel $(JOBS) -- --no-print-directory

test: need-build need-run need-test  ## everything: units, API and crashes against a private PostgreSQL, under sanitizers
	@cmake -S . -B build/asan -DPRESET=asan -DTESTS=ON $(CMAKE_FLAGS) >/dev/null
	@cmake --build build/asan --parallel $(JOBS) -- --no-print-directory
	@cd build/asan && ctest --output-on-failure --parallel $(JOBS)

test-docs: build need-run need-test need-docs  ## the documentation in a headless Chromium; SCREENSHOTS=folder keeps pictures
	@MARBRE_BINARY=build/marbre PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -q -rs -p no:cacheprovider tests/docs

test-slow: build need-run need-test  ## what delivery reads, against SCALE (200,000) articles
	@MARBRE_BINARY=$(CURDIR)/build/marbre /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/plans

lint: need-build     ## clang-format and clang-tidy, where they are installed; and lint-contract
	@.ci/lint

lint-contract: need-build  ## what npm's linter and TypeScript say of the contract, where npm is
	@.ci/lint-contract

try:                 ## docker/README.md, run for real, with failures under load; where there is a Docker Engine
	@docker/try

bench: need-build need-run need-bench  ## speeds, each beside another program's in the same round; PART=delivery for one
	@cmake -S . -B build/bench -DPRESET=release -DBENCH=ON -DSWAGGER=OFF $(CMAKE_FLAGS) >/dev/null
	@cmake --build build/bench --parallel $(JOBS) -- --no-print-directory
	@/usr/bin/python3 tests/bench/bench.py $(PART)

fuzz: need-build     ## libFuzzer on the HTTP parser, for SECONDS (60)
	@tests/fuzz/run $(SECONDS)

format:              ## clang-format over all C
	@clang-format -i $$(git ls-files '*.c' '*.h')

clean:               ## remove what was built (not .marbre)
	@rm -rf build

need-bench:
	@.ci/need $(BENCH_PACKAGES)
need-build:
	@.ci/need $(BUILD_PACKAGES)
need-run:
	@.ci/need $(RUN_PACKAGES)
need-docs:
	@.ci/need $(DOCS_PACKAGES)
need-test:
	@.ci/need $(TEST_PACKAGES)
