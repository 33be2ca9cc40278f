#!/usr/bin/env bash
# README, second command: install editable and test
set -euo pipefail
source "$ROOT/tools/ci/readme.sh"
git -c safe.directory='*' -C "$ROOT" rev-parse HEAD >"$WORK/tests.head"
run_readme_command 2 "$WORK/tests"
