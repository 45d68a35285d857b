PYTHON ?= python
LOCK = --universal --python-version 3.10 --generate-hashes --no-header

.PHONY: check test lint fix docs evidence evidence-docs wheel lock audit sarif fuzz bench growth

check: lint test sarif

test:
	$(PYTHON) -m pytest

lint:
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command as run; run()'

fix:
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

# Writes the list of rules, and what the tool prints into the README and the expectations of tests/projects. Read it.
docs:
	K8SLINT_RENEW=1 $(PYTHON) -m pytest tests/test_rule_index.py tests/test_readme.py tests/test_projects.py

# Five minutes of every model; what crashes one is kept in build/fuzz. With atheris installed, guided by coverage.
fuzz:
	cd tests && $(PYTHON) -m fuzz.run --seconds 300 --found ../build/fuzz

# The claims that the rules rest on, on this machine's kernel and real servers. Needs Linux and root: says what it skips.
evidence:
	$(PYTHON) -m pip install -q --disable-pip-version-check --require-hashes -r tests/evidence/requirements.txt || echo "evidence: the servers cannot be installed, their cases are skipped"
	$(PYTHON) -m pytest -m evidence -rs tests/evidence

# Writes what happened into docs/evidence.md, if all cases could run. Read the difference.
evidence-docs:
	K8SLINT_RENEW=1 $(PYTHON) -m pytest -m evidence -rs tests/evidence

# The suite against the built wheel, in an empty environment, with no source tree beside it. Two builds must be equal.
wheel:
	rm -rf build/wheel && mkdir -p build/wheel/again
	$(PYTHON) -m build --no-isolation --wheel --outdir build/wheel
	$(PYTHON) -m build --no-isolation --wheel --outdir build/wheel/again
	cmp build/wheel/*.whl build/wheel/again/*.whl
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r tests/requirements.txt
	build/wheel/venv/bin/python -m pip install -q --disable-pip-version-check --no-deps build/wheel/*.whl
	cp -R tests examples pyproject.toml build/wheel/
	cd build/wheel && venv/bin/python -m pytest

# The pinned environments anew, for all Pythons and systems; needs uv. `make audit` asks for their known vulnerabilities.
lock:
	uv pip compile -q $(LOCK) --extra dev -o tests/requirements.txt pyproject.toml
	uv pip compile -q $(LOCK) --extra evidence -o tests/evidence/requirements.txt pyproject.toml

audit:
	pip-audit --strict --disable-pip --require-hashes -r tests/requirements.txt -r tests/evidence/requirements.txt

# GitHub's and OASIS' rules for SARIF, as Microsoft's validator checks them. Needs npm; says so where it is not there.
sarif:
	@command -v npm >/dev/null || { echo "sarif: npm is not installed, the SARIF output is not validated"; exit 0; }; \
	mkdir -p build/sarif && npm install --silent --no-fund --no-audit --prefix build/sarif @microsoft/sarif-multitool@5 && \
	$(PYTHON) tests/validate_sarif.py build/sarif

# Beside the peers that are installed, on the work trees in TREES (bench/trees.txt says which): a table of ratios.
bench:
	$(PYTHON) bench/speed.py "$(TREES)" --output build/speed.md

# Time and memory against files and workloads, on generated trees: tables and docs/growth.svg.
growth:
	$(PYTHON) bench/growth.py --plot docs/growth.svg
