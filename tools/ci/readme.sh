#!/usr/bin/env bash
# Copies of the checkout, and the README's commands run in them verbatim; sourced by the sections.

# copy_checkout FOLDER: what is committed, in a new folder, whoever owns the checkout.
copy_checkout() {
  rm -rf "$1"
  mkdir -p "$1"
  git -c safe.directory='*' -C "$ROOT" archive HEAD | tar -x -C "$1"
}

# readme_command N: the N-th fenced block of README.md.
readme_command() {
  awk -v wanted="$1" '/^```/ { inside = !inside; if (inside) block++; next }
                      inside && block == wanted' "$ROOT/README.md"
}

# run_readme_command N FOLDER
run_readme_command() {
  local command
  command=$(readme_command "$1")
  copy_checkout "$2"
  cd "$2"
  printf '%s\n' "$ $command"
  bash -euo pipefail -c "$command"
}

# Enters the copy that the second command made, or makes one where a section runs alone.
enter_tests() {
  local head
  head=$(git -c safe.directory='*' -C "$ROOT" rev-parse HEAD)
  if [[ ! -x $WORK/tests/.venv/bin/pytest || $(cat "$WORK/tests.head" 2>/dev/null) != "$head" ]]; then
    copy_checkout "$WORK/tests"
    cd "$WORK/tests"
    python3 -m venv .venv
    .venv/bin/pip install --quiet -e '.[test]'
    echo "$head" >"$WORK/tests.head"
  fi
  cd "$WORK/tests"
}
