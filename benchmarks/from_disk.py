# SPDX-License-Identifier: BSD-3-Clause
"""Training from a folder of photographs, with augmentation, beside what its two halves allow.

    python -m benchmarks.from_disk

Reading alone takes a seconds per photograph, training alone b; one after the other on the same
cores they take a + b. `fit` from the folder is compared with that, turn by turn; every second turn
goes the other way round, so that none of the three always follows the same one.
Needs $PYCONV_DATA; the figures go into benchmarks/results/from_disk.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import pyconv
from benchmarks import machine
from benchmarks.photographs import linked, photographs
from pyconv.applications import cats_dogs_convnet_augmented
from pyconv.utils import image_dataset_from_directory

RESULTS = Path(__file__).resolve().parent / "results" / "from_disk.json"
BATCH, SIZE = 32, (180, 180)


def passes(folder: str) -> tuple[int, dict[str, Callable[[], object]]]:
    """Return how many photographs there are, and one pass over them in three ways."""
    dataset = image_dataset_from_directory(folder, image_size=SIZE, batch_size=BATCH, verbose=False)
    pyconv.set_seed(0)
    model = cats_dogs_convnet_augmented()
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    batches = [(x.numpy(), y.numpy()) for x, y in dataset]
    x, y = (np.concatenate(part) for part in zip(*batches, strict=True))
    ways = {
        "reading": lambda: [None for _ in dataset],
        "training": lambda: model.fit(x, y, batch_size=BATCH, verbose=0),
        "both": lambda: model.fit(dataset, verbose=0),
    }
    return len(x), ways


def measure(count: int, turns: int) -> dict[str, Any]:
    """Return photographs per second of the three, and the share of what the halves allow."""
    paths = [str(path) for path in photographs(count)]
    if not paths:
        raise SystemExit("set PYCONV_DATA to what holds cats-dogs/")
    labels = [int(Path(path).parent.name == "dogs") for path in paths]
    found, ways = passes(linked(paths, labels))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    meter = machine.StealMeter()
    for turn in range(turns + 1):  # the first warms up
        for name in list(ways)[:: 1 if turn % 2 else -1]:
            start = time.perf_counter()
            ways[name]()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    speeds = {name: found / statistics.median(times) for name, times in seconds.items()}
    shares = [
        (reading + training) / both
        for reading, training, both in zip(*(seconds[name] for name in ways), strict=True)
    ]
    return {
        "command": f"python -m benchmarks.from_disk --count {count} --turns {turns}",
        "machine": machine.describe(),
        "stolen_percent": round(meter.percent(), 1),
        "photographs": found,
        "images_per_second": {name: round(speed, 1) for name, speed in speeds.items()},
        "share_of_allowed": {
            "median": round(statistics.median(shares), 3),
            "lowest": round(min(shares), 3),
            "highest": round(max(shares), 3),
        },
    }


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=960, help="photographs of a pass")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    result = measure(options.count, options.turns)
    text = json.dumps(result, indent=1) + "\n"
    options.out.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
