# SPDX-License-Identifier: BSD-3-Clause
"""Depthwise convolutions and the 1x1 convolution after them in one operation, band by band.

What lies between the two stays in the cache. The result has the bits of the two one by one. On the
CPU only.
"""

from __future__ import annotations

import numpy as np

from pyconv.backend import Array, contiguous, dtype_code, empty_on, kernels_for
from pyconv.geometry import Window
from pyconv.ops.activation import ActivationName, activation_code
from pyconv.ops.conv2d import algorithm_of, checked_bias


def runs_in_bands(x: object, first: Window, second: Window) -> bool:
    """Tell whether images are convolved so, by checked windows one after the other."""
    if type(x) is not np.ndarray or not kernels_for(x).has_arena or first.channels_first:
        return False
    alone = second.kh == second.kw == second.sh == second.sw == second.groups == 1
    inside = second.top == second.bottom == second.left == second.right == 0
    reach = (first.kh - 1) * first.dil_h
    meets_pixels = first.top <= reach and first.bottom <= reach
    if not (alone and inside and meets_pixels and first.n and first.f == first.c):
        return False
    return algorithm_of(x, first) == "depthwise" and algorithm_of(x, second) == "direct"


def separable_in_bands(
    function: str,
    first: Window,
    second: Window,
    x: Array,
    depthwise: tuple[Array, Array | None],
    between: ActivationName,
    pointwise: tuple[Array, Array | None],
    activation: ActivationName,
    prepared: Array | None = None,
) -> Array:
    """Return activation(conv2d(between(depthwise_conv2d(x)))).

    The windows are such as runs_in_bands takes.

    Args:
        depthwise, pointwise: kernel and bias of each; the depthwise kernel in grouped form.
        prepared: what PreparedKernel holds for the second window.
    """
    codes = activation_code(function, between), activation_code(function, activation)
    biases = (
        checked_bias(function, depthwise[1], first.f, x),
        checked_bias(function, pointwise[1], second.f, x),
    )
    y = empty_on(x, second.output_shape)
    kernels_for(x).separable_conv2d(
        dtype_code(x),
        contiguous(x),
        contiguous(depthwise[0]),
        biases[0],
        contiguous(pointwise[0]),
        biases[1],
        y,
        first.packed,
        second.packed,
        *codes,
        prepared,
    )
    return y
