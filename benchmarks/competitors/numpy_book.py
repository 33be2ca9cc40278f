# SPDX-License-Identifier: BSD-3-Clause
"""The way of a well-known book: float64 NumPy, k*k slices to im2col, one np.dot per product."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from benchmarks.competitors import Job
from benchmarks.inputs import Array, Arrays
from benchmarks.row import Options, Task


def versions() -> dict[str, str]:
    """Return NumPy's version."""
    return {"numpy": np.__version__}


def im2col(x: Array, kh: int, kw: int, stride: int, padding: int) -> Array:
    """(n, c, h, w) to (n * oh * ow, c * kh * kw), one slice of the images per window pixel."""
    n, c, h, w = x.shape
    oh, ow = (h + 2 * padding - kh) // stride + 1, (w + 2 * padding - kw) // stride + 1
    image = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    col = np.zeros((n, c, kh, kw, oh, ow), x.dtype)
    for row in range(kh):
        for column in range(kw):
            rows = slice(row, row + stride * oh, stride)
            columns = slice(column, column + stride * ow, stride)
            col[:, :, row, column] = image[:, :, rows, columns]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, -1)


def col2im(col: Array, shape: tuple[int, ...], kh: int, kw: int, stride: int, pad: int) -> Array:
    """The adjoint of im2col."""
    n, c, h, w = shape
    oh, ow = (h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1
    parts = col.reshape(n, oh, ow, c, kh, kw).transpose(0, 3, 4, 5, 1, 2)
    image = np.zeros((n, c, h + 2 * pad + stride - 1, w + 2 * pad + stride - 1), col.dtype)
    for row in range(kh):
        for column in range(kw):
            rows = slice(row, row + stride * oh, stride)
            columns = slice(column, column + stride * ow, stride)
            image[:, :, rows, columns] += parts[:, :, row, column]
    return image[:, :, pad : h + pad, pad : w + pad]


class SimpleConvNet:
    """Convolution, pooling and two dense layers, each step by step as the book explains it."""

    def __init__(self, inputs: Arrays) -> None:
        by_channel = inputs["dense_1"].reshape(12, 12, 30, 100).transpose(2, 0, 1, 3)
        self.params: list[Array] = [
            inputs["kernel"].transpose(3, 2, 0, 1).astype(np.float64),  # (30, 1, 5, 5)
            np.zeros(30),
            by_channel.reshape(4320, 100).astype(np.float64),
            np.zeros(100),
            inputs["dense_2"].astype(np.float64),
            np.zeros(10),
        ]
        self.m = [np.zeros_like(p) for p in self.params]
        self.v = [np.zeros_like(p) for p in self.params]
        self.steps = 0

    def loss_and_gradients(self, x: Array, labels: Array) -> tuple[float, list[Array]]:
        """Return the mean cross-entropy of x, (n, 1, 28, 28), and the gradient of each weight."""
        kernel, bias, dense_1, bias_1, dense_2, bias_2 = self.params
        n = x.shape[0]
        col = im2col(x, 5, 5, 1, 0)
        y = np.dot(col, kernel.reshape(30, -1).T) + bias
        y = y.reshape(n, 24, 24, 30).transpose(0, 3, 1, 2)
        positive = y > 0
        windows = im2col(np.where(positive, y, 0), 2, 2, 2, 0).reshape(-1, 4)
        argmax = np.argmax(windows, axis=1)
        pooled = np.max(windows, axis=1).reshape(n, 12, 12, 30).transpose(0, 3, 1, 2)
        flat = pooled.reshape(n, -1)
        hidden = np.maximum(np.dot(flat, dense_1) + bias_1, 0)
        logits = np.dot(hidden, dense_2) + bias_2
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(probabilities[np.arange(n), labels] + 1e-7))

        dlogits = probabilities.copy()
        dlogits[np.arange(n), labels] -= 1
        dlogits /= n
        dhidden = np.dot(dlogits, dense_2.T) * (hidden > 0)
        dflat = np.dot(dhidden, dense_1.T).reshape(n, 30, 12, 12).transpose(0, 2, 3, 1)
        dwindows = np.zeros((dflat.size, 4))
        dwindows[np.arange(argmax.size), argmax] = dflat.ravel()
        dy = col2im(dwindows.reshape(n * 144, -1), y.shape, 2, 2, 2, 0) * positive
        dy = dy.transpose(0, 2, 3, 1).reshape(-1, 30)
        dkernel = np.dot(col.T, dy).T.reshape(kernel.shape)
        # The book's backward goes on to the images.
        col2im(np.dot(dy, kernel.reshape(30, -1)), x.shape, 5, 5, 1, 0)
        return float(loss), [
            dkernel,
            dy.sum(axis=0),
            np.dot(flat.T, dhidden),
            dhidden.sum(axis=0),
            np.dot(hidden.T, dlogits),
            dlogits.sum(axis=0),
        ]

    def step(self, x: Array, labels: Array) -> float:
        """Move the weights by one step of Adam; return the loss before it."""
        loss, gradients = self.loss_and_gradients(x, labels)
        self.steps += 1
        rate = 1e-3 * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for p, dp, m, v in zip(self.params, gradients, self.m, self.v, strict=True):
            m += 0.1 * (dp - m)
            v += 0.001 * (dp**2 - v)
            p -= rate * m / (np.sqrt(v) + 1e-7)
        return loss


def training_losses(task: Task, inputs: Arrays, steps: int) -> Array:
    """Return the losses of the first steps: what every library must reproduce."""
    network, n = SimpleConvNet(inputs), task["n"]
    images = inputs["images"].transpose(0, 3, 1, 2)
    return np.array(
        [
            network.step(images[i * n : (i + 1) * n], inputs["labels"][i * n : (i + 1) * n])
            for i in range(steps)
        ]
    )


def prepare(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return the task as the book's program does it."""
    kind = task["kind"]
    if kind == "training":
        return _training(task, inputs)
    geometry = (task["kh"], task["kw"], task["stride"], task["padding"])
    n, h, w, c, kh, kw = (task[name] for name in ("n", "h", "w", "c", "kh", "kw"))
    if kind == "im2col":
        x = np.ascontiguousarray(inputs["x"].transpose(0, 3, 1, 2))
        return Job(lambda: im2col(x, *geometry), lambda col: {"col": _taps_first(col, c, kh, kw)})
    if kind == "col2im":
        col = inputs["col"].reshape(-1, kh, kw, c).transpose(0, 3, 1, 2).reshape(-1, c * kh * kw)
        return Job(
            lambda: col2im(col, (n, c, h, w), *geometry),
            lambda dx: {"dx": np.ascontiguousarray(dx.transpose(0, 2, 3, 1))},
        )
    raise NotImplementedError(f"the book has no program for {kind}")


def _taps_first(col: Array, c: int, kh: int, kw: int) -> Array:
    """Columns (c, kh, kw) to columns (kh, kw, c)."""
    return col.reshape(-1, c, kh, kw).transpose(0, 2, 3, 1).reshape(-1, kh * kw * c)


def _training(task: Task, inputs: Arrays) -> Job:
    network, n = SimpleConvNet(inputs), task["n"]
    images = np.ascontiguousarray(inputs["images"].transpose(0, 3, 1, 2))
    labels = inputs["labels"]
    starts = itertools.cycle(range(0, len(images), n))

    def step() -> float:
        start = next(starts)
        return network.step(images[start : start + n], labels[start : start + n])

    def first_losses(loss: Any) -> Arrays:
        return {"losses": np.array([loss, *(step() for _ in range(4))])}

    return Job(step, first_losses)
