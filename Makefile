PYTHON ?= python3
export PYTHONNOUSERSITE = 1
unexport PYTHONPATH PYTHONHOME

.PHONY: run test check environment

run: environment  ## Serve the chat; prepares everything on the first start.
	@.venv/bin/python app.py

test: environment check  ## Lint, types, tests; two files of tests at a time.
	@.venv/bin/python -m pytest -n 2 --dist loadfile

check: environment
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

environment:
	@$(PYTHON) tools/environment.py
