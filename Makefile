# Everything a person or a machine does with this checkout. `make help` lists it.

PORT ?= 8000
PYTHON ?= python3
# More arguments for pytest, for example: make test-rooms ARGS="-k ledger -x"
ARGS ?=

# Where Zircolite is fetched from (a mirror will do), and which state of it.
ZIRCOLITE ?= https://github.com/wagga40/Zircolite.git
ZIRCOLITE_COMMIT := b3724a0b90378547712ba5431ea4ad6d50ce5c00

export PYTHON
BIN := .venv/bin
LOCKS := requirements/build.txt requirements/runtime.txt
SHELL := /bin/sh
.DEFAULT_GOAL := help

.PHONY: help setup develop demo test lint format docs types arrows migrations test-unit test-house test-rooms \
        test-postgres test-browser bench bench-loss bench-portfolio bench-sigma screenshots lock clean

help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	      /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	      /^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nVariables: PORT=%s (demo)  PYTHON=%s (makes .venv)  ARGS= (for pytest)\n' '$(PORT)' '$(PYTHON)'

##@ Use
setup: .venv/.runtime ## Make .venv with what Accord needs to run
demo: setup ## Start the sample company on PORT; prints the address and the logins
	@$(BIN)/accord demo --port $(PORT)

##@ Change
develop: .venv/.development ## Make .venv with what changing Accord needs
format: develop ## Lay out the code and sort the imports
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format --quiet .
screenshots: develop ## Draw the pictures in docs/images from the sample company
	$(BIN)/python scripts/screenshots.py
docs: develop ## Write the parts of docs/ that come from the code
	$(BIN)/python scripts/reference.py
lock: ## Write the locks in requirements/ anew from pyproject.toml (ARGS=--upgrade for newer versions)
	scripts/lock.sh $(ARGS)
clean: ## Remove .venv, caches and what builds and tests left
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests scripts -type d -name __pycache__ -prune -exec rm -rf {} +

##@ Check
test: develop ## Everything below in one run, with a summary at the end
	@$(BIN)/python scripts/check.py $(TEST_FLAGS)
lint: develop ## Style and common mistakes (ruff)
	$(BIN)/ruff check .
types: develop ## Types (mypy)
	$(BIN)/mypy
arrows: develop ## Imports between rooms point down only (import-linter)
	$(BIN)/lint-imports
migrations: develop ## Every change of a model has its migration
	$(BIN)/python scripts/check.py migrations
test-unit: develop ## Engines, intake and outlet: no database
	@$(BIN)/python scripts/check.py unit -- $(ARGS)
test-house: develop ## The rules of the house: permissions, queries, model order, documentation
	@$(BIN)/python scripts/check.py house -- $(ARGS)
test-rooms: develop ## Rooms on SQLite
	@$(BIN)/python scripts/check.py sqlite -- $(ARGS)
test-postgres: develop ## Rooms on PostgreSQL
	@$(BIN)/python scripts/check.py postgresql -- $(ARGS)
test-browser: develop ## Journeys in Chromium
	@$(BIN)/python scripts/check.py journeys -- $(ARGS)
bench: develop ## Speed and size against the targets in docs/performance.md
	$(BIN)/python -m benchmarks $(ARGS)
bench-loss: develop build/references/.ready ## Accuracy and speed of the loss engine beside published tables, simulations and other libraries
	$(BIN)/python -m benchmarks.loss --other build/references/bin/python $(ARGS)
bench-sigma: develop build/zircolite/.ready build/spark/.ready ## Detection beside Zircolite, over stored events, and on Spark
	$(BIN)/python -m benchmarks.sigma --zircolite build/zircolite $(ARGS)
	$(BIN)/python -m benchmarks.sigma_columns --spark $(ARGS)
bench-portfolio: develop ## Plans, proofs and time of the planner beside its references
	$(BIN)/python -m benchmarks.portfolio $(ARGS)

# Not for people: the stamps by which a second run is instant and a changed lock installs again.
.venv/.runtime: $(LOCKS) pyproject.toml scripts/environment.sh
	@scripts/environment.sh runtime
	@touch $@
# Libraries that the loss engine is measured against, in an environment of their own.
build/references/.ready: requirements/references.txt
	@echo "Installing the libraries that the loss engine is measured against into build/references."
	@$(PYTHON) -m venv --clear build/references
	@build/references/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	@touch $@
# Zircolite at one commit (its hash is that of all its files), and what it needs in an environment of its own.
build/zircolite/.ready: requirements/references-detection.txt
	@echo "Installing Zircolite $(ZIRCOLITE_COMMIT), beside which detection is measured, into build/zircolite."
	@rm -rf build/zircolite && git init --quiet build/zircolite
	@git -C build/zircolite fetch --quiet --depth 1 $(ZIRCOLITE) $(ZIRCOLITE_COMMIT)
	@git -C build/zircolite checkout --quiet $(ZIRCOLITE_COMMIT)
	@$(PYTHON) -m venv build/zircolite/.venv
	@build/zircolite/.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	@touch $@
# PySpark in a folder of its own, beside .venv.
build/spark/.ready: requirements/spark.txt
	@echo "Installing PySpark into build/spark."
	@rm -rf build/spark
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps --target build/spark -r $<
	@touch $@
.venv/.development: $(LOCKS) requirements/development.txt pyproject.toml scripts/environment.sh
	@scripts/environment.sh development
	@touch .venv/.runtime $@
