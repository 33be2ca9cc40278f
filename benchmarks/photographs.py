# SPDX-License-Identifier: BSD-3-Clause
"""The photographs of the input pipeline's rows: cats-dogs below PYCONV_DATA."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

CLASSES = ("cats", "dogs")


def photographs(count: int) -> list[Path]:
    """Return the first files of each class, `count` of both together; none where they are not."""
    folder = Path(os.environ.get("PYCONV_DATA", "")) / "cats-dogs"
    each = count // len(CLASSES)
    found = [sorted((folder / name).glob("*.jpg"))[:each] for name in CLASSES]
    return [path for paths in found for path in paths] if all(found) else []


def linked(paths: list[str], labels: list[int]) -> str:
    """Return a folder of links to files, by class, that is gone when the process ends."""
    folder = tempfile.mkdtemp(prefix="pyconv-benchmarks-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for path, label in zip(paths, labels, strict=True):
        link = Path(folder, CLASSES[label], Path(path).name)
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(path)
    return folder
