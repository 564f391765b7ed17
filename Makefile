# make certify    a certificate for our own simulator, from nothing but Python 3.11, make and a package index
# make test       the whole quality gate
# make quick      most of it in a fraction of the time: lint, import contracts, every test that is not marked slow
# make browser    the reports in a real browser (Debian: apt-get install chromium): clicks, keys, paper, axe
# make site       docs/ as a site in site/, with strict links
# make screens    pictures of the sample reports, to look at
# make bench      every measurement of benchmarks/ beside its peers, into benchmarks/RESULTS.md; QUICK=1: short, worth little
# make lock       renew requirements.lock (needs uv; the file holds hashes and no addresses)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2

.PHONY: install certify test quick lint types imports unit load selfcheck browser screens site bench lock clean
.DELETE_ON_ERROR:

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "offerproof needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	@echo "installing into $(VENV), once: a minute or two"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

certify: $(STAMP)
	$(BIN)/offerproof certify --level gate

load: $(STAMP)
	$(BIN)/offerproof load

selfcheck: $(STAMP)
	$(BIN)/offerproof selfcheck
	$(BIN)/offerproof selfcheck --tills

test: lint types imports unit

quick: lint imports
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow" --durations=10 --durations-min=1

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	PYTHONPATH=src:. $(BIN)/lint-imports

unit: $(STAMP)
	$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=term

BROWSER := $(VENV)/.browser

$(BROWSER): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[browser]'
	@touch $@

browser: $(BROWSER)
	$(BIN)/python -m pytest tests/report/test_html_works_in_a_browser.py

screens: $(BROWSER)
	$(BIN)/python reports/sample/screens.py

SITE := $(VENV)/.site

$(SITE): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[docs]'
	@touch $@

# Never with --quiet: MkDocs 1.6 then counts no warning, and --strict lets a broken link pass.
site: $(SITE)
	PYTHONPATH=. NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

bench: $(STAMP)
	$(BIN)/python -m benchmarks.results

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
