# make up      install, then run the cloud with the Netflux application in it
# make test    install, then check and test everything
# make install install only: needs python3 (3.11 or newer) with venv, and the package index pip is set up for
# make bench   measure, side by side with peers
# make clean   stop nothing, delete what was installed and cached

PYTHON ?= python3
VENV := .venv
# Every application part that is a package of its own.
PARTS := $(patsubst %/pyproject.toml,%,$(wildcard app/*/pyproject.toml))
STAMP := $(VENV)/.installed

.PHONY: up install test bench clean

up: install
	@exec $(VENV)/bin/netflux up

install: $(STAMP)

$(STAMP): requirements.lock scripts/build.lock pyproject.toml $(addsuffix /pyproject.toml,$(PARTS))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "netflux needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "python3 has no venv module here. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r scripts/build.lock -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . $(addprefix -e ./,$(PARTS))
	@$(VENV)/bin/python -m compileall -q src app  # else every start compiles them anew where bytecode is not written
	-@$(VENV)/bin/python -m netflux.cloudformation.lint architecture/netflux.yaml  # so that `make up` need not wait for it
	-@scripts/install-node-sdk $(VENV)  # what Node.js functions of Lambda find besides their own code
	@touch $(STAMP)

test: install
	scripts/install-test-parts
	scripts/check

bench: install
	scripts/install-test-parts
	$(VENV)/bin/python -m bench

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
