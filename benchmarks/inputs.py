# SPDX-License-Identifier: BSD-3-Clause
"""The data of a task: the same numbers in every process that asks for them."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks import networks
from benchmarks.photographs import CLASSES, photographs
from benchmarks.row import Task

Array: TypeAlias = npt.NDArray[Any]
Arrays: TypeAlias = dict[str, Array]

# A step trains on another batch than the last one, so that no batch is learned by heart.
TRAINING_BATCHES = 50
_LINE = 64  # bytes


def _normal(generator: np.random.Generator, task: Task, *shape: int) -> Array:
    """Return numbers that begin at a cache line, as arrays do that libraries make."""
    dtype = np.dtype(task["dtype"])
    count = math.prod(shape)
    raw = np.empty(count * dtype.itemsize + _LINE, np.uint8)
    skipped = -raw.ctypes.data % _LINE
    numbers = raw[skipped : skipped + count * dtype.itemsize].view(dtype)
    generator.standard_normal(dtype=dtype.type, out=numbers)
    return numbers.reshape(shape)


def _training(generator: np.random.Generator, task: Task) -> Arrays:
    """SimpleConvNet's weights and images; dense_1 reads pixels in (row, column, channel) order."""
    n = task["n"] * TRAINING_BATCHES
    return {
        "images": generator.random((n, 28, 28, 1), np.float32),
        "labels": generator.integers(0, 10, n),
        "kernel": 0.01 * _normal(generator, task, 5, 5, 1, 30),
        "dense_1": 0.01 * _normal(generator, task, 4320, 100),
        "dense_2": 0.01 * _normal(generator, task, 100, 10),
    }


def book_weights(inputs: Arrays) -> list[Array]:
    """Return weights and biases of a training task in the book's layouts, (c, h, w) flattened."""
    dense = inputs["dense_1"].reshape(12, 12, 30, 100).transpose(2, 0, 1, 3)
    weights = (inputs["kernel"].transpose(3, 2, 0, 1), dense.reshape(4320, 100), inputs["dense_2"])
    biases = (np.zeros(size, inputs["kernel"].dtype) for size in (30, 100, 10))
    return [array for pair in zip(weights, biases, strict=True) for array in pair]


def make_inputs(task: Task) -> Arrays:
    """Return the arrays of a task, channels last, of the task's dtype."""
    generator = np.random.default_rng(20)
    kind = task["kind"]
    if kind in networks.KINDS:
        return networks.make_inputs(task)
    if kind == "gemm":
        m, n, k = task["m"], task["n"], task["k"]
        return {"a": _normal(generator, task, m, k), "b": _normal(generator, task, k, n)}
    if kind in ("training", "scratch training"):
        return _training(generator, task)
    if kind == "input_pipeline":
        paths = photographs(task["count"])
        labels = [CLASSES.index(path.parent.name) for path in paths]
        return {"paths": np.array([str(path) for path in paths]), "labels": np.array(labels)}
    image = (task["n"], task["h"], task["w"], task["c"])
    if kind == "augmentation":
        return {
            "x": generator.random(image, np.dtype(task["dtype"]).type),
            "angle": generator.uniform(-36, 36, task["n"]).astype(task["dtype"]),
            "zoom": generator.uniform(0.8, 1.2, task["n"]).astype(task["dtype"]),
            "mirrored": generator.random(task["n"]) < 0.5,
        }
    pixels = (task["n"], task["oh"], task["ow"])
    if kind == "conv2d":
        kernel = (task["kh"], task["kw"], task["c"] // task["groups"], task["f"])
        arrays = {
            "x": _normal(generator, task, *image),
            "kernel": _normal(generator, task, *kernel),
            "bias": _normal(generator, task, task["f"]),
        }
        if task["direction"] != "forward":
            arrays["dy"] = _normal(generator, task, *pixels, task["f"])
        return arrays
    if kind in ("max_pool2d", "avg_pool2d"):
        arrays = {"x": _normal(generator, task, *image)}
        if task["direction"] == "backward":
            arrays["dy"] = _normal(generator, task, *pixels, task["c"])
        return arrays
    if kind == "im2col":
        return {"x": _normal(generator, task, *image)}
    if kind == "col2im":
        columns = task["kh"] * task["kw"] * task["c"]
        return {"col": _normal(generator, task, pixels[0] * pixels[1] * pixels[2], columns)}
    raise ValueError(f"make_inputs: kind={kind!r}; unknown")
