SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
INFRA := .venv-infra
EMULATOR := .venv-emulator
CHRONOS := .venv-chronos
MODEL_TESTS := tests/adapters/test_chronos_local.py tests/adapters/test_chronos_container.py \
	tests/contracts/test_forecaster.py tests/entrypoints/test_forecast_command.py \
	tests/entrypoints/test_forecast_endpoint.py tests/benchmarks_smoke/test_forecast_benchmark.py

.DEFAULT_GOAL := help

.PHONY: help
help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: setup
setup: $(STAMP)  ## install everything into .venv, from nothing

# uv installs in seconds; plain pip does the same where uv cannot be had
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 setup") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	if $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9; then \
		UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt --group dev -e '.[research,fakes,aws,tuner]'; \
	else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev -e '.[research,fakes,aws,tuner]'; \
	fi
	touch $(STAMP)

.PHONY: demo
demo: setup  ## trade the sample candles and write a report to look at
	mkdir -p build
	$(BIN)/crypto-trader backtest --candles examples/candles --usdjpy 157 --cash 300000 \
		--set max_position_jpy=60000 --report build/demo.html --events build/demo.sqlite
	@echo
	@echo "The sample candles are synthetic. Real ones, half a year of them:"
	@echo "  $(BIN)/crypto-trader download --from 2025-01 --to 2025-06"
	@echo "  $(BIN)/crypto-trader backtest --candles candles --usdjpy 150 --report build/r.html"
	@echo "Open build/demo.html in a browser. Why a trade happened:"
	@echo "  $(BIN)/crypto-trader events build/demo.sqlite --type OrderFilled --limit 3"
	@echo "  $(BIN)/crypto-trader explain --log build/demo.sqlite ID"

.PHONY: test
test: setup  ## install and run the tests, a process for each core
	$(BIN)/python -m pytest -q -n auto --dist loadfile

.PHONY: check
check: setup  ## lint, types, import contracts, shape
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture tests/domain

.PHONY: simulate
simulate: setup  ## 200 seeds of a day each while everything goes wrong; every seed judged
	mkdir -p build
	$(BIN)/crypto-trader simulate --runs 200 --days 1

.PHONY: simulate-nightly
simulate-nightly: setup  ## 10,000 seeds of a week each; stop and start again as you like
	mkdir -p build
	$(BIN)/crypto-trader simulate --runs 10000 --days 7 --resume build/nightly.jsonl

.PHONY: kills
kills: setup  ## kill the real process 200 times while it trades with the fake exchange
	$(BIN)/python -m tests.kills --kills 200

# the stack's own environment is ten times the trader's, so it is apart
$(INFRA)/.installed: $(STAMP) infra/requirements.txt
	test -x $(INFRA)/bin/python || $(PYTHON) -m venv $(INFRA)
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip install --quiet --python $(INFRA)/bin/python -r infra/requirements.txt
	if command -v npm >/dev/null; then mkdir -p build/node && npm install --silent --prefix build/node asl-validator@4.0.0; fi
	touch $@

# the emulator pins libraries that the trader has newer
$(EMULATOR)/.installed: $(STAMP)
	test -x $(EMULATOR)/bin/python || $(PYTHON) -m venv $(EMULATOR)
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip install --quiet --python $(EMULATOR)/bin/python ministack==1.5.33 awslambdaric==4.2.2
	touch $@

# torch for a CPU is a tenth of the one with CUDA; uv knows where it is, pip takes what it finds
$(CHRONOS)/.installed: $(STAMP) benchmarks/requirements.txt
	test -x $(CHRONOS)/bin/python || $(PYTHON) -m venv $(CHRONOS)
	$(BIN)/uv pip install --quiet --python $(CHRONOS)/bin/python --torch-backend=cpu torch==2.13.0 2>/dev/null || \
		$(CHRONOS)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip install --quiet --python $(CHRONOS)/bin/python -c constraints.txt --group dev --overrides benchmarks/overrides.txt -e '.[research,fakes,aws,chronos]' -r benchmarks/requirements.txt
	touch $@

.PHONY: test-chronos
test-chronos: $(CHRONOS)/.installed  ## tests of the model, with torch for a CPU in an environment of its own
	$(CHRONOS)/bin/python -m pytest -q $(MODEL_TESTS)

.PHONY: package
package: setup  ## a zip for each function of the cloud, into build/functions
	$(BIN)/crypto-trader package

.PHONY: synth
synth: $(INFRA)/.installed  ## the cloud's stack as a template, into build/cdk.out
	$(INFRA)/bin/python infra/app.py

.PHONY: test-infra
test-infra: $(INFRA)/.installed  ## prove the stack: functions, tables, permissions, alarms
	$(INFRA)/bin/python -m pytest -q -c infra/pytest.ini --rootdir . tests/infra

.PHONY: rehearse
rehearse: $(INFRA)/.installed $(EMULATOR)/.installed  ## deploy to an emulator, trade there, and break it
	$(BIN)/python -m tests.rehearsal.emulator $(EMULATOR)/bin/python $(BIN)/python -m pytest -q tests/rehearsal
	$(BIN)/python -m tests.rehearsal.rehearse --emulator $(EMULATOR)/bin/python --infra $(INFRA)/bin/python

.PHONY: lambda
lambda: $(INFRA)/.installed $(EMULATOR)/.installed  ## how long the functions take, through the real runtime client
	$(BIN)/python benchmarks/lambda.py --emulator $(EMULATOR)/bin/python --infra $(INFRA)/bin/python --write docs/durations.md

.PHONY: bench
bench: setup  ## speed and memory against a plain loop and peers
	$(BIN)/python benchmarks/bench.py

.PHONY: vectors
vectors: setup  ## check FILES (default: ../shared/vectors/*.json) against the formulas
	$(BIN)/python -m tests.vectors $(or $(FILES),$(wildcard ../shared/vectors/*.json))

.PHONY: clean
clean:  ## remove what was built, but not .venv
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
