# SPDX-License-Identifier: BSD-3-Clause
"""Separable convolution: a depthwise convolution, then a 1x1 one that mixes its channels."""

from __future__ import annotations

from collections.abc import Collection

from pyconv.backend import Array, as_input
from pyconv.geometry import DataFormat, IntPair, Padding
from pyconv.ops.activation import ActivationName
from pyconv.ops.conv2d import conv2d, conv2d_backward
from pyconv.ops.depthwise_conv2d import depthwise_conv2d, depthwise_conv2d_backward
from pyconv.ops.needs import checked_needs


def _check_pointwise(function: str, depthwise_kernel: Array, pointwise_kernel: Array) -> None:
    between = depthwise_kernel.shape[2] * depthwise_kernel.shape[3]
    shape = pointwise_kernel.shape
    if shape[:3] != (1, 1, between):
        raise ValueError(
            f"{function}: pointwise_kernel.shape={shape}; must be (1, 1, {between}, filters)"
        )


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
    _check_pointwise(function, depthwise_kernel, pointwise_kernel)
    between = depthwise_conv2d(
        x,
        depthwise_kernel,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        data_format=data_format,
    )
    return conv2d(between, pointwise_kernel, bias, data_format=data_format, activation=activation)


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
    _check_pointwise(function, depthwise_kernel, pointwise_kernel)
    names = ("x", "depthwise_kernel", "pointwise_kernel", "bias")
    wanted = checked_needs(function, needs, names)
    first = wanted & {"x", "depthwise_kernel"}
    between = depthwise_conv2d(
        x,
        depthwise_kernel,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        data_format=data_format,
    )
    inner = {"kernel" if name == "pointwise_kernel" else name for name in wanted - first}
    if first:
        inner.add("x")
    dbetween, dpointwise, dbias = conv2d_backward(
        dy,
        between,
        pointwise_kernel,
        data_format=data_format,
        activation=activation,
        y=y,
        needs=inner,
    )
    if dbetween is None:
        return None, None, dpointwise, dbias
    dx, ddepthwise, _ = depthwise_conv2d_backward(
        dbetween,
        x,
        depthwise_kernel,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        data_format=data_format,
        needs={name.removeprefix("depthwise_") for name in first},
    )
    return dx, ddepthwise, dpointwise, dbias
