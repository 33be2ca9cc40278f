#!/usr/bin/env bash
# Linters, types, contracts, stubs
set -uo pipefail
cd "$WORK/tests"
.venv/bin/pip install --quiet ruff mypy import-linter clang-format codespell pybind11-stubgen pybind11 ||
  exit 1
export PATH=$PWD/.venv/bin:$PATH
status=0
try() {
  printf '%s\n' "$ $*"
  "$@" || status=1
}
try ruff check .
try ruff format --check .
try mypy
try lint-imports
try codespell
try clang-format --dry-run -Werror $(git ls-files '*.cpp' '*.hpp' '*.cu' '*.cuh')
try tools/stubs.sh --check
exit $status
