# `make demo` and `make test` work on a fresh machine: they set up .venv first, once, and again
# only when setup.cfg or the constraints change. Needs Python 3.11 or newer and a package index
# that pip knows.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS := requirements/constraints.txt
RUN_READY := $(VENV)/.ready-run
DEV_READY := $(VENV)/.ready-dev

OLDEST_VENV := .venv-oldest
OLDEST_CONSTRAINTS := requirements/constraints-oldest.txt
OLDEST_READY := $(OLDEST_VENV)/.ready-run
BUILD_VENV := .venv-build
BUILD_READY := $(BUILD_VENV)/.ready
# torch 2.4 and 2.5 warn of their own way to read a pickled tensor.
OLDEST_WARNINGS := -W "ignore:You are using:FutureWarning"
OLDEST_PART := tests/contract tests/test_pyod.py tests/nets tests/metrics \
	tests/correctors/_formats/test_program.py tests/correctors/_cleaning/test_named_ranges.py \
	-k "nets or metrics or pyod or test_program or test_named_ranges or AnomalyCorrector or (AutoEncoder and not Multi and not Noise)"

# Two test processes with one thread each: small networks are slower with more threads.
TEST_WORKERS ?= 2
PYTEST_ARGS ?=
# Compiled files are kept, whatever the shell says: each of the test processes, and of those that
# they start, would otherwise compile the package anew, and pytest rewrite all tests.
TEST_ENV := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 SCIPY_ARRAY_API=1 MPLBACKEND=Agg PYTHONDONTWRITEBYTECODE=

# The folder of the real data sets; tests that need them are skipped where it does not exist.
DATA ?= ../shared/data
ifneq ($(wildcard $(DATA)/SHA256SUMS),)
export SKANOMALY_DATA ?= $(abspath $(DATA))
endif

# Programs of `make bench`; `make bench BENCHMARKS=speed` runs one.
BENCHMARKS ?= detection detection.mixed detection.thresholds detection.image_thresholds \
	detection.discoveries detection.few_labels detection.model_selection faces \
	faces.hold_out generative_ensembles one_vs_rest outliers repair scale_out speed

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-oldest test-oldest-part lint format docs linkcheck bench build clean

help:
	@echo "make demo         run the demonstration; pictures go to demo_output/"
	@echo "make test         run the doctests and every test but the slow ones"
	@echo "make test-slow    run the slow ones: images, variants, long fuzzing, repeats"
	@echo "make test-oldest  run all of them with the oldest supported versions (6 GB of them)"
	@echo "make test-oldest-part  run some of them with these, two minutes"
	@echo "make lint         ruff, mypy, import-linter, codespell"
	@echo "make format       let ruff rewrite the code"
	@echo "make docs         build docs/_build/html; a warning, a broken link or a typo is an error"
	@echo "make linkcheck    ask other sites whether the addresses in the docs exist"
	@echo "make bench        run the benchmarks; tables go to benchmarks/results/"
	@echo "make build        wheel and source archive in dist/, metadata checked"
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

# The tools alone: building needs neither torch nor the package.
$(BUILD_READY): setup.cfg
	@$(PYTHON) -m venv $(BUILD_VENV)
	@$(BUILD_VENV)/bin/python -m pip install --quiet build twine
	@touch $@

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
	@$(TEST_ENV) $(OLDEST_VENV)/bin/python -m pytest -n $(TEST_WORKERS) $(OLDEST_WARNINGS) $(PYTEST_ARGS)

test-oldest-part: $(OLDEST_READY)
	@echo "== some tests with the oldest supported versions"
	@$(TEST_ENV) $(OLDEST_VENV)/bin/python -m pytest -n $(TEST_WORKERS) $(OLDEST_WARNINGS) -m "not slow" $(OLDEST_PART)

lint: $(DEV_READY)
	@echo "== ruff check"
	@$(BIN)/ruff check .
	@echo "== ruff format --check"
	@$(BIN)/ruff format --check .
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== import-linter"
	@$(BIN)/lint-imports --no-cache --no-logo
	@echo "== codespell"
	@$(BIN)/codespell

format: $(DEV_READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# -a writes all pages: the search index of a second build lacks the index entries of pages
# that it does not write. Gallery scripts run only if they have changed.
docs: $(DEV_READY)
	@echo "== documentation, gallery included"
	@OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -a -W --keep-going -q -b html docs docs/_build/html
	@$(BIN)/python docs/check.py docs/_build/html
	@echo "docs/_build/html/index.html"

# Needs the network, which may fail for reasons of its own.
linkcheck: $(DEV_READY)
	@$(BIN)/python -m sphinx -D plot_gallery=0 -q -b linkcheck docs docs/_build/linkcheck

bench: $(DEV_READY)
	@for program in $(BENCHMARKS); do \
	    echo "== benchmarks.$$program"; \
	    $(BIN)/python -m benchmarks.$$program || exit 1; \
	done

build: $(BUILD_READY)
	@rm -rf dist
	@$(BUILD_VENV)/bin/python -m build --quiet
	@$(BUILD_VENV)/bin/python -m twine check --strict dist/*

clean:
	@rm -rf docs/_build docs/auto_examples docs/generated docs/sg_execution_times.rst
	@rm -rf demo_output build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	@find skanomaly tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
