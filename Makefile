# Each target works on a fresh machine with Python 3.10 or newer, its venv and pip; nothing else.
VENV := .venv/bin
PYTHON ?= python3

.PHONY: run demo test lint bench screenshots clean

run: .venv/run ; @$(VENV)/wtr-tui
demo: .venv/run ; @$(VENV)/wtr-tui --sandbox
test: .venv/test ; $(VENV)/python -m pytest -n 2
lint: .venv/test ; $(VENV)/ruff check . && $(VENV)/ruff format --check . && $(VENV)/mypy
bench: .venv/test ; @$(VENV)/python -m tests.benchmarks
screenshots: .venv/test ; @$(VENV)/python -m tests.pictures
clean: ; rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache

.venv/python: ; $(PYTHON) -m venv .venv && touch $@
.venv/run: .venv/python pyproject.toml tests/constraints.txt ; $(VENV)/python -m pip install -q -c tests/constraints.txt -e . && touch $@
.venv/test: .venv/run ; $(VENV)/python -m pip install -q -c tests/constraints.txt -e '.[test,lint]' && touch $@
