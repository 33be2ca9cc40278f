#!/usr/bin/env bash
# Builds the native modules of this checkout in place: build/dev, then pyconv/*.so.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
cmake -S . -B build/dev -G Ninja -DCMAKE_BUILD_TYPE=Release -DPython_EXECUTABLE="$(command -v "$python")" \
  -Dpybind11_DIR="$("$python" -m pybind11 --cmakedir)" "$@" >/dev/null
cmake --build build/dev
# Processes that have the old ones open keep them.
find build/dev -maxdepth 1 -name '_*.so' -exec cp --remove-destination {} pyconv/ \;
