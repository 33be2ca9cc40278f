# SPDX-License-Identifier: BSD-3-Clause
"""Transposed convolution: the adjoint of conv2d, which sends each pixel of x through a filter.

y[n, i sh + r dil_h - top, j sw + s dil_w - left, f] += x[n, i, j, c] kernel[r, s, f, c]
"""

from __future__ import annotations

from collections.abc import Collection

from pyconv.backend import Array, as_input, contiguous, dtype_code, empty_on, kernels_for
from pyconv.geometry import DataFormat, IntPair, Padding, Window
from pyconv.ops.activation import (
    ActivationName,
    activation_code,
    apply_activation,
    through_activation,
)
from pyconv.ops.conv2d import (
    KERNEL,
    auto_code,
    backward_data,
    checked_bias,
    convolve,
    workspace_for,
)
from pyconv.ops.needs import checked_needs
from pyconv.ops.windows import conv_transpose_window, conv_window


def conv2d_transpose(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    output_padding: IntPair | None = None,
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
) -> Array:
    """Return the transposed convolution of images.

    Args:
        x: (n, h, w, c), or (n, c, h, w) if data_format is "channels_first"; float32 or float64.
        kernel: (kh, kw, filters, c), dtype of x. bias: (filters,).
        strides, dilation_rate: int or (vertical, horizontal), pixels.
        padding: what is cut off the full result: "valid" nothing, "same" as much as leaves
            h * strides, or pixels, (vertical, horizontal), ((top, bottom), (left, right)).
        output_padding: pixels more at the bottom and right, less than strides.
        activation: applied to the result.
    Returns:
        y: (n, oh, ow, filters) in the layout of x. With e = (k - 1) * dilation_rate + 1, "valid"
        gives (h - 1) * strides + max(e, strides), "same" h * strides; with output_padding
        (h - 1) * strides + output_padding + (e for "valid", e % 2 for "same").
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, geometry, names. Nothing is allocated
        before.
    Source: Keras Conv2DTranspose; the naive form is pyconv.reference.conv2d_transpose.
    """
    function = "conv2d_transpose"
    x = as_input(x, function, "x", ndim=4)
    kernel = as_input(kernel, function, "kernel", ndim=4, like=x)
    window = conv_transpose_window(
        function,
        x.shape,
        kernel.shape,
        strides,
        padding,
        output_padding,
        dilation_rate,
        data_format,
    )
    code = activation_code(function, activation)
    bias = checked_bias(function, bias, window.c, x)
    y = backward_data(contiguous(x), contiguous(kernel), window)
    if bias is not None:
        y += bias.reshape(-1, 1, 1) if window.channels_first else bias
    return apply_activation(y, code) if code else y


def conv2d_transpose_backward(
    dy: Array,
    x: Array,
    kernel: Array,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    output_padding: IntPair | None = None,
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
    y: Array | None = None,
    needs: Collection[str] = ("x", "kernel", "bias"),
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the gradients of conv2d_transpose.

    Args:
        dy: the gradient of y, shape of y. x, kernel and the geometry: as conv2d_transpose got them.
        activation, y: with an activation, its result y is required and dy is the gradient of y.
        needs: which gradients to compute, of "x", "kernel", "bias".
    Returns:
        (dx, dkernel, dbias), None where not needed.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, geometry, dy.shape, names.
    Source: the naive form is pyconv.reference.conv2d_transpose_backward.
    """
    function = "conv2d_transpose_backward"
    x = as_input(x, function, "x", ndim=4)
    kernel = as_input(kernel, function, "kernel", ndim=4, like=x)
    dy = as_input(dy, function, "dy", ndim=4, like=x)
    window = conv_transpose_window(
        function,
        x.shape,
        kernel.shape,
        strides,
        padding,
        output_padding,
        dilation_rate,
        data_format,
    )
    if dy.shape != window.input_shape:
        raise ValueError(f"{function}: dy.shape={dy.shape}; must be {window.input_shape}")
    wanted = checked_needs(function, needs)
    code = activation_code(function, activation)
    dy = through_activation(function, contiguous(dy), y, code)
    dx = convolve(function, window, dy, kernel, None, None) if "x" in wanted else None
    dkernel = _kernel_gradient(dy, contiguous(x), window) if "kernel" in wanted else None
    dbias = _bias_gradient(function, dy, window) if "bias" in wanted else None
    return dx, dkernel, dbias


def _kernel_gradient(dy: Array, x: Array, window: Window) -> Array:
    """Return dkernel: in the adjoint convolution dy is the image and x the gradient."""
    dkernel = empty_on(x, window.kernel_shape)
    auto, kernels = auto_code(), kernels_for(x)
    workspace = workspace_for(kernels, x, window, auto, KERNEL)
    kernels.conv2d_backward_kernel(
        dtype_code(x), dy, x, dkernel, None, window.packed, auto, workspace
    )
    return dkernel


def _bias_gradient(function: str, dy: Array, window: Window) -> Array:
    """Return the sum of dy over all pixels: the bias gradient of a 1x1 convolution."""
    one = (1, 1, window.c, window.c)
    layout: DataFormat = "channels_first" if window.channels_first else "channels_last"
    pointwise = conv_window(function, window.input_shape, one, 1, "valid", 1, 1, layout)
    dbias = empty_on(dy, (window.c,))
    kernels_for(dy).conv2d_backward_kernel(
        dtype_code(dy), dy, dy, None, dbias, pointwise.packed, 0, None
    )
    return dbias
