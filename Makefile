# Two commands are all a fresh machine needs: `make demo` and `make test`.

PYTHON := .venv/bin/python

.PHONY: help setup demo test slow lint clean

help:
	@echo "make demo    set up, and do the main job on the sample estate under output/demo/"
	@echo "make test    set up, and run the tests"
	@echo "make slow    set up, and run crash loops, big batches and the wheel"
	@echo "make lint    set up, and check style, types and import rules"
	@echo "make setup   what the program needs on this machine, and nothing else"
	@echo "make clean   remove what these commands made (not .venv, batches/ or your output/)"

setup:
	@.ci/setup

demo: setup
	@examples/demo.sh

test: setup
	$(PYTHON) -m pytest -m "not slow"

slow: setup
	$(PYTHON) -m pytest -m slow

lint: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

clean:
	rm -rf build dist output/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -path ./.venv -prune -o -type d -name __pycache__ -exec rm -rf {} +
