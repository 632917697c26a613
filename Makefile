# Commands for developers. Every target is a few lines; the work is done by manage.py and scripts/.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE  # else every process compiles all it imports, and pytest rewrites every test, anew

.DEFAULT_GOAL := help
.PHONY: help run demo up down servers servers-down test test-matrix fuzz check format manifests bench doctor e2e e2e-images faults image locks audit clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: .venv/base ## start the whole platform in one process (PORT=, DEMO=0)
	@$(BIN)/python manage.py run

demo: .venv/base ## place an order at running services and show its saga history (REFUSE=card|consumer|kitchen, N=50)
	@DJANGO_SETTINGS_MODULE=config.settings.embedded $(BIN)/python manage.py demo --count $(or $(N),1)

up: .venv/base ## start every service in its own processes, on PostgreSQL and RabbitMQ (REGISTRY=1)
	@$(BIN)/python scripts/up.py up

down: .venv/base ## stop what `make up` started
	@$(BIN)/python scripts/up.py down

servers: ## start RabbitMQ and PostgreSQL for development
	@$(PYTHON) scripts/servers.py start

servers-down: ## stop these servers
	@$(PYTHON) scripts/servers.py stop

check: .venv/dev ## format, lint, types, import contracts, Django's checks, migrations, fast tests
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/check.sh

test: .venv/dev ## every test, on RabbitMQ and PostgreSQL
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/servers.py exec --fresh -- scripts/test.sh $(ARGS)

test-matrix: .venv/dev ## fast tests on every supported Python with Django 5.2 and 6.x (ONLY=3.13+6)
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/matrix.sh $(ONLY)

faults: .venv/dev ## the full fault test: 2 000 orders while processes are killed
	@ORDERS=2000 $(BIN)/python scripts/servers.py exec --fresh -- $(BIN)/python -m pytest tests/faults -s

fuzz: .venv/dev ## send random hostile input to every endpoint (N=2000 inputs of each kind, ARGS=)
	@FUZZ_EXAMPLES=$(or $(N),2000) $(BIN)/python scripts/servers.py exec --fresh -- $(BIN)/python -m pytest -v $(or $(ARGS),tests/fuzz)

bench: .venv/dev ## measure performance and compare with limits and other libraries (ONLY=P1,P3)
	@$(BIN)/python scripts/servers.py exec --fresh -- $(BIN)/python -m bench $(ONLY)

image: ## build the container image localhost/postroad:dev with docker, podman or buildah (IMAGE=)
	@scripts/image.sh

e2e-images: image ## build the images of the later versions that make e2e upgrades to
	@for next in next broken; do IMAGE=localhost/postroad:dev-$$next DOCKERFILE=tests/cluster/$$next.Dockerfile scripts/image.sh; done

e2e: .venv/dev ## install the chart into the current kubeconfig's cluster and test it there (E2E_IMAGE_LOADER=, ARGS=)
	@E2E=1 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -v $(or $(ARGS),tests/cluster)

manifests: .venv/dev ## generate k8s/ from the chart
	@$(BIN)/python scripts/manifests.py

doctor: .venv/base ## check the health of every service that make up has started
	@$(BIN)/python scripts/up.py doctor

format: .venv/dev ## format, and apply the linter's fixes
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

locks: .venv/dev ## update the lock files requirements/*.txt
	@cd requirements && for set in base dev; do \
	  ../$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 $$set.in -o $$set.txt; done

audit: .venv/dev ## check the locked packages for known vulnerabilities (ARGS=-s osv)
	@$(BIN)/python scripts/audit.py $(ARGS)

clean: ## remove the environment and all generated files, including data
	@rm -rf .venv .venvs var

.venv/base: requirements/base.txt
	@scripts/environment.sh $(PYTHON) requirements/base.txt && touch $@

.venv/dev: requirements/dev.txt requirements/base.txt
	@scripts/environment.sh $(PYTHON) requirements/dev.txt && touch .venv/base $@
