# SPDX-License-Identifier: BSD-3-Clause
"""A network's first convolution, its ReLU and its max-pooling as one operation.

On the CPU, for images of one channel or such as lie channels last. The result has the bits of the
three one by one, dW and db theirs up to the order of their sums. What lies between them is not
kept: it is computed when somebody reads it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from pyconv import ops
from pyconv.backend import Array, contiguous
from pyconv.geometry import Window
from pyconv.ops.conv2d_max_pool2d import (
    conv2d_max_pool2d,
    conv2d_max_pool2d_backward,
    pools_natively,
)
from pyconv.scratch.activation import Relu
from pyconv.scratch.arrays import as_book, in_layout, like, same_shape
from pyconv.scratch.conv2d import Convolution, Operands, options_of
from pyconv.scratch.max_pool2d import Pooling


class Between:
    """What the ReLU returns and the pooling reads, made when read."""

    def __init__(self, given: Operands, x: Array) -> None:
        # Optimizers write into the weights, and batches into the memory of those before.
        self._given = given._replace(
            x=given.x.copy() if np.may_share_memory(given.x, x) else given.x,
            kernel=given.kernel.copy(),
            b=given.b.copy(),
        )

    @cached_property
    def y(self) -> Array:
        """(n, fn, oh, ow)."""
        given = self._given
        y = ops.conv2d(given.x, given.kernel, given.b, activation="relu", **options_of(given))
        return as_book(y, given.data_format)


class Pooled(NamedTuple):
    """What forward keeps for backward."""

    given: Operands
    window: Window
    pool: Window
    result: tuple[Array, Array]  # y and argmax, in the layout
    between: Between


def forward(first: Convolution, relu: Relu, pooling: Pooling, x: Any) -> Array | None:
    """Return pooling's result of relu's of first's, or None where the three cannot be one.

    Raises:
        TypeError, ValueError: as their own do.
    """
    if not _lies_channels_last(x) or type(pooling.pad) is not int or pooling.pad:
        return None
    given = first.operands(x)
    window = Window.conv(
        "conv2d",
        given.x.shape,
        given.kernel.shape,
        given.stride,
        given.pad,
        1,
        1,
        given.data_format,
    )
    convolved = (window.n, window.f, window.oh, window.ow)
    size, stride, _ = pooling.checked_windows(convolved)
    pool = Window.pool(
        *("Pooling.forward", window.output_shape, size, stride, "valid"), given.data_format, False
    )
    if not pools_natively(given.x, window, pool):
        return None
    y, argmax = conv2d_max_pool2d(
        "conv2d", window, pool, given.x, given.kernel, given.b, "relu", offsets=True
    )
    assert argmax is not None
    between = Between(given, x)
    first.keep(x, given, convolved)
    first.pooled = Pooled(given, window, pool, (y, argmax), between)
    relu.keep_later(between)
    options = {"pool_size": size, "strides": stride, "data_format": given.data_format}
    return pooling.keep_later(between, y, argmax, window.output_shape, options)


def _lies_channels_last(x: Any) -> bool:
    return type(x) is np.ndarray and x.ndim == 4 and x.transpose(0, 2, 3, 1).flags.c_contiguous


def ran(first: Convolution, relu: Relu, pooling: Pooling) -> bool:
    """Tell whether the three were last called so, and nothing was put in since."""
    return (
        first.pooled is not None
        and first.pooled.between is relu.later is pooling.later
        and "arg_max" not in vars(pooling)
    )


def backward(first: Convolution, dout: Any) -> None:
    """Keep dW and db of the gradient of what forward returned.

    Raises:
        TypeError, ValueError: kind and shape of dout.
    """
    pooled: Pooled = first.pooled
    given = pooled.given
    y = as_book(pooled.result[0], given.data_format)
    name = "Pooling.backward_relu"
    dy = same_shape(name, "dout", like(y, name, "dout", dout), y.shape)
    dkernel, dbias = conv2d_max_pool2d_backward(
        name,
        pooled.window,
        pooled.pool,
        contiguous(in_layout(dy, given.data_format)),
        pooled.result,
        given.x,
        "relu",
        ("kernel", "bias"),
    )
    first.take_gradients(dkernel, dbias)
