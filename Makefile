PYTHON ?= python

.PHONY: check test lint fix docs

check: lint test

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

# The rule table of the README stands between two comments, each alone on its line.
docs:
	$(PYTHON) -m k8slint rules --format markdown --pages rules > .rules.md
	sed -i.bak -e '/^<!-- rules: /,/^<!-- end of rules -->/{' -e '/^<!-- /!d' -e '}' \
		-e '/^<!-- rules: /r .rules.md' README.md
	rm .rules.md README.md.bak
