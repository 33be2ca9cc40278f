#!/usr/bin/env bash
# Sizes and import time of the wheel, in the environment of the checkout given.
set -euo pipefail
cd "$1"
.venv/bin/pip wheel --quiet --no-deps --wheel-dir wheel .
# The source tree would shadow the installed package: measure from elsewhere.
wheels=$PWD/wheel
python=$PWD/.venv/bin/python
cd /
"$python" - "$wheels" <<'PYTHON'
import subprocess
import sys
from pathlib import Path

wheel = next(Path(sys.argv[1]).glob("*.whl"))
size = wheel.stat().st_size / 1e6
print(f"wheel {size:.2f} MB (at most 5)")


def seconds(statement: str) -> float:
    code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(7)
    ]
    return sorted(runs)[len(runs) // 2]


beyond = seconds("import numpy, pyconv") - seconds("import numpy")
print(f"import pyconv takes {beyond:.3f} s beyond NumPy (at most 0.25)")
sys.exit(size > 5 or beyond > 0.25)
PYTHON
