# SPDX-License-Identifier: BSD-3-Clause
"""Depthwise convolution: each channel of x has `multiplier` filters of its own.

y[n, i, j, c * multiplier + q] = bias + sum over taps of x[window (i, j), c] kernel[r, s, c, q]
"""

from __future__ import annotations

from collections.abc import Collection

from pyconv.backend import Array, as_input
from pyconv.geometry import DataFormat, IntPair, Padding, Window
from pyconv.ops.activation import ActivationName
from pyconv.ops.conv2d import convolve, gradients
from pyconv.ops.windows import conv_window

# A kernel (kh, kw, c, multiplier) lies in memory as one of (kh, kw, 1, c * multiplier) filters in
# c groups does: the grouped convolution of that shape is the depthwise one.


def depthwise_window(
    function: str,
    x: Array,
    kernel: Array,
    strides: IntPair,
    padding: Padding,
    dilation_rate: IntPair,
    data_format: DataFormat,
    argument: str = "kernel",
) -> tuple[Window, Array]:
    """Return the window, and the kernel in the shape of a grouped convolution's."""
    kh, kw, c, multiplier = kernel.shape
    channels = x.shape[1 if data_format == "channels_first" else 3]
    if c != channels or not all(kernel.shape):
        raise ValueError(
            f"{function}: {argument}.shape={kernel.shape} for x.shape={x.shape}; must be "
            f"(kh, kw, {channels}, multiplier), each >= 1"
        )
    grouped = kernel.reshape(kh, kw, 1, c * multiplier)
    window = conv_window(
        function, x.shape, grouped.shape, strides, padding, dilation_rate, c, data_format
    )
    return window, grouped


def depthwise_conv2d(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
) -> Array:
    """Return the depthwise convolution of images.

    Args:
        x: (n, h, w, c), or (n, c, h, w) if data_format is "channels_first"; float32 or float64.
        kernel: (kh, kw, c, multiplier), dtype of x. bias: (c * multiplier,).
        strides, dilation_rate: int or (vertical, horizontal), pixels.
        padding: "valid", "same", pixels, (vertical, horizontal), ((top, bottom), (left, right)).
        activation: applied to the result.
    Returns:
        y: (n, oh, ow, c * multiplier) in the layout of x; channel c's filters stand together.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, geometry, names. Nothing is allocated
        before.
    Source: Keras DepthwiseConv2D; the naive form is pyconv.reference.depthwise_conv2d.
    """
    function = "depthwise_conv2d"
    x = as_input(x, function, "x", ndim=4)
    kernel = as_input(kernel, function, "kernel", ndim=4, like=x)
    window, kernel = depthwise_window(
        function, x, kernel, strides, padding, dilation_rate, data_format
    )
    return convolve(function, window, x, kernel, bias, activation)


def depthwise_conv2d_backward(
    dy: Array,
    x: Array,
    kernel: Array,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
    y: Array | None = None,
    needs: Collection[str] = ("x", "kernel", "bias"),
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the gradients of depthwise_conv2d.

    Args:
        dy: the gradient of y, shape of y. x, kernel and the geometry: as depthwise_conv2d got them.
        activation, y: with an activation, its result y is required and dy is the gradient of y.
        needs: which gradients to compute, of "x", "kernel", "bias".
    Returns:
        (dx, dkernel, dbias), None where not needed.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, geometry, dy.shape, names.
    Source: the naive form is pyconv.reference.depthwise_conv2d_backward.
    """
    function = "depthwise_conv2d_backward"
    x = as_input(x, function, "x", ndim=4)
    kernel = as_input(kernel, function, "kernel", ndim=4, like=x)
    dy = as_input(dy, function, "dy", ndim=4, like=x)
    window, grouped = depthwise_window(
        function, x, kernel, strides, padding, dilation_rate, data_format
    )
    dx, dkernel, dbias = gradients(function, window, dy, x, grouped, needs, activation, y)
    return dx, None if dkernel is None else dkernel.reshape(kernel.shape), dbias
