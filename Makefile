# Every target does its own set-up, and can be run twice.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-output
# The sample archive is made at this moment, so that it is the same whenever it is made.
SAMPLE_EPOCH := 1767603600

.PHONY: help demo test lint types samples check bench bench-short soak sample-archive lock clean
help:  ## say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "feedtool needs Python 3.11 or later, and $(PYTHON) is " + sys.version.split()[0] + "; say make PYTHON=python3.12, for example")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(VENV)/ready  ## run the main job on the bundled samples into demo-output/
	@mkdir -p $(DEMO)/config
	@cp -Rp config/demo config/demo.toml $(DEMO)/config/
	@$(BIN)/feedtool run --config $(DEMO)/config/demo.toml
	@$(BIN)/feedtool list --config $(DEMO)/config/demo.toml
	@echo "The feed is at $(CURDIR)/$(DEMO)/public/all.atom (its page: $(CURDIR)/$(DEMO)/public/all.html)"

test: $(VENV)/ready  ## pass the tests, with coverage
	$(BIN)/python -m pytest --cov

lint: $(VENV)/ready  ## ruff: lint and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready  ## mypy, strict
	$(BIN)/mypy

samples: $(VENV)/ready  ## the quality of reading and of settling, against their bounds
	$(BIN)/python benchmarks/quality.py --gate
	$(BIN)/python benchmarks/churn.py --gate

bench-short: $(VENV)/ready  ## the short form of the benchmarks
	$(BIN)/python benchmarks/startup.py --rounds 7
	$(BIN)/python benchmarks/reading.py --rounds 2
	$(BIN)/python benchmarks/fetching.py --sources 100 --rounds 2
	$(BIN)/python benchmarks/archive.py --rounds 3 --sizes 1000,5000
	$(BIN)/python benchmarks/publishing.py --rounds 5 --sizes 200,2000 --entries 2000
	$(BIN)/python benchmarks/instructions.py --gate

check: test lint types samples bench-short  ## everything that .ci/run does

bench: $(VENV)/ready  ## the benchmarks, whole
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-build-isolation --editable '.[bench]'
	$(BIN)/python benchmarks/quality.py
	$(BIN)/python benchmarks/startup.py --rounds 40
	$(BIN)/python benchmarks/reading.py --rounds 9 --gate
	$(BIN)/python benchmarks/fetching.py --rounds 7 --gate
	$(BIN)/python benchmarks/archive.py --rounds 15 --gate
	$(BIN)/python benchmarks/publishing.py --rounds 15 --gate
	$(BIN)/python benchmarks/endtoend.py
	$(BIN)/python benchmarks/instructions.py --gate

# FEEDTOOL_SOAK_SECONDS (600) and FEEDTOOL_SOAK_SOURCES (10000) shrink the test of many sources.
soak: $(VENV)/ready  ## the long forms of the tests
	$(BIN)/python -m pytest -m soak --hypothesis-profile soak
	$(BIN)/python -m pytest --hypothesis-profile soak

sample-archive: $(VENV)/ready  ## make archive/ anew from config/demo
	rm -rf archive/[0-9]* archive/.feedtool
	SOURCE_DATE_EPOCH=$(SAMPLE_EPOCH) $(BIN)/feedtool collect --config config/demo.toml
	rm -rf archive/.feedtool

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header
lock:  ## compile the locks anew: for work on feedtool, and for config/Containerfile (needs uv)
	$(LOCK) --extra dev --output-file requirements.lock pyproject.toml
	$(LOCK) --constraint requirements.lock --output-file config/runtime.lock pyproject.toml
	printf 'hatchling>=1.27\nsetuptools>=77\n' | \
		$(LOCK) --constraint requirements.lock --output-file config/build.lock -

clean:  ## remove what was made
	rm -rf $(VENV) $(DEMO) build dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
