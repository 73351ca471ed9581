# make app      set up everything and start Tuskscope      make test       the tests
# make check    style, types and the tests                 make test-long  the tests that take minutes
# make lint     style and types only                       make clean      remove what make made

VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UI_PORT ?= 8501
API_PORT ?= 8000
# Whole files to a worker, so that what a file shares is made once; more than four would fight for memory.
PYTEST ?= $(PY) -m pytest -q -n logical --maxprocesses 4 --dist loadfile
# A test that hangs is ended and named; a working one is far from this, also on a loaded machine.
HANGS := --timeout-method thread --timeout

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := app
.PHONY: app setup setup-dev lint test test-long check clean

# Other ports: make app UI_PORT=8600 API_PORT=8100
app: setup
	@exec $(PY) -m core app --ui-port $(UI_PORT) --api-port $(API_PORT)

setup: $(VENV)/installed
setup-dev: $(VENV)/installed-dev

# Written last, so that an interrupted installation is taken up again.
$(VENV)/installed: requirements.txt constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit("Tuskscope needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV) (a few minutes, once) ..."
	@test -x $(PY) || "$(PYTHON)" -m venv $(VENV)
	@$(PY) -m pip install --quiet --requirement requirements.txt --constraint constraints.txt
	@touch $@

# What only developers need: `make app` does not wait for it.
$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo "Adding the developers' tools to $(VENV) ..."
	@$(PY) -m pip install --quiet --requirement requirements-dev.txt --constraint constraints.txt
	@touch $@

lint: setup-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy core api streamlit_app

test: setup-dev
	$(PYTEST) $(HANGS) 1200

test-long: setup-dev
	TUSKSCOPE_FIGURES=1 $(PYTEST) $(HANGS) 7200 -m long
	$(PY) docs/write_reliability.py

check: lint test

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
