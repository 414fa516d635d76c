# Everything a developer does with the checkout. `make help` explains it.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The machine's Python, used only to set up .venv; name another with PYTHON=...
# Its full path, because .venv comes first in PATH below and must not be made by itself.
ifndef PYTHON
PYTHON := $(shell for python in python3.11 python3 python3.12 python3.13 python3.14; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& command -v "$$python" && break; done)
endif

BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Compiled modules are kept, whatever the shell says: the tests start Python hundreds of times.
export PYTHONDONTWRITEBYTECODE :=

PYTHON_SOURCES := $(wildcard app.py chalicelib infra ops localcloud notebook client benchmarks tests)
# The agent and the library run in the notebook's own environment, and are type-checked there.
NOTEBOOK_SOURCES := $(filter notebook client,$(PYTHON_SOURCES))
TYPED_SOURCES := $(filter-out $(NOTEBOOK_SOURCES),$(PYTHON_SOURCES))

# Parts that may be made at the same time, the longest first.
CHECKS := check-types check-frontend check-cloud check-notebook-types check-python check-layers \
	check-gateway check-files
SIDE_BY_SIDE := $(MAKE) --jobs=2 --keep-going READY=yes \
	$(if $(filter output-sync,$(.FEATURES)),--output-sync)

# Names of the parts that have failed. One that fails does not end the others.
FAILED := build/failed-parts

# Processes that share the Python tests out. Three of them have a deployed cloud, which waits half of its time.
PROCESSES := 3

##@ Using it

.PHONY: help
help: ## Show this text
	@awk -f ops/help.awk $(MAKEFILE_LIST)

.PHONY: run
run: setup ## Run everything on this machine and print its address (PORT=8000, STATE_DIR=.local)
	@$(BIN)/python -m localcloud

.PHONY: setup
setup: python ## Install everything into this checkout (.venv, node_modules); starts nothing
	@$(if $(READY),,$(PYTHON) -m ops.setup)

##@ Working on it

.PHONY: test
test: setup browser ## Check everything, then run all tests; installs a browser if there is none
	@mkdir -p build; rm -f $(FAILED)
	@$(SIDE_BY_SIDE) $(addprefix try-,test-frontend $(CHECKS) test-gateway) || true
	@$(MAKE) READY=yes try-test-python || true
	@test ! -e $(FAILED) || { echo "make test failed: $$(xargs < $(FAILED))" >&2; exit 1; }

.PHONY: check
check: setup ## Run linters, type checkers and layer rules; changes nothing
	@$(SIDE_BY_SIDE) $(CHECKS)

.PHONY: format
format: setup ## Format the code and fix what can be fixed by itself
	$(BIN)/ruff format $(PYTHON_SOURCES)
	$(BIN)/ruff check --fix $(PYTHON_SOURCES)
	$(if $(wildcard frontend/package.json),cd frontend && npm run fix)
	$(if $(wildcard gateway/package.json),cd gateway && npm run fix)

.PHONY: bench
bench: setup ## Measure, for example: make bench BENCH=start
	@$(BIN)/python -m benchmarks $(BENCH)

.PHONY: soak
soak: setup ## Try many more histories of use than `make test` does: make soak EXAMPLES=100000
	@EXAMPLES=$(or $(EXAMPLES),20000) $(BIN)/pytest --numprocesses=$(PROCESSES) \
		tests/unit/billing/test_every_second_once.py \
		tests/unit/clusters/test_nothing_is_left_over.py -k history

.PHONY: soak-recorder
soak-recorder: setup ## Try histories of notebooks and their pages: make soak-recorder MINUTES=30
	@$(BIN)/python -m tests.unit.notebook.soak_recorder $(or $(MINUTES),30)

.PHONY: requirements
requirements: setup ## Compile requirements*.txt from requirements*.in, newest versions (UPGRADE=1)
	@sh ops/requirements.sh $(if $(UPGRADE),--upgrade)

.PHONY: images
images: setup ## Build the images of notebook/ and gateway/ (with Docker, or as root on Debian)
	@sh ops/images.sh

.PHONY: clean
clean: ## Remove what setup and tools have made; keeps .local with your notebooks
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf frontend/node_modules frontend/dist gateway/node_modules ops/node/node_modules
	find . -name __pycache__ -type d -not -path './.local/*' -prune -exec rm -rf {} +

# --- Parts of `make test` and `make check`; each can be run by itself -----------------------------

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and this machine has none." >&2; \
		echo "On Debian and Ubuntu: apt-get install python3 python3-venv" >&2; exit 1; }

.PHONY: browser
browser: setup
	@$(PYTHON) -m ops.setup browser

try-%:
	@$(MAKE) $* || { echo $* >> $(FAILED); exit 1; }

.PHONY: test-python
test-python: setup
	@$(BIN)/pytest --numprocesses=$(PROCESSES) $(PYTEST_ARGS)

.PHONY: test-frontend
test-frontend: setup
	$(if $(wildcard frontend/package.json),cd frontend && npm test)

.PHONY: test-gateway
test-gateway: setup
	$(if $(wildcard gateway/package.json),cd gateway && npm test)

.PHONY: check-python
check-python: setup
	$(BIN)/ruff format --check $(PYTHON_SOURCES)
	$(BIN)/ruff check $(PYTHON_SOURCES)

.PHONY: check-types
check-types: setup
	$(BIN)/mypy $(TYPED_SOURCES)

.PHONY: check-notebook-types
check-notebook-types: setup
	$(BIN)/mypy --cache-dir .mypy_cache/notebook \
		--python-executable .venv/notebook/bin/python $(NOTEBOOK_SOURCES)

.PHONY: check-layers
check-layers: setup
	$(if $(wildcard chalicelib/__init__.py),$(BIN)/lint-imports --no-logo --no-cache)
	$(BIN)/python -m ops.checks code

.PHONY: check-frontend
check-frontend: setup
	$(if $(wildcard frontend/package.json),cd frontend && npm run check)

.PHONY: check-gateway
check-gateway: setup
	$(if $(wildcard gateway/package.json),cd gateway && npm run check)

.PHONY: check-cloud
check-cloud: setup
	$(BIN)/python -m ops.openapi --check
	$(BIN)/python -m ops.checks cloud state

.PHONY: check-files
check-files: setup
	$(BIN)/python -m ops.checks files
