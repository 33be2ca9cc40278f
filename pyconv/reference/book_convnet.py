# SPDX-License-Identifier: BSD-3-Clause
"""SimpleConvNet the way "Deep Learning from Scratch" computes it: where its readers come from.

float64, windows gathered into columns by kh * kw strided slices, one np.dot per product, Adam on
every weight; images are (n, c, h, w). The demo and the benchmarks measure their speed against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

RATE, BETA_1, BETA_2 = 1e-3, 0.9, 0.999
SHAPES = ((30, 1, 5, 5), (30,), (4320, 100), (100,), (100, 10), (10,))


def columns_of(x: Array, kh: int, kw: int, stride: int = 1, pad: int = 0) -> Array:
    """Return the windows of images as rows, (n * oh * ow, c * kh * kw)."""
    n, c, h, w = x.shape
    oh, ow = (h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1
    image = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    col = np.zeros((n, c, kh, kw, oh, ow), x.dtype)
    for i in range(kh):
        for j in range(kw):
            rows, columns = slice(i, i + stride * oh, stride), slice(j, j + stride * ow, stride)
            col[:, :, i, j] = image[:, :, rows, columns]
    windows: Array = col.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, -1)
    return windows


def images_of(
    col: Array, shape: tuple[int, ...], kh: int, kw: int, stride: int = 1, pad: int = 0
) -> Array:
    """Return images of a shape in which every window's row is added where it came from."""
    n, c, h, w = shape
    oh, ow = (h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1
    parts = col.reshape(n, oh, ow, c, kh, kw).transpose(0, 3, 4, 5, 1, 2)
    image = np.zeros((n, c, h + 2 * pad + stride - 1, w + 2 * pad + stride - 1), col.dtype)
    for i in range(kh):
        for j in range(kw):
            rows, columns = slice(i, i + stride * oh, stride), slice(j, j + stride * ow, stride)
            image[:, :, rows, columns] += parts[:, :, i, j]
    return image[:, :, pad : h + pad, pad : w + pad]


class BookConvNet:
    """The network and its Adam, every step spelled out.

    Args:
        weights: filters, dense and last kernel with their biases, in SHAPES; copied as float64.
            The dense kernel's rows are in the order (channel, row, column).
    """

    def __init__(self, weights: Sequence[Array]) -> None:
        self.weights = [np.array(weight, np.float64) for weight in weights]
        self.m = [np.zeros_like(weight) for weight in self.weights]
        self.v = [np.zeros_like(weight) for weight in self.weights]
        self.steps = 0

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> BookConvNet:
        """Return one with weights of standard deviation 0.01 and biases 0."""
        return cls(
            [rng.normal(0, 0.01, s) if len(s) > 1 else np.zeros(s) for s in SHAPES],
        )

    def loss_and_gradients(self, x: Array, labels: Array) -> tuple[float, list[Array]]:
        """Return the mean cross-entropy of images (n, 1, 28, 28), and a gradient per weight."""
        filters, bias, dense, dense_bias, last, last_bias = self.weights
        n = len(x)
        col = columns_of(x, 5, 5)  # (n * 24 * 24, 25)
        y = np.dot(col, filters.reshape(30, -1).T) + bias
        y = y.reshape(n, 24, 24, 30).transpose(0, 3, 1, 2)
        positive = y > 0
        windows = columns_of(np.where(positive, y, 0), 2, 2, 2).reshape(-1, 4)
        argmax = windows.argmax(axis=1)  # (n * 12 * 12 * 30,)
        pooled = windows.max(axis=1).reshape(n, 12, 12, 30).transpose(0, 3, 1, 2)
        flat = pooled.reshape(n, -1)  # (n, 4320)
        hidden = np.maximum(np.dot(flat, dense) + dense_bias, 0)
        logits = np.dot(hidden, last) + last_bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        rows = np.arange(n)
        loss = -np.log(probabilities[rows, labels] + 1e-7).mean()

        dlogits = probabilities
        dlogits[rows, labels] -= 1
        dlogits /= n
        dhidden = np.dot(dlogits, last.T) * (hidden > 0)
        dflat = np.dot(dhidden, dense.T)
        dwindows = np.zeros(windows.shape)
        by_window = dflat.reshape(n, 30, 12, 12).transpose(0, 2, 3, 1).reshape(-1)
        dwindows[np.arange(len(argmax)), argmax] = by_window
        dy = images_of(dwindows.reshape(n * 144, -1), y.shape, 2, 2, 2) * positive
        dy = dy.transpose(0, 2, 3, 1).reshape(-1, 30)
        images_of(np.dot(dy, filters.reshape(30, -1)), x.shape, 5, 5)  # the book goes on to x
        return float(loss), [
            np.dot(col.T, dy).T.reshape(filters.shape),
            dy.sum(axis=0),
            np.dot(flat.T, dhidden),
            dhidden.sum(axis=0),
            np.dot(hidden.T, dlogits),
            dlogits.sum(axis=0),
        ]

    def train_step(self, x: Array, labels: Array) -> float:
        """Move the weights once and return the loss before that."""
        loss, gradients = self.loss_and_gradients(x, labels)
        self.steps += 1
        rate = RATE * np.sqrt(1 - BETA_2**self.steps) / (1 - BETA_1**self.steps)
        for w, dw, m, v in zip(self.weights, gradients, self.m, self.v, strict=True):
            m += (1 - BETA_1) * (dw - m)
            v += (1 - BETA_2) * (dw**2 - v)
            w -= rate * m / (np.sqrt(v) + 1e-7)
        return loss
