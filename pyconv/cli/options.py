# SPDX-License-Identifier: BSD-3-Clause
"""Values that options of several commands take, and the folder that results go to."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

DATA_HELP = (
    "mnist, fashion_mnist, cifar10, generated (digits drawn here), a folder with a folder of "
    "pictures per class (or such in train/ and test/), or a .npz file of x_train, y_train, x_test, "
    "y_test; what fits the network by default"
)


def positive(text: str) -> int:
    """Return a whole number from 1 on."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value}; must be >= 1")
    return value


def must_be_one_of(name: str, known: Collection[str]) -> str:
    """Return what a refusal says of a name that is none of these: the nearest first."""
    near = get_close_matches(name, known, n=3)
    question = f" did you mean {' or '.join(near)}?" if near else ""
    return f"{name!r};{question} must be one of {', '.join(sorted(known))}"


def writable_folder(folder: Path) -> Path:
    """Make a folder, and find out now, not after an hour, whether files can be written there.

    Raises:
        OSError: naming the path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return folder
