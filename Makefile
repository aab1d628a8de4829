# Two commands: `make run` opens the desk, `make test` proves it. Each does all set-up itself.
# Compiled files are kept even where the environment says otherwise: tests start many processes.
export PYTHONDONTWRITEBYTECODE :=
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test prove walk check bench clean

run: $(VENV)/.run
	$(BIN)/python -m dashboard run

# Side by side: walks mostly wait for a browser; the others leave them the processor.
test: $(VENV)/.dev
	$(MAKE) --no-print-directory -j 3 walk prove check

# More processes than cores: tests that kill and restart things mostly wait.
prove: $(VENV)/.dev
	nice -n 5 $(BIN)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder --ignore tests/browser

# A language's walk is one story, told by one process.
walk: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder tests/browser

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --config importlinter.ini
	nice -n 5 $(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV)
