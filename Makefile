# Two commands matter: `make demo` and `make test`. Both set everything up first.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test rehearsals chaos bench setup check docs lock clean

help:  ## what can be made here
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo: setup system  ## work a real incident end to end (YES=1 answers the gates by itself)
	$(VENV)/bin/steadyhand demo $(if $(YES),--yes)

test: setup system promtool browser compose  ## every test, on real parts
	$(VENV)/bin/python -m pytest $(ARGS)

chaos: setup  ## kill every part at random while alerts stream in; prints the table (SEED=n replays it)
	$(VENV)/bin/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(ARGS)

bench: setup system  ## measure what docs/benchmarks.md says, and write it again (about 15 minutes; alone on the machine)
	$(VENV)/bin/python -m benchmarks --write docs/benchmarks.md $(ARGS)

rehearsals: setup system  ## every rehearsal of docs/rehearsals.md, end to end; prints the table of results
	$(VENV)/bin/python -m pytest tests/e2e/test_scenarios.py -q

check: setup  ## lint, format, types, import rules
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

setup: $(STAMP)  ## the locked environment in .venv

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Steadyhand needs Python 3.11 or newer; '$(PYTHON)' is older. Try: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@# The lock is whole; resolving again trips over extras whose newest release is not the pinned one.
	$(VENV)/bin/pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(VENV)/bin/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: system promtool browser
system:  ## Prometheus and Alertmanager, from Debian where missing
	@deployments/debian-packages.sh prometheus:prometheus alertmanager:prometheus-alertmanager

promtool: system  # Debian 12 has it in prometheus; newer ones in a package of its own
	@deployments/debian-packages.sh promtool:promtool

browser:
	@deployments/debian-packages.sh chromium:chromium

.PHONY: compose
compose:
	@deployments/debian-packages.sh docker-compose:docker-compose

docs: setup  ## write again what is generated in docs/
	$(VENV)/bin/python -m tests.architecture.runbook_coverage > docs/runbook.md
	$(VENV)/bin/python -m tests.e2e.scenarios > docs/rehearsals.md
	$(VENV)/bin/steadyhand profile schema > docs/steadyhand.schema.json
	$(VENV)/bin/steadyhand init --force docs/steadyhand.example.toml > /dev/null

lock: setup  ## pin every dependency again, with hashes
	$(VENV)/bin/python -m uv --version >/dev/null 2>&1 || $(VENV)/bin/pip install --quiet uv
	$(VENV)/bin/python -m uv pip compile --quiet --universal --python-version 3.11 --extra dev \
	  --generate-hashes --no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean:  ## remove the environment and local state
	rm -rf $(VENV) .steadyhand
