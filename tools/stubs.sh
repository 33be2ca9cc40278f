#!/usr/bin/env bash
# Writes pyconv/_core.pyi from the built module; with --check only compares.
set -euo pipefail
cd "$(dirname "$0")/.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
python -m pybind11_stubgen pyconv._core --output-dir "$made" --numpy-array-wrap-with-annotated \
  --exit-code >/dev/null
stub="$made/pyconv/_core.pyi"
# Any int or float will do; containers get their contents.
sed -i -e '1i # SPDX-License-Identifier: BSD-3-Clause' \
  -e 's/typing\.SupportsInt | typing\.SupportsIndex/int/g' \
  -e 's/typing\.SupportsFloat | typing\.SupportsIndex/float/g' \
  -e 's/Callable, tuple\]/Callable[..., None], tuple[typing.Any, ...]]/' \
  -e 's/: tuple\b/: tuple[int, ...]/g' -e 's/-> dict:/-> dict[str, int]:/' "$stub"
if [[ "${1:-}" == --check ]]; then
  diff -u pyconv/_core.pyi "$stub"
else
  cp "$stub" pyconv/_core.pyi
fi
