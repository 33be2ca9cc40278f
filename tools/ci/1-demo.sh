#!/usr/bin/env bash
# README, first command: install and run the demo
set -euo pipefail
source "$ROOT/tools/ci/readme.sh"
run_readme_command 1 "$WORK/demo"
cd "$WORK/demo"
ls pyconv-demo
.venv/bin/pyconv info
bash "$ROOT/tools/ci/budgets.sh" "$WORK/demo"
