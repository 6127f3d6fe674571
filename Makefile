# `make demo` and `make test` do all the set-up they need: Python 3.11 or later, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test chaos lint types format dashboards pictures tools clean

demo: $(VENV)/installed  ## Run the exporter on simulated providers: no key needed
	$(BIN)/proxy-provider-exporter demo

test: $(VENV)/installed-dev tools  ## Run all tests, with branch coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --ignore=tests/simulation
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=100
	$(BIN)/pytest tests/simulation  # unmeasured: it would take three times as long

chaos: $(VENV)/installed-dev  ## Poll 50 accounts under random faults for ten minutes
	$(BIN)/python -m tests.chaos

lint: $(VENV)/installed-dev  ## Check form and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/installed-dev  ## Check the types
	$(BIN)/mypy .

format: $(VENV)/installed-dev  ## Put the code in its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

dashboards: $(VENV)/installed-dev  ## Write the dashboards of Grafana
	$(BIN)/python -m grafana.generator

pictures: $(VENV)/installed-dev  ## Draw the dashboards: needs Node.js, Chromium and Prometheus
	npm --prefix grafana/render ci
	npm --prefix grafana/render run build
	$(BIN)/python -m grafana.render

tools:  ## Install what the tests need besides Python, where that may be done
	sh tests/install-tools.sh

clean:  ## Remove everything that can be made again
	rm -rf $(VENV) build dist grafana/render/dist grafana/render/node_modules .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/installed: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable . --group dev
	touch $@ $(VENV)/installed
