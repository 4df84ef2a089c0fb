# Everything works from a fresh clone; what is missing is fetched by the target itself.
SHELL := /bin/bash
PORT ?= 8000
DATA ?= var
SCALE ?= demo
BIN := .venv/bin
export CABAS_DATA := $(DATA)
RELEASE ?= $(shell cat dist/image.reference 2>/dev/null)
PROMETHEUS ?= http://127.0.0.1:9090
export RELEASE
ROLL_OUT := $(BIN)/python -m deploy.rollout --prometheus "$(PROMETHEUS)"

.PHONY: help setup demo test test-quick lint format bench rush chaos docs image image-twice image-bench sbom scan push sign verify manifests kube-smoke \
	connect migrate-expand roll-out roll-back migrate-contract deploy-rehearsal failover restore-rehearsal warehouse lock clean

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: ## Install what the other targets need
	@tools/setup.sh python assets

demo: setup ## Run the whole product at http://127.0.0.1:8000 (PORT=, DATA=, SCALE=demo|nation)
	@CABAS_PORT=$(PORT) $(BIN)/cabas demo --scale $(SCALE)

test: setup ## Everything that must pass: real PostgreSQL, real browser
	@tools/setup.sh browser edge balancer monitoring warehouse
	@$(BIN)/lint-imports --config .importlinter --no-cache >/dev/null || $(BIN)/lint-imports --config .importlinter
	@PATH="$(CURDIR)/.tools/node/bin:$$PATH" npm test --silent
	@$(BIN)/pytest

test-quick: setup ## What needs no browser
	@$(BIN)/pytest -m "not journey"

lint: setup ## Style, types, architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config .importlinter
	@PATH="$(CURDIR)/.tools/node/bin:$$PATH" npm run --silent check

format: setup ## Put the code in form
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: setup ## All figures, as ratios to their limits
	@$(BIN)/python -m bench

rush: setup ## The midnight rehearsal, a page of figures (RUSH="--help" for its options)
	@$(BIN)/python -m bench.rush $(RUSH)

chaos: setup ## Correctness at scale: machine, simulation, contention (CHAOS="--help" for its options)
	@PYTHONPATH=tests $(BIN)/python -m chaos $(CHAOS)

image: setup ## The image of production (podman; BASE=, IMAGE=, EXTRAS="bridge warehouse")
	@tools/setup.sh containers
	@tools/image.sh build

image-twice: setup ## The image built twice from nothing: the same digest, or it fails
	@tools/setup.sh containers
	@tools/image.sh reproduce

image-bench: setup ## What the image weighs, and how soon it is ready (bench/results/image.json)
	@tools/image.sh measure

sbom: setup ## What the image holds: dist/sbom.cdx.json (CycloneDX)
	@tools/image.sh sbom

scan: ## Known faults in what the image holds (trivy, else pip-audit); fails on serious ones
	@tools/image.sh scan

push: ## The image to its registry; writes dist/image.reference
	@tools/image.sh push

sign: ## The pushed image and its bill of materials (cosign, by who runs it)
	@tools/image.sh sign

verify: ## That RELEASE was signed (SIGNER=, ISSUER=)
	@tools/image.sh verify

manifests: setup ## Kubernetes: rendered into dist/manifests, validated strictly, held against the rules
	@$(BIN)/python tools/manifests.py

kube-smoke: setup ## The laptop overlay's pods, really started, with podman play kube
	@tools/setup.sh containers
	@tools/image.sh play

connect: ## kubectl to CLUSTER in REGION of PROJECT
	@gcloud container clusters get-credentials $(CLUSTER) --region $(REGION) --project $(PROJECT)

migrate-expand: setup ## What RELEASE adds to the schema, before its first process
	@$(ROLL_OUT) migrate expand $(RELEASE)

roll-out: setup ## RELEASE by canary, watch, all; back by itself (PROMETHEUS=)
	@$(ROLL_OUT) to $(RELEASE)

roll-back: setup ## All on RELEASE, a former one, at once
	@$(ROLL_OUT) back $(RELEASE)

migrate-contract: setup ## What RELEASE takes from the schema, once nobody goes back
	@$(ROLL_OUT) migrate contract $(RELEASE)

deploy-rehearsal: setup ## Roll-outs in a row under load, forward and back (REHEARSAL="--help" for its options)
	@tools/setup.sh balancer
	@$(BIN)/python -m bench.rollout $(REHEARSAL)

failover: setup ## The primary killed under orders, again and again: nothing lost (FAILOVER="--help" for its options)
	@tools/setup.sh failover
	@$(BIN)/python -m bench.failover $(FAILOVER)

restore-rehearsal: setup ## A bad deletion under orders, and the database as it was just before (bench/results/restore.json)
	@tools/setup.sh failover
	@$(BIN)/python -m bench.restore $(RESTORE)

warehouse: setup ## Facts out of the database, models built and tested on DuckDB: DATA/warehouse/marts.duckdb
	@tools/setup.sh warehouse
	@$(BIN)/cabas export
	@tools/warehouse.sh

lock: ## Take the newest releases and lock them (hashes, no addresses)
	uv pip compile pyproject.toml --group dev --all-extras --universal --upgrade --generate-hashes --no-header --no-annotate -o requirements.lock

clean: ## Remove what was made (not the data)
	rm -rf .venv .tools node_modules src/cabas/web/static/built
