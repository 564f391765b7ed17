# make certify    a certificate for our own simulator, from nothing but Python 3.11, make and a package index
# make install    what developing needs as well; every target below asks for what it needs by itself
# make test       the whole quality gate
# make quick      most of it in a fraction of the time: lint, import contracts, every test that is not marked slow
# make browser    the reports in a real browser (Debian: apt-get install chromium): clicks, keys, paper, axe
# make site       docs/ as a site in site/, with strict links
# make screens    pictures of the sample reports, to look at
# make bench      every measurement of benchmarks/ beside its peers, into benchmarks/RESULTS.md; QUICK=1: short, worth little
# make lock       renew requirements.lock and requirements-dev.lock (needs uv; they hold hashes and no addresses)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
DEVELOPS := $(VENV)/.develops
# What is imported is compiled then: compiling all of it beforehand takes as long as the rest of the installation.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
JOBS ?= 2

.PHONY: install certify test quick lint types imports unit load selfcheck browser screens site bench lock clean
.DELETE_ON_ERROR:

# Everything of requirements-dev.lock; whoever only runs offerproof (make certify) waits for requirements.lock alone.
install: $(DEVELOPS)

$(RUNS): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "offerproof needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	@echo "installing into $(VENV), once: half a minute or so"
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --no-deps -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(DEVELOPS): requirements-dev.lock $(RUNS)
	$(PIP) --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

certify: $(RUNS)
	$(BIN)/offerproof certify --level gate

load: $(RUNS)
	$(BIN)/offerproof load

selfcheck: $(RUNS)
	$(BIN)/offerproof selfcheck
	$(BIN)/offerproof selfcheck --tills

test: lint types imports unit

quick: lint imports
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow" --durations=10 --durations-min=1

lint: $(DEVELOPS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEVELOPS)
	$(BIN)/mypy

imports: $(DEVELOPS)
	PYTHONPATH=src:. $(BIN)/lint-imports

unit: $(DEVELOPS)
	$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=term

BROWSER := $(VENV)/.browser

$(BROWSER): $(DEVELOPS)
	$(PIP) --no-build-isolation -e '.[browser]'
	@touch $@

browser: $(BROWSER)
	$(BIN)/python -m pytest tests/report/test_html_works_in_a_browser.py

screens: $(BROWSER)
	$(BIN)/python reports/sample/screens.py

SITE := $(VENV)/.site

$(SITE): $(DEVELOPS)
	$(PIP) --no-build-isolation -e '.[docs]'
	@touch $@

# Never with --quiet: MkDocs 1.6 then counts no warning, and --strict lets a broken link pass.
site: $(SITE)
	PYTHONPATH=. NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

bench: $(DEVELOPS)
	$(BIN)/python -m benchmarks.results

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra source

lock:
	$(LOCK) --extra dev pyproject.toml -o requirements-dev.lock
	$(LOCK) -c requirements-dev.lock pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
