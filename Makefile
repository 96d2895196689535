# Two words to know: `make demo` shows the three architectures on this machine, `make test` proves them.
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
ARGS ?=
# Each worker has servers, and in the end a sandbox of 1 GiB, of its own; one test alone: ARGS="-n0 -k NAME".
WORKERS := -n logical --maxprocesses 4
# Debian and Ubuntu keep venv in a package of its own, which root may add here.
VENV_PACKAGE := { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -qq -y python3-venv >/dev/null; }
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help setup toolchain demo test test-fast lint bench docs lock clean

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: installer.lock requirements.lock pyproject.toml
	@echo "setup: installing the pinned packages into $(VENV) (about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null || { $(VENV_PACKAGE) && $(PYTHON) -m venv --clear $(VENV); } \
		|| { echo "setup: $(PYTHON) cannot make a virtual environment: apt-get install python3-venv, then again"; exit 1; }
	@$(PIP) --require-hashes -r installer.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock \
		|| { echo "setup: uv could not; pip reads this machine's own configuration"; $(PIP) --require-hashes -r requirements.lock; }
	@$(PIP) --no-deps --no-build-isolation --editable .
# Where PYTHONDONTWRITEBYTECODE is set nobody else would: an unchanged up takes 6 s longer without.
	@$(BIN)/python -m compileall -q -j 2 architectures canal_aws infra __main__.py
	@touch $@

setup: $(VENV)/.installed ## Make .venv with everything pinned in it

toolchain: setup ## Fetch or build the engine and Kubernetes (once, cached)
	@$(BIN)/python -m canal_aws.sandbox.machines
	@$(BIN)/python -m canal_aws.sandbox.toolchain

demo: toolchain ## All three architectures, up to destroy, on this machine
	@$(BIN)/canal-aws demo $(ARGS)

test: setup ## Everything, fast tests first
	@$(BIN)/python -m canal_aws.sandbox.machines
	@$(BIN)/python -m canal_aws.sandbox.toolchain --tests
	@$(BIN)/python -m pytest $(WORKERS) $(ARGS)

test-fast: setup ## Only what needs no engine and no servers
	@$(BIN)/python -m pytest $(WORKERS) -m "not component and not lifecycle" $(ARGS)

lint: setup ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: toolchain ## The figures, measured here
	@$(BIN)/python -m bench.figures $(ARGS)

docs: setup ## Make docs/checks.md anew from the checks
	@$(BIN)/python -m canal_aws.report.checks_document > docs/checks.md

lock: setup ## Pin anew what pyproject.toml asks for
	@$(LOCK) --extra dev pyproject.toml -o requirements.lock
	@echo uv | $(LOCK) - -o installer.lock

clean: ## Remove .venv and caches of this checkout
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
