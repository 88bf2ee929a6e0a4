# `make demo` and `make test` work on a fresh machine: they set up .venv first, once, and again
# only when setup.cfg or the constraints change. Needs Python 3.11 or newer (the tested versions
# ask for it) and a package index that pip knows.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS := requirements/constraints.txt
RUN_READY := $(VENV)/.ready-run
DEV_READY := $(VENV)/.ready-dev

OLDEST_VENV := .venv-oldest
OLDEST_CONSTRAINTS := requirements/constraints-oldest.txt
OLDEST_READY := $(OLDEST_VENV)/.ready-run

# Two test processes with one thread each: small networks are slower with more threads.
TEST_WORKERS ?= 2
PYTEST_ARGS ?=
TEST_ENV := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 SCIPY_ARRAY_API=1 MPLBACKEND=Agg

# Real data beside the checkout are used where they exist; tests that need them skip otherwise.
ifneq ($(wildcard ../shared/data/SHA256SUMS),)
export SKANOMALY_DATA ?= $(abspath ../shared/data)
endif

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-oldest lint format docs bench clean

help:
	@echo "make demo         run the demonstration; pictures go to demo_output/"
	@echo "make test         run the doctests and every test but the slow ones"
	@echo "make test-slow    run the slow ones: images, variants, long fuzzing, repeats"
	@echo "make test-oldest  run all of them with the oldest supported numerical stack"
	@echo "make lint         ruff, mypy, codespell"
	@echo "make format       let ruff rewrite the code"
	@echo "make docs         build docs/_build/html; a warning is an error"
	@echo "make bench        run the benchmarks; tables go to benchmarks/results/"
	@echo "make clean        remove what the above made, but not the environments"

# $(call install,environment,constraints,extras)
define install
	@echo "== setting up $(1): skanomaly[$(3)], versions from $(2) (minutes, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0])'
	@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
	@$(1)/bin/python -m pip install --quiet -c $(2) -e '.[$(3)]'
	@touch $@
endef

$(RUN_READY): setup.cfg $(CONSTRAINTS)
	$(call install,$(VENV),$(CONSTRAINTS),test)

$(DEV_READY): $(RUN_READY)
	$(call install,$(VENV),$(CONSTRAINTS),dev)

$(OLDEST_READY): setup.cfg $(OLDEST_CONSTRAINTS)
	$(call install,$(OLDEST_VENV),$(OLDEST_CONSTRAINTS),test)

setup: $(DEV_READY)

demo: $(RUN_READY)
	@echo "== demo: benchmarks/demo.py"
	@MPLBACKEND=Agg $(BIN)/python benchmarks/demo.py

test: $(RUN_READY)
	@echo "== tests: $(TEST_WORKERS) processes, data from $${SKANOMALY_DATA:-nowhere (tests on real data skip)}"
	@$(TEST_ENV) $(BIN)/python -m pytest -n $(TEST_WORKERS) -m "not slow" $(PYTEST_ARGS)

test-slow: $(RUN_READY)
	@echo "== slow tests: $(TEST_WORKERS) processes"
	@$(TEST_ENV) $(BIN)/python -m pytest -n $(TEST_WORKERS) -m slow $(PYTEST_ARGS)

test-oldest: $(OLDEST_READY)
	@echo "== tests with the oldest supported versions"
	@$(TEST_ENV) $(OLDEST_VENV)/bin/python -m pytest -n $(TEST_WORKERS) $(PYTEST_ARGS)

lint: $(DEV_READY)
	@echo "== ruff check"
	@$(BIN)/ruff check .
	@echo "== ruff format --check"
	@$(BIN)/ruff format --check .
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== codespell"
	@$(BIN)/codespell

format: $(DEV_READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(DEV_READY)
	@echo "== documentation, gallery included"
	@OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(DEV_READY)
	@for script in benchmarks/[a-z]*.py; do \
	    case $$script in */demo.py) continue;; esac; \
	    echo "== $$script"; \
	    $(BIN)/python $$script || exit 1; \
	done

clean:
	@rm -rf docs/_build docs/auto_examples docs/generated docs/sg_execution_times.rst
	@rm -rf demo_output build *.egg-info .pytest_cache .mypy_cache .ruff_cache
	@find skanomaly tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
