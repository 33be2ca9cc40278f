#!/usr/bin/env bash
# CUDA: a build for one architecture, the compile gates, ON without nvcc must fail
set -euo pipefail
cd "$WORK/tests"
export PATH=$PWD/.venv/bin:$PATH
pip install --quiet 'scikit-build-core>=0.11' 'pybind11>=3' 'cmake>=3.24' ninja
configure() {
  cmake -S . -B "$1" -G Ninja -DPython_EXECUTABLE="$(command -v python)" \
    -Dpybind11_DIR="$(python -m pybind11 --cmakedir)" "${@:2}"
}
if PYCONV_CUDA=ON CUDACXX=/nonexistent/nvcc configure "$WORK/no-nvcc" >"$WORK/no-nvcc.log" 2>&1; then
  echo "PYCONV_CUDA=ON without a compiler must fail"
  exit 1
fi
grep -q 'PYCONV_CUDA=OFF' "$WORK/no-nvcc.log"
echo "PYCONV_CUDA=ON without a compiler: refused, and says how to go on"
if ! command -v nvcc >/dev/null; then
  echo "no nvcc on this machine: the CUDA build and its gates do not run"
  exit 0
fi
PYCONV_CUDA=ON configure "$WORK/cuda" -DCMAKE_CUDA_ARCHITECTURES=90-real >/dev/null
cmake --build "$WORK/cuda"
python -c "import sys; sys.path.insert(0, '$WORK/cuda'); import _cuda; print('GPUs seen:', _cuda.device_count())"
python -m pytest -m gates
