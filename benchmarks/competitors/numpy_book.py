# SPDX-License-Identifier: BSD-3-Clause
"""The way of a well-known book: float64 NumPy, k*k slices to im2col, one np.dot per product."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from benchmarks.competitors import Job
from benchmarks.inputs import Array, Arrays, book_weights
from benchmarks.row import Options, Task
from pyconv.reference.book_convnet import BookConvNet, columns_of, images_of


def versions() -> dict[str, str]:
    """Return NumPy's version."""
    return {"numpy": np.__version__}


def training_losses(task: Task, inputs: Arrays, steps: int) -> Array:
    """Return the losses of the first steps: what every library must reproduce."""
    network, n = BookConvNet(book_weights(inputs)), task["n"]
    images = inputs["images"].transpose(0, 3, 1, 2)
    return np.array(
        [
            network.train_step(images[i * n : (i + 1) * n], inputs["labels"][i * n : (i + 1) * n])
            for i in range(steps)
        ]
    )


def prepare(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return the task as the book's program does it."""
    kind = task["kind"]
    if kind in ("training", "scratch training"):
        return _training(task, inputs)
    geometry = (task["kh"], task["kw"], task["stride"], task["padding"])
    n, h, w, c, kh, kw = (task[name] for name in ("n", "h", "w", "c", "kh", "kw"))
    if kind == "im2col":
        x = np.ascontiguousarray(inputs["x"].transpose(0, 3, 1, 2))
        return Job(
            lambda: columns_of(x, *geometry), lambda col: {"col": _taps_first(col, c, kh, kw)}
        )
    if kind == "col2im":
        col = inputs["col"].reshape(-1, kh, kw, c).transpose(0, 3, 1, 2).reshape(-1, c * kh * kw)
        return Job(
            lambda: images_of(col, (n, c, h, w), *geometry),
            lambda dx: {"dx": np.ascontiguousarray(dx.transpose(0, 2, 3, 1))},
        )
    raise NotImplementedError(f"the book has no program for {kind}")


def _taps_first(col: Array, c: int, kh: int, kw: int) -> Array:
    """Columns (c, kh, kw) to columns (kh, kw, c)."""
    return col.reshape(-1, c, kh, kw).transpose(0, 2, 3, 1).reshape(-1, kh * kw * c)


def _training(task: Task, inputs: Arrays) -> Job:
    network, n = BookConvNet(book_weights(inputs)), task["n"]
    images = np.ascontiguousarray(inputs["images"].transpose(0, 3, 1, 2))
    labels = inputs["labels"]
    starts = itertools.cycle(range(0, len(images), n))

    def step() -> float:
        start = next(starts)
        return network.train_step(images[start : start + n], labels[start : start + n])

    def first_losses(loss: Any) -> Arrays:
        return {"losses": np.array([loss, *(step() for _ in range(4))])}

    return Job(step, first_losses)
