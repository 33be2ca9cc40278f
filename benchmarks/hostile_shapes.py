# SPDX-License-Identifier: BSD-3-Clause
"""How many hostile shapes each stage of the CUDA convolutions is right on, on the host model.

`python -m benchmarks.hostile_shapes` runs the drawn shapes of the tests with --exhaustive and
writes benchmarks/results/cuda-hostile-shapes.json; `--only S1` runs one stage anew and keeps what
the file says of the others. A shape counts where the whole test that drew it passed.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "cuda-hostile-shapes.json"
# Stages of the kernels: one thread for an output, tiles of the arithmetic units, tensor cores.
STAGES = {
    "S0": ("tests/cuda/test_simt_reference_conv2d.py", "each_pass_equals"),
    "S1": ("tests/cuda/test_simt_conv2d.py", "three_passes"),
    "S2": ("tests/cuda/test_simt_tensor_cores.py", "each_pass_equals or bank"),
}
OUTCOMES = ("failure", "error", "skipped")


def counted(report: str) -> dict[str, Any]:
    """Return tests by outcome, and shapes by pass, precision and seed, of a JUnit report."""
    tests: Counter[str] = Counter(passed=0, failed=0, skipped=0)
    shapes: Counter[tuple[str, ...]] = Counter()
    for case in ET.fromstring(report).iter("testcase"):
        found = [name for name in OUTCOMES if case.find(name) is not None]
        outcome = "passed" if not found else "skipped" if found == ["skipped"] else "failed"
        tests[outcome] += 1
        for told in case.iter("property"):
            if outcome == "passed" and told.get("name") == "shapes":
                *key, number = told.get("value", "").split()
                shapes[tuple(key)] += int(number)
    rows = [
        {"stage": stage, "pass": way, "precision": precision, "seed": int(seed), "shapes": number}
        for (stage, way, precision, seed), number in sorted(shapes.items())
    ]
    return {"tests": dict(tests), "shapes": sum(shapes.values()), "by_combination": rows}


def run(stage: str) -> dict[str, Any]:
    """Run one stage's tests and return what came of them."""
    path, keyword = STAGES[stage]
    commit = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "src_cuda", "src_cpp", "tests", "pyconv")
    command = ["pytest", "-q", "-p", "no:cacheprovider", "--exhaustive", path, "-k", keyword]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        begun = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", *command, f"--junitxml={report}"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            check=False,
        )
        seconds = time.monotonic() - begun
        found = counted(report.read_text())
    shown = shlex.join(command)
    return {
        "command": shown,
        "commit": commit + (" with changes" if changed else ""),
        "seconds": round(seconds),
        **found,
    }


def main(arguments: list[str] | None = None, results: Path = RESULTS) -> int:
    """Run stages, write the file after each; return 1 if a test failed or none passed."""
    parser = argparse.ArgumentParser(prog="benchmarks.hostile_shapes", description=__doc__)
    parser.add_argument("--only", choices=STAGES, action="append", help="a stage to run")
    asked = parser.parse_args(arguments).only or list(STAGES)
    for stage in asked:
        found = run(stage)
        known = json.loads(results.read_text()) if results.exists() else {}
        known[stage] = found
        results.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
        print(stage, found["shapes"], "shapes,", found["tests"])
        if found["tests"]["failed"] or not found["tests"]["passed"]:
            return 1
    return 0


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    raise SystemExit(main())
