# SPDX-License-Identifier: BSD-3-Clause
"""Dogs vs Cats: small subsets of the photographs that Kaggle hands out, in folders by class."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pyconv.arguments import whole_number

CLASS_NAMES = ("cat", "dog")
SUBSETS = {"train": (0, 1000), "validation": (1000, 1500), "test": (1500, 2500)}


def make_subsets(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    subsets: Mapping[str, tuple[int, int]] | None = None,
) -> None:
    """Copy files cat.N.jpg and dog.N.jpg into folders target/subset/cat and target/subset/dog.

    Args:
        source: the folder `train` of Kaggle's Dogs vs Cats.
        target: a folder that is not there yet; it appears whole or not at all.
        subsets: names, and the numbers N of each class from the first to below the last; by
            default 2,000 files to train on, 1,000 to validate, 2,000 to test.
    Raises:
        ValueError: numbers that overlap or are none. FileNotFoundError: a file is missing, the
            first is named. FileExistsError: `target` is there.
    Source: F. Chollet, Deep Learning with Python, chapter 8.
    """
    function, goal = "cats_dogs.make_subsets", Path(target)
    ranges = _checked(function, SUBSETS if subsets is None else subsets)
    if goal.exists():
        raise FileExistsError(f"{function}: target={str(goal)!r}; must not be there yet")
    copies = [
        (Path(source) / f"{label}.{number}.jpg", Path(name) / label / f"{label}.{number}.jpg")
        for name, numbers in ranges.items()
        for label in CLASS_NAMES
        for number in numbers
    ]
    missing = [path for path, _ in copies if not path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{function}: {missing[0]} is missing, and {len(missing) - 1} others; source must be "
            "the folder of Kaggle's files cat.0.jpg, dog.0.jpg ..."
        )
    goal.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{goal.name}.", dir=goal.parent))
    try:
        for path, place in copies:
            (fresh / "new" / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, fresh / "new" / place)
        os.rename(fresh / "new", goal)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _checked(function: str, subsets: Mapping[str, tuple[int, int]]) -> dict[str, range]:
    ranges: dict[str, range] = {}
    for name, ends in subsets.items():
        if not name or "/" in name or name in (".", "..") or len(ends) != 2:
            raise ValueError(
                f"{function}: subsets[{name!r}]={ends}; must be a name and two numbers"
            )
        first = whole_number(function, f"subsets[{name!r}][0]", ends[0], 0)
        last = whole_number(function, f"subsets[{name!r}][1]", ends[1], first + 1)
        for other, numbers in ranges.items():
            if first < numbers.stop and numbers.start < last:
                raise ValueError(f"{function}: subsets {other!r} and {name!r} share files")
        ranges[name] = range(first, last)
    if not ranges:
        raise ValueError(f"{function}: subsets={subsets!r}; must name one")
    return ranges
