# SPDX-License-Identifier: BSD-3-Clause
"""SoftmaxWithLoss: y = softmax(x), loss = -sum over samples of log(y[label] + 1e-7) / n."""

from __future__ import annotations

from typing import Any

from pyconv.backend import Array, as_numbers
from pyconv.scratch.arrays import after_forward
from pyconv.scratch.functions import cross_entropy_error, softmax
from pyconv.scratch.labels import class_numbers, is_one_hot, rows_of


class SoftmaxWithLoss:
    """The last layer of a classifier in training, chapter 5.6.3.

    Attributes:
        y: probabilities, (n, classes). t: the labels. loss: the mean loss.
    """

    def __init__(self) -> None:
        self.loss: Any = None
        self.y: Array | None = None
        self.t: Any = None

    def forward(self, x: Any, t: Any) -> Any:
        """Return the mean loss of scores (n, classes).

        Args:
            t: labels (n,), (n, 1) or one-hot (n, classes).
        Raises:
            TypeError: kinds. ValueError: shapes, or the first label that is no class.
        """
        y = softmax(x)
        self.loss = cross_entropy_error(y, t)
        self.t, self.y = t, y
        return self.loss

    def backward(self, dout: Any = 1) -> Array:
        """Return dout (y - t) / n, t one-hot.

        Raises:
            RuntimeError: no forward before.
        """
        name = "SoftmaxWithLoss.backward"
        y: Array = after_forward(name, self.y)
        t = as_numbers(self.t, name, "t")
        n = t.shape[0] if t.ndim else 1
        dx: Array
        if is_one_hot(t, y):
            dx = y - t.reshape(y.shape).astype(y.dtype, copy=False)
        else:
            dx = y.copy()
            rows = dx.reshape(-1, y.shape[-1])
            rows[rows_of(rows), class_numbers(name, t, rows)] -= 1
        dx /= n
        dx *= dout
        return dx
