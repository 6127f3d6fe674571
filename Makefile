# `make demo` and `make test` do all the set-up they need: Python 3.11 or later, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HELM ?= helm
IMAGE ?= proxy-provider-exporter
PROGRAMS := tests/attack tests/chaos tests/deploy tests/e2e

.PHONY: demo test modules programs simulation chaos lint types format dashboards pictures tools chart clean

demo: $(VENV)/installed  ## Run the exporter on simulated providers: no key needed
	$(BIN)/proxy-provider-exporter demo

test: $(VENV)/installed-dev tools  ## Run all tests, those beside the simulation with branch coverage
	$(BIN)/coverage erase
	$(MAKE) --jobs=3 modules programs simulation
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=100

modules: $(VENV)/installed-dev  ## Test what runs in one process
	$(BIN)/coverage run -m pytest --ignore=tests/simulation $(PROGRAMS:%=--ignore=%)

programs: $(VENV)/installed-dev  ## Test what runs in several, and mostly waits
	$(BIN)/coverage run -m pytest $(PROGRAMS)

simulation: $(VENV)/installed-dev  ## Play a month of polls; unmeasured, or it would take three times as long
	nice -n 10 $(BIN)/pytest tests/simulation

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
	sh tests/deploy/install-tools.sh

chart:  ## Package the Helm chart for the image of IMAGE, with the rules and dashboards that it links to
	rm -rf build/chart
	mkdir -p build/chart dist
	cp -RL deploy/helm/proxy-provider-exporter build/chart/
	sed -i.old 's|^  repository: .*|  repository: $(IMAGE)|' build/chart/proxy-provider-exporter/values.yaml
	rm build/chart/proxy-provider-exporter/values.yaml.old
	$(HELM) package build/chart/proxy-provider-exporter --destination dist

clean:  ## Remove everything that can be made again
	rm -rf $(VENV) build dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache \
		grafana/render/dist grafana/render/node_modules tests/deploy/judge/node_modules

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/installed: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable . --group dev
	touch $@ $(VENV)/installed
