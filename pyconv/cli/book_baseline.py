# SPDX-License-Identifier: BSD-3-Clause
"""How fast SimpleConvNet trains here the way the book teaches it, in plain NumPy.

float64 throughout, im2col by kh * kw strided slices, one np.dot per product, Adam on every weight;
images are (n, c, h, w).
"""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

RATE, BETA_1, BETA_2 = 1e-3, 0.9, 0.999


def im2col(x: Array, size: int, stride: int) -> Array:
    """Return the windows of images (n, c, h, w) as rows (n * oh * ow, c * size * size)."""
    n, c, h, w = x.shape
    oh, ow = (h - size) // stride + 1, (w - size) // stride + 1
    col = np.zeros((n, c, size, size, oh, ow))
    for i in range(size):
        for j in range(size):
            col[:, :, i, j] = x[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride]
    rows: Array = col.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, -1)
    return rows


def col2im(col: Array, shape: tuple[int, ...], size: int, stride: int) -> Array:
    """Return images (n, c, h, w) in which every window's row is added where it came from."""
    n, c, h, w = shape
    oh, ow = (h - size) // stride + 1, (w - size) // stride + 1
    parts = col.reshape(n, oh, ow, c, size, size).transpose(0, 3, 4, 5, 1, 2)
    x = np.zeros(shape)
    for i in range(size):
        for j in range(size):
            x[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride] += parts[:, :, i, j]
    return x


class BookConvNet:
    """The network and its Adam, every step spelled out."""

    def __init__(self, rng: np.random.Generator) -> None:
        shapes = [(25, 30), (30,), (4320, 100), (100,), (100, 10), (10,)]
        self.weights = [
            rng.normal(0, 0.01, shape) if len(shape) == 2 else np.zeros(shape) for shape in shapes
        ]
        self.m = [np.zeros(shape) for shape in shapes]
        self.v = [np.zeros(shape) for shape in shapes]
        self.steps = 0

    def loss_and_gradients(self, x: Array, labels: Array) -> tuple[float, list[Array]]:
        """Return the mean cross-entropy of images (n, 1, 28, 28), and a gradient per weight."""
        kernel, bias, dense, dense_bias, last, last_bias = self.weights
        n = len(x)
        col = im2col(x, 5, 1)  # (n*24*24, 25)
        y = np.maximum(np.dot(col, kernel) + bias, 0)
        y = y.reshape(n, 24, 24, 30).transpose(0, 3, 1, 2)
        windows = im2col(y, 2, 2).reshape(-1, 4)  # (n*12*12*30, 4)
        argmax = windows.argmax(axis=1)
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
        dy = col2im(dwindows.reshape(n * 144, -1), y.shape, 2, 2) * (y > 0)
        dy = dy.transpose(0, 2, 3, 1).reshape(-1, 30)
        col2im(np.dot(dy, kernel.T), x.shape, 5, 1)  # the book goes on to the images
        return float(loss), [
            np.dot(col.T, dy),
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


def images_per_second(images: Array, labels: Array, *, seconds: float, batch_size: int) -> float:
    """Return the images per second, by the median batch, of training on (n, 28, 28) uint8."""
    rng = np.random.default_rng(0)
    network = BookConvNet(rng)
    taken: list[float] = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds or network.steps < 3:
        chosen = rng.integers(0, len(images), batch_size)
        x, t = images[chosen, None] / 255.0, labels[chosen].astype(np.intp)
        start = time.perf_counter()
        network.train_step(x, t)
        taken.append(time.perf_counter() - start)
    return batch_size / median(taken)
