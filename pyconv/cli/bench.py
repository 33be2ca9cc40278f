# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv bench --ladder`: how a convolution becomes fast, step by step, on this machine."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from pyconv import backend
from pyconv.cli.ladder import FILTERS, SHAPE, Rung, rungs

HELP = "time one convolution from Python loops to Winograd and draw the ladder"

DEFAULT_PICTURE = Path("pyconv-ladder.png")
SECONDS = 1.0
PEAK_MILLISECONDS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("--ladder", action="store_true", help="the ladder (the only benchmark yet)")
    parser.add_argument(
        "--seconds", type=_seconds, default=SECONDS, help="time for each rung, by default 1"
    )
    parser.add_argument(
        "--out", type=Path, default=DEFAULT_PICTURE, metavar="FILE", help="the picture, a .png"
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 60:
        raise argparse.ArgumentTypeError(f"{text}; must be above 0, at most 60")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Print each rung as it is measured, then draw them all."""
    config = backend.config()
    peak = backend.peak_gflops(np.dtype(np.float32), PEAK_MILLISECONDS)
    print(f"{config['cpu']}, {config['isa'].split()[0]}, {config['threads']} threads")
    print(f"3 x 3 convolution of {SHAPE} float32 with {FILTERS} filters; peak {peak:.0f} GF/s\n")
    print(f"{'':<14}{'GF/s':>10}{'x before':>10}{'x first':>10}{'error':>10}")
    found: list[Rung] = []
    for rung in rungs(arguments.seconds):
        found.append(rung)
        before = found[-2].gflops if len(found) > 1 else rung.gflops
        print(
            f"{rung.name:<14}{rung.gflops:>10.4g}{rung.gflops / before:>10.1f}"
            f"{rung.gflops / found[0].gflops:>10.0f}{rung.error:>10.1e}   {rung.what}",
            flush=True,
        )
    print("\nGF/s count the multiplications and additions of the definition, whatever is computed.")
    if find_spec("matplotlib") is None:
        print("no picture: matplotlib is not installed; pip install matplotlib")
        return 0
    from pyconv.visualization.ladder import ladder

    ladder({rung.name: rung.gflops for rung in found}, peak, arguments.out)
    print(f"picture: {arguments.out}")
    return 0
