# On a fresh machine, `make demo` and `make test` install everything they need.

PYTHON := .venv/bin/python
# Worker processes of the tests. Each may run two LibreOffices at a time: more workers need more memory.
# Of the quick ones many wait for processes that they start; the slow ones keep two cores busy.
WORKERS ?= 3
SLOW_WORKERS ?= 2

# Entries at random moments, scanned slips, examples of each property, kills of each command, presses of Ctrl-C, and faults
# of a cluster in `make proofs`; CI makes a fraction of them, others every time.
MOMENTS ?= 10000
SCANS ?= 1000
FAULTS ?= 200
EXAMPLES ?= 1000
KILLS ?= 30
PRESSES ?= 60

.PHONY: help setup setup-dev setup-tests demo test slow lowest debian13 proofs lint messages bench clean

help:
	@echo "make demo      set up, and run the whole process on the sample estate under output/demo/"
	@echo "make test      set up, and run the tests"
	@echo "make slow      set up, and run the slow tests: crash loops, large batches, the wheel"
	@echo "make lowest    run quick tests with the lowest versions of the libraries that pyproject.toml allows"
	@echo "make debian13  run quick tests on Debian 13, in a root made with debootstrap under build/ (as root)"
	@echo "make proofs    set up, and prove with 10,000 entries at random moments that nothing leaves that should not,"
	@echo "               with 1,000 generated scans that marks on slips are read right, and everything else of which"
	@echo "               CI tries a part: properties, kills at any moment, long lists, 1,000 e-mails"
	@echo "make lint      set up, and check style, types and import rules"
	@echo "make bench     measure letters per second against other methods, and write docs/performance.md"
	@echo "make setup     install what the program needs on this machine"
	@echo "make messages  update the translation catalogue from the source, and compile it"
	@echo "make clean     remove generated files (not .venv, batches/ or your output/)"

setup:
	@.ci/setup

setup-dev:
	@.ci/setup dev

setup-tests:
	@.ci/setup tests

demo: setup
	@examples/demo.sh

# All tests of a file run in one worker: what they share is made once. (--dist loadgroup would do it by marks, but
# pytest-xdist 3.8 ignores them silently under pytest 9.2: https://github.com/pytest-dev/pytest-xdist/issues/1386.)
test: setup-tests
	$(PYTHON) -m pytest -m "not slow" -n $(WORKERS) --dist loadfile

# Those that press Ctrl-C or end processes at moments run by themselves: a loaded machine would make them fail.
slow: setup-tests
	$(PYTHON) -m pytest -m "slow and not alone" -n $(SLOW_WORKERS) --dist loadfile
	$(PYTHON) -m pytest -m "slow and alone"

# In an environment of its own, build/lowest/: a lower bound that nobody installs is soon untrue.
lowest: setup-dev
	@.ci/lowest

# Not at every change: makes a root of its own, build/debian13/, with Python 3.13 and LibreOffice 25.2.
debian13:
	@.ci/debian13

# Takes hours: each entry falls into a command that is really run. SQLite, and a PostgreSQL that the test starts.
proofs: setup-tests
	NOTICES_MOMENTS=$(MOMENTS) NOTICES_INTERLEAVINGS=$(MOMENTS) $(PYTHON) -m pytest -m slow \
		tests/cli/test_cli_moments.py tests/ledger/test_ledger_departures.py
	NOTICES_STATEMENT_LINES=300 $(PYTHON) -m pytest tests/cli/test_cli_statements.py
	NOTICES_SCANS=$(SCANS) $(PYTHON) -m pytest -m slow tests/scans/test_scan_proof.py
	NOTICES_CLUSTER_FAULTS=$(FAULTS) $(PYTHON) -m pytest -m slow tests/workers/test_cluster_faults.py
	NOTICES_EXAMPLES=$(EXAMPLES) $(PYTHON) -m pytest -m "hypothesis and not slow" -o timeout=0
	NOTICES_CHAOS_ROUNDS=$(KILLS) NOTICES_MESSAGES=1000 $(PYTHON) -m pytest -m slow tests/chaos
	NOTICES_STRIDE=1 $(PYTHON) -m pytest -m slow \
		tests/cli/test_cli_print_again_killed.py tests/cli/test_cli_hand_over_killed.py
	NOTICES_ROWS=200000 $(PYTHON) -m pytest -m slow tests/intake/test_intake_pace.py
	NOTICES_PRESSES=$(PRESSES) $(PYTHON) -m pytest -m slow tests/workers/test_pool.py -o timeout=3600

lint: setup-dev
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

# Needs an otherwise idle machine and most of an hour.
bench: setup-dev
	PYTHONPATH=. $(PYTHON) benchmarks/bench.py --large --write

# Messages without a translation are left empty in the .po; tests/test_messages.py names them. The .mo that
# the program reads is committed: an editable install runs no build step that could compile it.
messages: setup-dev
	mkdir -p build
	.venv/bin/pybabel -q extract -F notices/locale/babel.cfg --no-default-keywords -k say --sort-by-file --add-location=file \
		--project=notices -o build/notices.pot notices
	.venv/bin/pybabel -q update --init-missing --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
		--no-wrap -i build/notices.pot -d notices/locale -D notices -l zh
	.venv/bin/pybabel -q compile -d notices/locale -D "notices help"

clean:
	rm -rf build dist output/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -path ./.venv -prune -o -type d -name __pycache__ -exec rm -rf {} +
