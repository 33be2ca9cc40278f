# SPDX-License-Identifier: BSD-3-Clause
"""Convolutions and the max-pooling after them in one operation, piece by piece in the cache.

The result has the bits of the two one by one; the gradients of kernel and bias are those up to the
order of their sums. There is no gradient of the images. On the CPU only.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from pyconv.backend import Array, contiguous, dtype_code, empty_on, kernels_for
from pyconv.geometry import Window
from pyconv.ops.activation import ActivationName, activation_code
from pyconv.ops.conv2d import FORWARD, KERNEL, algorithm_of, checked_bias

ENDINGS: tuple[ActivationName, ...] = ("relu", "relu6")


def pools_natively(x: object, window: Window, pool: Window) -> bool:
    """Tell whether images are convolved and pooled so, by checked windows one after the other."""
    if type(x) is not np.ndarray or not kernels_for(x).has_arena or window.channels_first:
        return False
    alone = pool.top == pool.bottom == pool.left == pool.right == 0
    side_by_side = pool.kh == pool.sh and pool.kw == pool.sw
    reach = (window.kh - 1) * window.dil_h
    meets_pixels = window.top <= reach and window.bottom <= reach
    if not (alone and side_by_side and meets_pixels and window.n):
        return False
    return all(algorithm_of(x, window, way) == "direct" for way in (FORWARD, KERNEL))


def conv2d_max_pool2d(
    function: str,
    window: Window,
    pool: Window,
    x: Array,
    kernel: Array,
    bias: Array | None,
    activation: ActivationName,
    *,
    offsets: bool,
) -> tuple[Array, Array | None]:
    """Return max_pool2d(conv2d(x, kernel, bias, activation)), and with `offsets` its argmax.

    The windows are such as pools_natively takes; activation: none, or of ENDINGS.
    """
    code = activation_code(function, activation)
    bias = checked_bias(function, bias, window.f, x)
    y = empty_on(x, pool.output_shape)
    argmax = empty_on(x, pool.output_shape, pool.offset_dtype) if offsets else None
    kernels_for(x).conv2d_max_pool2d(
        dtype_code(x),
        contiguous(x),
        contiguous(kernel),
        bias,
        y,
        argmax,
        window.packed,
        pool.packed,
        code,
    )
    return y, argmax


def conv2d_max_pool2d_backward(
    function: str,
    window: Window,
    pool: Window,
    dy: Array,
    result: tuple[Array, Array],
    x: Array,
    activation: ActivationName,
    needs: Collection[str],
) -> tuple[Array | None, Array | None]:
    """Return (dkernel, dbias), None where not needed, of what the forward got and returned."""
    y, argmax = result
    dkernel = empty_on(dy, window.kernel_shape) if "kernel" in needs else None
    dbias = empty_on(dy, (window.f,)) if "bias" in needs else None
    kernels_for(x).conv2d_max_pool2d_backward(
        dtype_code(x),
        contiguous(dy),
        y,
        argmax,
        contiguous(x),
        dkernel,
        dbias,
        window.packed,
        pool.packed,
        activation_code(function, activation),
    )
    return dkernel, dbias
