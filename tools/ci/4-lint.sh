#!/usr/bin/env bash
# Linters, types, contracts, stubs
set -uo pipefail
source "$ROOT/tools/ci/readme.sh"
enter_tests || exit 1
# Formatters change their mind between versions, so these stand still.
.venv/bin/pip install --quiet ruff==0.17.6 mypy==2.4.1 clang-format==23.1.5 codespell==2.4.3 \
  import-linter==2.17 pybind11-stubgen==3.0.0 'pybind11>=3' || exit 1
export PATH=$PWD/.venv/bin:$PATH
status=0
try() {
  printf '%s\n' "$ $*"
  "$@" && return
  printf '%s\n' "FAILED: $*"
  status=1
}
clang_format() {
  find src_cpp src_cuda -name '*.[ch]pp' -o -name '*.cu' -o -name '*.cuh' |
    xargs clang-format --dry-run -Werror
}
try ruff check .
try ruff format --check .
try mypy
try lint-imports --no-logo
try codespell
try clang_format
try tools/stubs.sh --check
exit $status
