#!/usr/bin/env bash
# Runs a command of the README verbatim in a copy of the checkout; sourced by the sections.

# readme_command N: the N-th fenced block of README.md.
readme_command() {
  awk -v wanted="$1" '/^```/ { inside = !inside; if (inside) block++; next }
                      inside && block == wanted' "$ROOT/README.md"
}

# run_readme_command N FOLDER
run_readme_command() {
  local command
  command=$(readme_command "$1")
  rm -rf "$2"
  git clone --quiet "$ROOT" "$2"
  cd "$2"
  printf '%s\n' "$ $command"
  bash -euo pipefail -c "$command"
}
