# SPDX-License-Identifier: BSD-3-Clause
"""Batch normalisation: (x - mean) / sqrt(variance + 1e-6) gamma + beta, element by element."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyconv import ops
from pyconv.backend import Array, array_module
from pyconv.scratch.arrays import (
    after_forward,
    flattened,
    like,
    promoted,
    same_shape,
    vector_like,
)

_EPSILON = 10e-7


class _Seen(NamedTuple):
    """What a forward in training keeps for backward."""

    x: Array  # (n, elements)
    mean: Array
    variance: Array
    shape: tuple[int, ...]


class BatchNormalization:
    """Batch normalisation of every element of a sample over the batch, chapter 6.3.

    Images (n, c, h, w) keep statistics for each of their c * h * w elements, as in the book; those
    of pyconv.layers.BatchNormalization, as everywhere else, are per channel.

    Args:
        gamma, beta: (elements,), or one number. momentum: what running averages keep of
            themselves. running_mean, running_var: (elements,); both start at 0.
    Attributes:
        gamma, beta, momentum, running_mean, running_var: as given; they may be replaced.
        dgamma, dbeta: the gradients of the last backward.
    """

    def __init__(
        self,
        gamma: Any,
        beta: Any,
        momentum: float = 0.9,
        running_mean: Any = None,
        running_var: Any = None,
    ) -> None:
        self.gamma, self.beta, self.momentum = gamma, beta, momentum
        self.running_mean, self.running_var = running_mean, running_var
        self.input_shape: tuple[int, ...] | None = None
        self.dgamma: Array | None = None
        self.dbeta: Array | None = None
        self._seen: _Seen | None = None

    def forward(self, x: Any, train_flg: bool = True) -> Array:
        """Return x, (n, ...), normalised by the batch's statistics, or by the running ones.

        Training moves the running averages: average = momentum * average + (1 - momentum) * batch.

        Raises:
            TypeError: no arrays of numbers. ValueError: shapes; training on no samples.
        """
        name = "BatchNormalization.forward"
        (given,) = promoted(name, x=x)
        flat = flattened(name, "x", given)
        size = flat.shape[1]
        gamma = vector_like(flat, name, "gamma", self.gamma, size)
        beta = vector_like(flat, name, "beta", self.beta, size)
        if self.running_mean is None:
            self.running_mean = array_module(flat).zeros(size, flat.dtype)
        if self.running_var is None:
            self.running_var = array_module(flat).zeros(size, flat.dtype)
        running_mean = vector_like(flat, name, "running_mean", self.running_mean, size)
        running_var = vector_like(flat, name, "running_var", self.running_var, size)
        if train_flg:
            y, mean, variance = ops.batch_norm(
                flat, gamma, beta, None, None, epsilon=_EPSILON, training=True
            )
            kept, new = self.momentum, 1 - self.momentum
            self.running_mean = kept * running_mean + new * mean
            self.running_var = kept * running_var + new * variance
            self._seen = _Seen(flat, mean, variance, given.shape)
        else:
            y = _array(
                ops.batch_norm(flat, gamma, beta, running_mean, running_var, epsilon=_EPSILON)
            )
        self.input_shape = given.shape
        return y.reshape(given.shape)

    def backward(self, dout: Any) -> Array:
        """Keep dgamma and dbeta of the gradient of y; return that of x.

        Raises:
            RuntimeError: no forward in training before. TypeError, ValueError: dout.
        """
        name = "BatchNormalization.backward"
        seen: _Seen = after_forward(name, self._seen)
        dy = same_shape(name, "dout", like(seen.x, name, "dout", dout), seen.shape)
        gamma = vector_like(seen.x, name, "gamma", self.gamma, seen.x.shape[1])
        dx, self.dgamma, self.dbeta = ops.batch_norm_backward(
            dy.reshape(seen.x.shape),
            seen.x,
            gamma,
            seen.mean,
            seen.variance,
            epsilon=_EPSILON,
            training=True,
        )
        return _array(dx).reshape(seen.shape)


def _array(value: Any) -> Array:
    array: Array = value
    return array
