#!/usr/bin/env bash
# Address and undefined-behaviour sanitizers over the op tests
set -euo pipefail
rm -rf "$WORK/sanitize"
git clone --quiet "$ROOT" "$WORK/sanitize"
cd "$WORK/sanitize"
export PATH=$WORK/tests/.venv/bin:$PATH
pip install --quiet 'pybind11>=3' 'cmake>=3.24' ninja
tools/dev_build.sh -DPYCONV_SANITIZE=ON -DPYCONV_CUDA=OFF
libraries="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
LD_PRELOAD=$libraries PYTHONMALLOC=malloc PYCONV_ARENA=0 PYTHONPATH=$PWD \
  ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
  UBSAN_OPTIONS=print_stacktrace=1 \
  python -m pytest tests/ops -m "not oracle" -p no:cacheprovider --sanitized
