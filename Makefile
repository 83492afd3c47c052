# make review   a quarterly review of the demonstration company, from nothing
# make test     everything that must hold before a change lands
# make lab      JupyterLab on the notebooks

SHELL := /bin/bash
.DEFAULT_GOAL := review
.PHONY: review test lint lab clean browser database
unexport PYTHONDONTWRITEBYTECODE
# the processors are shared by processes, not by threads
export OMP_NUM_THREADS := 1
unexport VIRTUAL_ENV

PYTHON ?= python3
UV := $(or $(shell command -v uv),.tools/bin/uv)
BIN := .venv/bin
STRATEGY := data/brightdesk/strategy.yaml
NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))

.tools/bin/uv:
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools uv

.venv/ready: requirements.lock pyproject.toml $(filter .tools/bin/uv,$(UV))
	test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv
	$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	touch $@

review: .venv/ready
	$(BIN)/kpikit review $(STRATEGY)

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# a browser is taken from KPIKIT_CHROMIUM or the path, and installed where we may
browser:
	@command -v "$${KPIKIT_CHROMIUM:-chromium}" > /dev/null || command -v google-chrome > /dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
	     && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium > /dev/null; } \
	|| echo "no Chromium here: the browser tests will skip, or fail where CI is set"

# so is a PostgreSQL server, which the tests start for themselves
database:
	@command -v initdb > /dev/null || ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
	     && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql > /dev/null; } \
	|| echo "no PostgreSQL here: its tests will skip, or fail where CI is set"

test: lint browser database
	$(BIN)/python -m pytest -n auto --dist loadfile
	$(BIN)/python -m pytest -n auto --dist loadscope --nbval-lax --nbval-current-env $(NOTEBOOKS)

lab: .venv/ready
	$(BIN)/jupyter lab notebooks

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache dist
	find reports -mindepth 1 ! -name README.md -delete
