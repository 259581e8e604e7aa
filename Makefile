# The verbs of this house. `make run` and `make test` need nothing before them.

SHELL := /bin/sh
VENV  := .venv
BIN   := $(VENV)/bin

# Where `make run` keeps everything, and where it answers.
VAR      ?= var
EER_PORT ?= 8080
SMP_PORT ?= 8081
DNS_PORT ?= 8053

# How long `make fuzz` goes on, how many requests it makes of each operation in a round, and where
# in the numbers of chance it begins.
MINUTES  ?= 10
EXAMPLES ?= 5
SEED     ?= 0

# The first Python that is new enough, and whose venv module is there.
PYTHON ?= $(shell for each in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$each && break; done)

# What is pinned: an installation made from these files is made again when they change.
PINS := setup.cfg pyproject.toml constraints.txt

# Each domain is covered whole, branch by branch, by the quick tests; no database adds to that.
DOMAINS := eer.domain smp.domain sync.domain

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench fuzz interop hapi docs clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.development ## Make the virtual environment with all that development wants

run: $(VENV)/.run ## Start everything on this machine with a sample register; Ctrl-C ends it
	@exec $(BIN)/python -m sample.start --var "$(VAR)" \
		--eer-port $(EER_PORT) --smp-port $(SMP_PORT) --dns-port $(DNS_PORT)

# Two workers: flows wait more than they compute. By file: what a module sets up is set up once.
test: $(VENV)/.development ## Run every test; what wants a Debian program says so and is skipped
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.development ## Judge format, style, types, layers, rooms and the domains' coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy -p sample
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_rooms.py
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow and not debian" -k "not postgresql" \
		$(DOMAINS:%=--cov=%) --cov-branch --cov-fail-under=100 tests/eer tests/smp tests/sync

bench: $(VENV)/.development ## Measure, and compare with the promised numbers
	$(BIN)/python tests/bench/run.py

fuzz: $(VENV)/.development ## Ask what nobody would, for MINUTES, EXAMPLES a time, from SEED on
	$(BIN)/python tools/fuzz.py --minutes $(MINUTES) --examples $(EXAMPLES) --seed $(SEED)

interop: $(VENV)/.development ## Run all that wants other people's programs; helger's and vefa's clients look up through BIND
	$(BIN)/python -m pytest -m debian
	$(BIN)/python tests/interop/run.py

hapi: $(VENV)/.development ## Let HAPI's Java client and HL7's validator judge the register
	$(BIN)/python tests/hapi/run.py

docs: $(VENV)/.development ## Check that every command and setting in docs/ is as it says
	$(BIN)/python -m pytest -q tests/test_docs.py

clean: ## Remove what can be made again; ./var with its data stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .grimp_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

PIP := $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt

# pip builds this package with the setuptools installed here, so that nothing is fetched again.
$(VENV)/.base: constraints.txt
	@test -n "$(PYTHON)" || { \
		echo "make: found no Python 3.11 or newer with its venv module, but" \
			"$$(python3 --version 2>&1): apt-get install python3-venv (or python3.11-venv" \
			"where python3 is older)" >&2; exit 2; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		echo "Making $(VENV) with $(PYTHON)"; $(PYTHON) -m venv --clear $(VENV); }
	@$(PIP) setuptools
	@touch $@

$(VENV)/.run: $(VENV)/.base $(PINS)
	@echo "Installing what running wants into $(VENV)"
	@$(PIP) --no-build-isolation -e . honcho
	@touch $@

$(VENV)/.development: $(VENV)/.base $(PINS)
	@echo "Installing what development wants into $(VENV)"
	@$(PIP) --no-build-isolation -e '.[development]'
	@touch $(VENV)/.run $@
