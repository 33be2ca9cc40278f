#!/usr/bin/env bash
# Examples: every program in its quick form, the code of the tutorial
set -euo pipefail
source "$ROOT/tools/ci/readme.sh"
enter_tests
timeout 300 .venv/bin/python -m pytest -m examples
