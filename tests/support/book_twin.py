# SPDX-License-Identifier: BSD-3-Clause
"""The algorithms of "Deep Learning from Scratch" in plain float64 NumPy, to compare with.

Windows are gathered slice by slice into columns, every product is one `@`, every step is written as
its formula; nothing here knows pyconv.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def columns_of(x: Array, fh: int, fw: int, stride: int, pad: int) -> Array:
    """Return (n, oh, ow, c, fh, fw): the window at every place, zeros around."""
    padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    oh = (padded.shape[2] - fh) // stride + 1
    ow = (padded.shape[3] - fw) // stride + 1
    windows = np.zeros((x.shape[0], oh, ow, x.shape[1], fh, fw))
    for i in range(fh):
        for j in range(fw):
            taps = padded[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride]
            windows[:, :, :, :, i, j] = taps[:, :, :oh, :ow].transpose(0, 2, 3, 1)
    return windows


def images_of(windows: Array, shape: tuple[int, ...], stride: int, pad: int) -> Array:
    """Return the adjoint of columns_of: windows added up where they came from."""
    n, c, h, w = shape
    _, oh, ow, _, fh, fw = windows.shape
    sums = np.zeros((n, c, h + 2 * pad + stride, w + 2 * pad + stride))
    for i in range(fh):
        for j in range(fw):
            place = sums[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride]
            place += windows[:, :, :, :, i, j].transpose(0, 3, 1, 2)
    return sums[:, :, pad : pad + h, pad : pad + w]


class Convolution:
    """y = columns @ filters + b."""

    def __init__(self, W: Array, b: Any, stride: int = 1, pad: int = 0) -> None:
        self.W, self.b, self.stride, self.pad = W, b, stride, pad

    def forward(self, x: Array) -> Array:
        fn, _, fh, fw = self.W.shape
        self.shape = x.shape
        windows = columns_of(x, fh, fw, self.stride, self.pad)
        self.places = windows.shape
        self.col = windows.reshape(-1, self.W[0].size)
        self.col_W = self.W.reshape(fn, -1).T
        y = self.col @ self.col_W + self.b
        return y.reshape(*windows.shape[:3], fn).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        rows = dout.transpose(0, 2, 3, 1).reshape(-1, self.W.shape[0])
        self.db = rows.sum(axis=0)
        self.dW = (self.col.T @ rows).T.reshape(self.W.shape)
        dcol = rows @ self.col_W.T
        return images_of(dcol.reshape(self.places), self.shape, self.stride, self.pad)


class Pooling:
    """The largest of every window, the first of equals; pad does not count in the size."""

    def __init__(self, pool_h: int, pool_w: int, stride: int = 2, pad: int = 0) -> None:
        self.pool, self.stride, self.pad = (pool_h, pool_w), stride, pad

    def forward(self, x: Array) -> Array:
        oh = int(1 + (x.shape[2] - self.pool[0]) / self.stride)
        ow = int(1 + (x.shape[3] - self.pool[1]) / self.stride)
        self.shape = x.shape
        windows = columns_of(x, *self.pool, self.stride, self.pad)[:, :oh, :ow]
        self.places = windows.shape
        flat = windows.reshape(-1, self.pool[0] * self.pool[1])
        self.arg_max = flat.argmax(axis=1)
        return flat.max(axis=1).reshape(windows.shape[:4]).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        flat = np.zeros((dout.size, self.pool[0] * self.pool[1]))
        flat[np.arange(dout.size), self.arg_max] = dout.transpose(0, 2, 3, 1).ravel()
        return images_of(flat.reshape(self.places), self.shape, self.stride, self.pad)


class Affine:
    """y = x W + b, x flattened."""

    def __init__(self, W: Array, b: Any) -> None:
        self.W, self.b = W, b

    def forward(self, x: Array) -> Array:
        self.shape, self.x = x.shape, x.reshape(x.shape[0], -1)
        return self.x @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return (dout @ self.W.T).reshape(self.shape)


class Relu:
    """0 where x <= 0."""

    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        return np.where(self.mask, 0, x)

    def backward(self, dout: Array) -> Array:
        return np.where(self.mask, 0, dout)


class Sigmoid:
    """1 / (1 + e^-x)."""

    def forward(self, x: Array) -> Array:
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout: Array) -> Array:
        return dout * self.out * (1 - self.out)


class BatchNormalization:
    """Every column by its own mean and variance; running ones start at 0."""

    def __init__(self, gamma: Any, beta: Any, momentum: float = 0.9) -> None:
        self.gamma, self.beta, self.momentum = gamma, beta, momentum
        self.running_mean = self.running_var = 0.0

    def forward(self, x: Array, train_flg: bool = True) -> Array:
        self.shape = x.shape
        flat = x.reshape(x.shape[0], -1)
        if train_flg:
            mean, var = flat.mean(axis=0), flat.var(axis=0)
            self.std = np.sqrt(var + 1e-6)
            self.xn = (flat - mean) / self.std
            keep = self.momentum
            self.running_mean = keep * self.running_mean + (1 - keep) * mean
            self.running_var = keep * self.running_var + (1 - keep) * var
            normal = self.xn
        else:
            normal = (flat - self.running_mean) / np.sqrt(self.running_var + 1e-6)
        return (self.gamma * normal + self.beta).reshape(x.shape)

    def backward(self, dout: Array) -> Array:
        flat = dout.reshape(dout.shape[0], -1)
        self.dbeta, self.dgamma = flat.sum(axis=0), (self.xn * flat).sum(axis=0)
        dxn = self.gamma * flat
        centred = dxn - dxn.mean(axis=0) - self.xn * (dxn * self.xn).mean(axis=0)
        return (centred / self.std).reshape(self.shape)


class Dropout:
    """x * mask in training, x * (1 - ratio) else."""

    def __init__(self, dropout_ratio: float = 0.5) -> None:
        self.ratio = dropout_ratio

    def forward(self, x: Array, train_flg: bool = True) -> Array:
        if not train_flg:
            return x * (1 - self.ratio)
        self.mask = np.random.rand(*x.shape) > self.ratio
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        return dout * self.mask


class SoftmaxWithLoss:
    """Softmax and the mean of -log(y + 1e-7) at the label, one-hot labels."""

    def forward(self, x: Array, t: Array) -> float:
        powers = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = powers / powers.sum(axis=1, keepdims=True), t
        return float(-(t * np.log(self.y + 1e-7)).sum() / len(x))

    def backward(self, dout: float = 1) -> Array:
        return dout * (self.y - self.t) / len(self.y)


def simple_convnet_layers(params: dict[str, Array]) -> list[Any]:
    """Return the layers of SimpleConvNet on these parameters."""
    return [
        *(Convolution(params["W1"], params["b1"]), Relu(), Pooling(2, 2)),
        *(Affine(params["W2"], params["b2"]), Relu(), Affine(params["W3"], params["b3"])),
    ]


def deep_convnet_layers(params: dict[str, Array]) -> list[Any]:
    """Return the layers of DeepConvNet on these parameters."""
    layers: list[Any] = []
    for number, pad in enumerate((1, 1, 1, 2, 1, 1), 1):
        W, b = params[f"W{number}"], params[f"b{number}"]
        layers += [Convolution(W, b, 1, pad), Relu()]
        if number % 2 == 0:
            layers.append(Pooling(2, 2))
    layers += [Affine(params["W7"], params["b7"]), Relu(), Dropout()]
    return [*layers, Affine(params["W8"], params["b8"]), Dropout()]


def loss_and_gradients(
    layers: list[Any], x: Array, t: Array
) -> tuple[float, dict[str, Array], list[Array]]:
    """Return the loss of one-hot labels, the gradients by name, and each layer's dx, last first."""
    last = SoftmaxWithLoss()
    for layer in layers:
        x = layer.forward(x)
    loss = last.forward(x, t)
    dout, inputs = last.backward(), []
    for layer in reversed(layers):
        dout = layer.backward(dout)
        inputs.append(dout)
    weighted = [layer for layer in layers if hasattr(layer, "W")]
    grads = {}
    for number, layer in enumerate(weighted, 1):
        grads[f"W{number}"], grads[f"b{number}"] = layer.dW, layer.db
    return loss, grads, inputs
