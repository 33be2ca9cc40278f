#!/usr/bin/env bash
# README, second command: install editable and test
set -euo pipefail
source "$ROOT/tools/ci/readme.sh"
run_readme_command 2 "$WORK/tests"
