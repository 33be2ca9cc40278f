#!/usr/bin/env bash
# Address and undefined-behaviour sanitizers over the op tests
set -euo pipefail
source "$ROOT/tools/ci/readme.sh"
copy_checkout "$WORK/sanitize"
cd "$WORK/sanitize"
# An environment of its own: an editable install would serve the other checkout's modules.
python3 -m venv .venv
. .venv/bin/activate
pip install --quiet 'numpy>=2.0' 'pytest>=8' 'hypothesis>=6.100' 'pybind11>=3' 'cmake>=3.24' ninja
tools/dev_build.sh -DPYCONV_SANITIZE=ON -DPYCONV_CUDA=OFF

# The arena would hide overruns; a finding aborts, as a fault at a guard page does.
export PYTHONMALLOC=malloc PYCONV_ARENA=0 PYTHONPATH=$PWD
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:abort_on_error=1
export UBSAN_OPTIONS=print_stacktrace=1
libraries="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
LD_PRELOAD=$libraries python -m pytest tests/ops -m "not oracle" -p no:cacheprovider --durations=10
