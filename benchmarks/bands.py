# SPDX-License-Identifier: BSD-3-Clause
"""Runs the example programs on real data and keeps every accuracy with its command.

    python -m benchmarks.bands                  every program that has no result yet
    python -m benchmarks.bands fashion cifar10  these, again

Needs $PYCONV_DATA. The figures go into benchmarks/results/bands.json as each program ends.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "bands.json"


@dataclass(frozen=True)
class Band:
    """A program and what a lecture, its book or their readers got from it.

    Attributes:
        command: after `python examples/`.
        expected: figures as the lecture gives them, or the least that counts here.
        seeds: how many runs; one where a run takes more than a quarter of an hour.
    """

    command: str
    expected: str
    seeds: int = 1


BANDS = {
    "mnist_convnet": Band("mnist_convnet.py --network pooled", ">= 0.989", seeds=3),
    "scratch_simple": Band("scratch_simple_convnet.py", ">= 0.987", seeds=3),
    "scratch_deep": Band("scratch_deep_convnet.py --float32", ">= 0.992"),
    "cats_dogs_transfer": Band("cats_dogs_transfer.py", "features >= 0.975; others within 0.01"),
    "cats_dogs_scratch": Band("cats_dogs_scratch.py", "plain < augmented < features"),
    "fashion": Band("fashion_mnist.py", ">= 0.915", seeds=3),
    "fashion_sigmoid": Band(
        "fashion_mnist.py --activation sigmoid --epochs 2",
        "below relu; the textbook's run 0.1000",
        seeds=3,
    ),
    "cifar10": Band("cifar10.py", "0.75-0.82, on all five batches", seeds=3),
    "comparisons": Band("comparisons.py", "momentum, adam > sgd", seeds=3),
    "experiments": Band("scratch_experiments.py", "the book's direction", seeds=3),
    "transfer_classes": Band("transfer_classes.py", "tuned >= frozen > scratch", seeds=3),
    "ablation": Band("ablation.py --subset 10000", "what each trick adds in 10 epochs"),
    "cross_validation": Band("cross_validation.py --subset 10000", "means and spreads of 5 folds"),
    "lenet": Band("lenet.py --epochs 12", ">= 0.985", seeds=3),
    "cats_dogs_five_steps": Band(
        "cats_dogs_five_steps.py", "step 2 > step 1; 0.724, 0.844 on twice as many photographs"
    ),
    "two_folders": Band("two_folders.py", "training near 1, the test far below", seeds=3),
    "modern_nets": Band("modern_nets.py --epochs 8", "a start; the book has 100 epochs"),
    "leader_board": Band("leader_board.py --epochs 10", ">= 0.993 after 20 epochs"),
}


def read_report(output: str, folder: Path) -> dict[str, Any]:
    """Return what a program says of its accuracy: of the epoch it kept, and of the last.

    Args:
        output: what it printed.
        folder: where it wrote NAME.json with the history of each training, or experiments.json.
    """
    report: dict[str, Any] = {}
    for name, kept in re.findall(r"^(\w+): test accuracy (\d\.\d+)", output, re.M):
        report[name] = {"kept": float(kept)}
        history = folder / f"{name}.json"
        if history.exists():
            epochs = json.loads(history.read_text())
            key = next(key for key in epochs if key.startswith("val_acc"))
            report[name].update(last=epochs[key][-1], epochs=len(epochs[key]))
    for line in re.findall(r"^test acc:(\d\.\d+)$", output, re.M)[-1:]:
        report["test"] = {"last": float(line)}
    for name, points in re.findall(r"^(\w+)\s*:? +([+-]?\d+\.\d+) (?:%|points)$", output, re.M):
        report.setdefault(name, {})["percent"] = float(points)
    experiments = folder / "experiments.json"
    if experiments.exists():
        report.update(json.loads(experiments.read_text()))
    return report


def run(name: str, band: Band, seed: int) -> dict[str, Any]:
    """Run a program once and return its figures."""
    with tempfile.TemporaryDirectory() as folder:
        script, *options = band.command.split()
        command = [sys.executable, str(ROOT / "examples" / script), *options, f"--seed={seed}"]
        out = Path(folder)
        if script.startswith("scratch_") and script.endswith("_convnet.py"):
            out /= "parameters.npz"
        environment = dict(os.environ, PYTHONPATH=str(ROOT), MPLBACKEND="agg")
        start = time.perf_counter()
        done = subprocess.run(
            [*command, f"--out={out}"],
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        seconds = time.perf_counter() - start
        report = read_report(done.stdout, Path(folder))
    return {
        "program": name,
        "command": f"python examples/{band.command} --seed {seed}",
        "expected": band.expected,
        "seed": seed,
        "seconds": round(seconds, 1),
        "machine": f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores",
        "accuracy": report,
    }


def keep(result: dict[str, Any]) -> None:
    """Write a result beside the others, in place of an older one of the same program and seed."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    mine = (result["program"], result["seed"])
    results = [r for r in results if (r["program"], r["seed"]) != mine] + [result]
    results.sort(key=lambda r: (list(BANDS).index(r["program"]), r["seed"]))
    unfinished = RESULTS.with_suffix(".part")
    unfinished.write_text(json.dumps(results, indent=1) + "\n")
    unfinished.replace(RESULTS)


def main() -> None:
    """Run what is asked for, or what has no result yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BANDS))
    parser.add_argument("--seed", type=int, help="this seed alone")
    options = parser.parse_args()
    names = options.names
    for name in names:
        if name not in BANDS:
            raise SystemExit(f"no program {name}; there are {', '.join(BANDS)}")
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    done = {(r["program"], r["seed"]) for r in known}
    for name in names or BANDS:
        for seed in range(BANDS[name].seeds) if options.seed is None else [options.seed]:
            if names or (name, seed) not in done:
                result = run(name, BANDS[name], seed)
                keep(result)
                print(
                    f"{name} seed {seed}: {result['seconds']} s, {result['accuracy']}", flush=True
                )


if __name__ == "__main__":
    main()
