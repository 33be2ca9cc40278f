# SPDX-License-Identifier: BSD-3-Clause
"""The tasks by pyconv on CuPy's arrays, each checked before it is timed."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import pyconv
from benchmarks.gpu.clock import Clock, median_seconds
from benchmarks.gpu.tasks import Task, copies_for
from pyconv import backend, ops
from pyconv.mixed_precision import Policy

Run = Callable[[int], Any]
# How far the three inner products of a layer may lie apart, relative.
_AGREEMENT = {"float32": 1e-4, "tf32": 1e-2, "float16": 2e-2, "bfloat16": 5e-2}


class WrongResult(Exception):
    """A kernel gave wrong numbers: its time means nothing."""


def seconds_of(task: Task) -> float:
    """Return the median time of one call, or of one training step."""
    cupy = importlib.import_module("cupy")
    if task["kind"] == "training":
        return step_seconds(task)
    clock = Clock(
        cupy.cuda.Event,
        cupy.cuda.get_elapsed_time,
        lambda: cupy.cuda.get_current_stream().synchronize(),
    )
    prepare = _convolution if task["kind"] == "conv2d" else _memory
    with backend.tf32_products(task["dtype"] == "tf32"):
        return median_seconds(prepare(task, cupy), clock)


def _random(cupy: Any, shape: tuple[int, ...], dtype: str, seed: int) -> Any:
    """Return numbers in [0, 1): all sums are positive, so that their errors are relative."""
    made = cupy.asarray(np.random.default_rng(seed).random(1 << 16, np.float32))
    count = int(np.prod(shape))
    whole = cupy.tile(made, -(-count // made.size))[:count].reshape(shape)
    return whole.astype(_dtype(dtype), copy=False)


def _dtype(name: str) -> np.dtype[Any]:
    if name == "float32":
        return np.dtype(np.float32)
    half = Policy("tf32" if name == "tf32" else f"mixed_{name}").half  # also turns it on
    return np.dtype(np.float32) if half is None else half


def _convolution(task: Task, cupy: Any) -> Run:
    n, c, h, f, k, groups = (task[key] for key in ("n", "c", "h", "f", "k", "groups"))
    out = (h + 2 * task["p"] - k) // task["s"] + 1
    options: dict[str, Any] = {"strides": task["s"], "padding": task["p"], "groups": groups}
    sets = []
    for number in range(copies_for(task)):
        x = _random(cupy, (n, h, h, c), task["dtype"], number)
        kernel = _random(cupy, (k, k, c // groups, f), task["dtype"], number + 100)
        dy = _random(cupy, (n, out, out, f), task["dtype"], number + 200)
        sets.append((x, kernel, dy))
    _check_adjoint(task, *sets[0], options)

    def forward(i: int) -> Any:
        x, kernel, _ = sets[i % len(sets)]
        return ops.conv2d(x, kernel, **options)

    def backward(i: int) -> Any:
        x, kernel, dy = sets[i % len(sets)]
        needs = ("x",) if task["direction"] == "data" else ("kernel",)
        return ops.conv2d_backward(dy, x, kernel, **options, needs=needs)

    return forward if task["direction"] == "forward" else backward


def _check_adjoint(task: Task, x: Any, kernel: Any, dy: Any, options: dict[str, Any]) -> None:
    """Demand <y, dy> = <x, dx> = <kernel, dkernel>, for which all three passes must be right."""
    dx, dkernel, _ = ops.conv2d_backward(dy, x, kernel, **options, needs=("x", "kernel"))
    pairs = ((ops.conv2d(x, kernel, **options), dy), (x, dx), (kernel, dkernel))
    products = [_inner(a, b) for a, b in pairs]
    bound = _AGREEMENT[task["dtype"]] * abs(products[0])
    if not all(abs(p - products[0]) <= bound for p in products):
        raise WrongResult(f"<y, dy>, <x, dx>, <kernel, dkernel> = {products}")


def _inner(a: Any, b: Any) -> float:
    """Return the sum of products of two arrays, image by image in float64."""
    return sum(
        float((part.astype(np.float32) * other.astype(np.float32)).sum(dtype=np.float64))
        for part, other in zip(a, b, strict=True)
    )


def _memory(task: Task, cupy: Any) -> Run:
    shape = tuple(task["shape"])
    sets = [
        tuple(_random(cupy, shape, "float32", 10 * number + part) for part in range(2))
        for number in range(copies_for(task))
    ]
    channels = [_random(cupy, (shape[-1],), "float32", part) for part in range(4)]
    job = _MEMORY[task["name"]](sets, channels, cupy)
    return lambda i: job(i % len(sets))


Sets = list[tuple[Any, ...]]


def _plain(function: Callable[..., Any], arrays: int = 1) -> Callable[..., Run]:
    def prepare(sets: Sets, channels: list[Any], cupy: Any) -> Run:
        return lambda i: function(*sets[i][:arrays])

    return prepare


def _batch_norm(sets: Sets, channels: list[Any], cupy: Any) -> Run:
    return lambda i: ops.batch_norm(sets[i][0], *channels, training=True)


def _batch_norm_backward(sets: Sets, channels: list[Any], cupy: Any) -> Run:
    gamma = channels[0]
    moments = [ops.batch_norm(x, *channels, training=True)[1:] for x, _ in sets]
    return lambda i: ops.batch_norm_backward(
        sets[i][1], sets[i][0], gamma, *moments[i], training=True
    )


def _softmax(sets: Sets, channels: list[Any], cupy: Any) -> Run:
    rows, classes = sets[0][0].shape
    labels = cupy.asarray(np.random.default_rng(0).integers(0, classes, rows))
    from pyconv.ops.softmax_cross_entropy import unchecked_cross_entropy

    return lambda i: unchecked_cross_entropy(sets[i][0], labels, None, 0.0)


def _adam(sets: Sets, channels: list[Any], cupy: Any) -> Run:
    states = [[cupy.zeros_like(w) for _ in range(2)] for w, _ in sets]

    def run(i: int) -> None:
        (w, g), (m, v) = sets[i], states[i]
        ops.adam_step([w], [g], [m], [v], learning_rate=1e-3, step=1)

    return run


_MEMORY: dict[str, Callable[..., Run]] = {
    "relu": _plain(ops.relu),
    "relu_backward": _plain(ops.relu_backward, 2),
    "add": _plain(np.add, 2),
    "max_pool2d": _plain(ops.max_pool2d),
    "avg_pool2d": _plain(ops.avg_pool2d),
    "batch_norm": _batch_norm,
    "batch_norm_backward": _batch_norm_backward,
    "dropout": _plain(lambda x: ops.dropout(x, 0.5, seed=1)),
    "softmax_cross_entropy": _softmax,
    "adam_step": _adam,
}


def network(name: str, classes: int = 10) -> tuple[Any, tuple[int, int, int]]:
    """Return a network that is trained, not yet compiled, and the shape of its images."""
    layers = pyconv.layers
    if name == "ResNet-50":
        return pyconv.applications.ResNet50(weights=None, classes=classes), (224, 224, 3)
    if name == "SimpleConvNet":
        stack = [
            layers.Conv2D(30, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    else:
        stack = [
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(128, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    return pyconv.Sequential([pyconv.Input((28, 28, 1)), *stack]), (28, 28, 1)


def step_seconds(task: Task, device: str = "cuda") -> float:
    """Return the time of one training step by fit, data on the host, after an epoch to warm up."""
    before = Policy.chosen
    Policy.chosen = Policy("float32" if task["dtype"] == "float32" else f"mixed_{task['dtype']}")
    try:
        model, shape = network(task["network"])
    finally:
        Policy.chosen = before
    model.to(device)
    model.compile("adam", "sparse_categorical_crossentropy")
    rng, samples = np.random.default_rng(0), task["n"] * task["steps"]
    x = rng.random((samples, *shape), np.float32)
    y = rng.integers(0, 10, samples)
    warm = task["n"] * min(task["steps"], 4)
    model.fit(x[:warm], y[:warm], task["n"], 1, verbose=0)
    begin = time.perf_counter()
    model.fit(x, y, task["n"], 1, verbose=0)
    return (time.perf_counter() - begin) / task["steps"]
