# Each target works on a fresh machine with Python 3.10 or newer, its venv and pip; nothing else.
VENV := .venv/bin
PYTHON ?= python3

PIP := $(VENV)/python -m pip install --disable-pip-version-check -c tests/constraints.txt

# Without compiled modules each start of the program takes three times as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run demo test test-fast lint bench screenshots clean

run: .venv/run ; @$(VENV)/wtr-tui
demo: .venv/run ; @$(VENV)/wtr-tui --sandbox
test: .venv/test ; $(VENV)/python -m pytest -n 4 $(ARGS)
test-fast: .venv/test ; $(VENV)/python -m pytest -n 4 -m "not slow"
lint: .venv/test ; $(VENV)/ruff check . && $(VENV)/ruff format --check . && $(VENV)/mypy
bench: .venv/test ; @$(VENV)/python -m tests.benchmarks
screenshots: .venv/test ; @$(VENV)/python -m tests.pictures
clean: ; rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache

.venv/python: ; @echo "First, once: an environment in .venv and what is needed in it, about half a minute." && $(PYTHON) -m venv .venv && touch $@
.venv/run: .venv/python pyproject.toml tests/constraints.txt ; @echo "Installing wtr-tui, Textual, httpx and what they need into .venv …" && $(PIP) -e . && touch $@
.venv/test: .venv/python pyproject.toml tests/constraints.txt ; @echo "Installing wtr-tui, what it needs, pytest, playwright, ruff and mypy into .venv …" && $(PIP) -e '.[test,lint]' && touch .venv/run $@

# Said before anything else is done.
$(if $(filter test,$(MAKECMDGOALS)),$(info All tests: about five minutes on two idle cores. Without those that wait for ssh, browsers and terminals: make test-fast, one minute.))
