# make demo · make test · make test-all: each does its own set-up.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-all snapshots pictures browser lint format clean

demo: $(VENV)/installed
	@$(BIN)/runback demo

test: $(VENV)/developed lint
	$(BIN)/pytest -q -n auto -m "not long"

test-all: $(VENV)/developed browser lint
	$(BIN)/pytest -q -n auto

# Writes the kept output of reports and commands again: look at the difference before you commit it.
snapshots: $(VENV)/developed
	RUNBACK_SNAPSHOTS=write $(BIN)/pytest -q -k last_looked_at tests/scenarios tests/cli

# Makes docs/pictures from the lab.
pictures: $(VENV)/developed browser
	$(BIN)/python tools/pictures.py

# Chromium and what drives it, for the tests marked `long`; these skip, and say so, where it cannot be had.
browser:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && apt-get install -q -y --no-install-recommends chromium; } || echo "No chromium: the browser tests will be skipped"
	@test -d tests/browser/node_modules || npm install --prefix tests/browser --no-audit --no-fund --no-package-lock || echo "No npm: the browser tests will be skipped"

lint: $(VENV)/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/developed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Runback needs Python 3.11 or later; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q -e .
	@touch $@

$(VENV)/developed: pyproject.toml $(VENV)/installed
	@$(BIN)/pip install -q -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
