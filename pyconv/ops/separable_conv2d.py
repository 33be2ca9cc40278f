# SPDX-License-Identifier: BSD-3-Clause
"""Separable convolution: a depthwise convolution, then a 1x1 one that mixes its channels."""

from __future__ import annotations

from collections.abc import Collection

from pyconv.backend import Array, as_input, contiguous
from pyconv.geometry import DataFormat, IntPair, Padding, Window
from pyconv.ops.activation import ActivationName, activation_code, through_activation
from pyconv.ops.conv2d import checked_bias, convolve, gradients
from pyconv.ops.depthwise_conv2d import depthwise_window
from pyconv.ops.needs import checked_needs
from pyconv.ops.windows import conv_window


def _windows(
    function: str,
    x: Array,
    depthwise_kernel: Array,
    pointwise_kernel: Array,
    strides: IntPair,
    padding: Padding,
    dilation_rate: IntPair,
    data_format: DataFormat,
) -> tuple[Window, Array, Window]:
    """Return the depthwise window with its kernel in grouped form, and the pointwise window."""
    first, grouped = depthwise_window(
        function,
        x,
        depthwise_kernel,
        strides,
        padding,
        dilation_rate,
        data_format,
        "depthwise_kernel",
    )
    shape = pointwise_kernel.shape
    if shape[:3] != (1, 1, first.f) or not shape[3]:
        raise ValueError(
            f"{function}: pointwise_kernel.shape={shape}; must be (1, 1, {first.f}, filters)"
        )
    second = conv_window(function, first.output_shape, shape, 1, "valid", 1, 1, data_format)
    return first, grouped, second


def separable_conv2d(
    x: Array,
    depthwise_kernel: Array,
    pointwise_kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
) -> Array:
    """Return the separable convolution of images.

    Args:
        x: (n, h, w, c), or (n, c, h, w) if data_format is "channels_first"; float32 or float64.
        depthwise_kernel: (kh, kw, c, multiplier). pointwise_kernel: (1, 1, c * multiplier,
            filters). bias: (filters,). All of the dtype of x.
        strides, dilation_rate, padding: of the depthwise part. activation: of the result.
    Returns:
        y: (n, oh, ow, filters) in the layout of x.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, geometry, names. Nothing is allocated
        before.
    Source: Keras SeparableConv2D; the naive form is pyconv.reference.separable_conv2d.
    """
    function = "separable_conv2d"
    x = as_input(x, function, "x", ndim=4)
    depthwise_kernel = as_input(depthwise_kernel, function, "depthwise_kernel", ndim=4, like=x)
    pointwise_kernel = as_input(pointwise_kernel, function, "pointwise_kernel", ndim=4, like=x)
    first, grouped, second = _windows(
        function,
        x,
        depthwise_kernel,
        pointwise_kernel,
        strides,
        padding,
        dilation_rate,
        data_format,
    )
    activation_code(function, activation)
    bias = checked_bias(function, bias, second.f, x)
    between = convolve(function, first, x, grouped, None, None)
    return convolve(function, second, between, pointwise_kernel, bias, activation)


def separable_conv2d_backward(
    dy: Array,
    x: Array,
    depthwise_kernel: Array,
    pointwise_kernel: Array,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
    y: Array | None = None,
    needs: Collection[str] = ("x", "depthwise_kernel", "pointwise_kernel", "bias"),
) -> tuple[Array | None, Array | None, Array | None, Array | None]:
    """Return the gradients of separable_conv2d; what lies between is computed again.

    Args:
        dy: the gradient of y. x, the kernels and the geometry: as separable_conv2d got them.
        activation, y: with an activation, its result y is required and dy is the gradient of y.
        needs: of "x", "depthwise_kernel", "pointwise_kernel", "bias".
    Returns:
        (dx, ddepthwise, dpointwise, dbias), None where not needed.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, geometry, dy.shape, names.
    """
    function = "separable_conv2d_backward"
    x = as_input(x, function, "x", ndim=4)
    depthwise_kernel = as_input(depthwise_kernel, function, "depthwise_kernel", ndim=4, like=x)
    pointwise_kernel = as_input(pointwise_kernel, function, "pointwise_kernel", ndim=4, like=x)
    dy = as_input(dy, function, "dy", ndim=4, like=x)
    first, grouped, second = _windows(
        function,
        x,
        depthwise_kernel,
        pointwise_kernel,
        strides,
        padding,
        dilation_rate,
        data_format,
    )
    if dy.shape != second.output_shape:
        raise ValueError(f"{function}: dy.shape={dy.shape}; must be {second.output_shape}")
    names = ("x", "depthwise_kernel", "pointwise_kernel", "bias")
    wanted = checked_needs(function, needs, names)
    dy = through_activation(function, contiguous(dy), y, activation_code(function, activation))
    deep = wanted & {"x", "depthwise_kernel"}
    inner = {"kernel" if name == "pointwise_kernel" else name for name in wanted - deep}
    if deep:
        inner.add("x")
    # Only the pointwise kernel's gradient reads the values between; else x stands for their kind.
    between = convolve(function, first, x, grouped, None, None) if "kernel" in inner else x
    middle, dpointwise, dbias = gradients(function, second, dy, between, pointwise_kernel, inner)
    if middle is None:
        return None, None, dpointwise, dbias
    needed = {name.removeprefix("depthwise_") for name in deep}
    dx, ddepthwise, _ = gradients(function, first, middle, x, grouped, needed)
    if ddepthwise is not None:
        ddepthwise = ddepthwise.reshape(depthwise_kernel.shape)
    return dx, ddepthwise, dpointwise, dbias
