# SPDX-License-Identifier: BSD-3-Clause
"""A network's first convolution, its ReLU and its max-pooling as one operation, on the CPU.

The result has the bits of the three one by one, dW and db theirs up to the order of their sums.
What lies between them is not kept: it is computed again when somebody reads it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

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
from pyconv.scratch.conv2d import Convolution, Operands
from pyconv.scratch.max_pool2d import Pooling


class Between:
    """What the ReLU returns and the pooling reads, made anew when read."""

    def __init__(self, given: Operands) -> None:
        # Optimizers write into the weights.
        self._given = given._replace(kernel=given.kernel.copy(), b=given.b.copy())

    @cached_property
    def y(self) -> Array:
        """(n, fn, oh, ow)."""
        given = self._given
        y = ops.conv2d(given.x, given.kernel, given.b, activation="relu", **given.options())
        return as_book(y, given.data_format)


class Pooled(NamedTuple):
    """What forward keeps for backward."""

    window: Window
    pool: Window
    result: tuple[Array, Array]  # y and argmax, in the layout
    between: Between


def forward(first: Convolution, relu: Relu, pooling: Pooling, x: Any) -> Array | None:
    """Return pooling's result of relu's of first's, or None where the three cannot be one."""
    given = first.operands(x)
    window = Window.conv(
        "Convolution.forward",
        given.x.shape,
        given.kernel.shape,
        given.stride,
        given.pad,
        1,
        1,
        given.data_format,
    )
    convolved = (window.n, window.f, window.oh, window.ow)
    size, stride, pad = pooling.checked_windows(convolved)
    if pad:
        return None
    pool = Window.pool(
        *("Pooling.forward", window.output_shape, size, stride, "valid"), given.data_format, False
    )
    if not pools_natively(given.x, window, pool):
        return None
    y, argmax = conv2d_max_pool2d(
        "Convolution.forward", window, pool, given.x, given.kernel, given.b, "relu", offsets=True
    )
    assert argmax is not None
    between = Between(given)
    first.keep(x, given, convolved)
    first.pooled = Pooled(window, pool, (y, argmax), between)
    relu.keep_later(between)
    options = {"pool_size": size, "strides": stride, "data_format": given.data_format}
    return pooling.keep_later(between, y, argmax, window.output_shape, options)


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
    seen = first.seen()
    y = as_book(pooled.result[0], seen.data_format)
    dy = same_shape("Pooling.backward", "dout", like(y, "Pooling.backward", "dout", dout), y.shape)
    dkernel, first.db = conv2d_max_pool2d_backward(
        "Pooling.backward",
        pooled.window,
        pooled.pool,
        contiguous(in_layout(dy, seen.data_format)),
        pooled.result,
        seen.x,
        "relu",
        ("kernel", "bias"),
    )
    assert dkernel is not None
    first.dW = contiguous(dkernel.transpose(3, 2, 0, 1))
