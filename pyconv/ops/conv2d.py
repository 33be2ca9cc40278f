# SPDX-License-Identifier: BSD-3-Clause
"""Convolution: y[n, i, j, f] = bias[f] + sum of window (i, j) of image n times filter f."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from pyconv.arguments import one_of
from pyconv.backend import (
    Array,
    as_input,
    contiguous,
    empty_on,
    gradient_dtype,
    kernels_for,
    native_dtype,
    product_code,
)
from pyconv.geometry import DataFormat, IntPair, Padding, Window
from pyconv.ops.activation import ActivationName, activation_code, through_activation
from pyconv.ops.needs import checked_needs
from pyconv.ops.windows import conv_window

Algorithm: TypeAlias = Literal["auto", "direct", "im2col", "winograd"]

_ALGORITHMS = {"auto": 0, "direct": 1, "im2col": 2, "winograd": 3}
# Kernels of one filter per channel; part of "direct".
_DEPTHWISE = 4
FORWARD, DATA, KERNEL = 0, 1, 2

_auto = _ALGORITHMS["auto"]


def set_conv_algorithm(name: Algorithm) -> None:
    """Let algorithm="auto" mean another one for the whole process: "direct", "im2col", "auto".

    "direct" leaves Winograd's algorithm out, whose results are rounded differently (a relative
    error of 2e-6 rather than 2e-7 over all outputs).

    Raises:
        TypeError, ValueError: name; "winograd" cannot serve every shape.
    """
    global _auto
    code = _ALGORITHMS[one_of("set_conv_algorithm", "name", name, _ALGORITHMS)]
    if name == "winograd":
        raise ValueError(
            "set_conv_algorithm: name='winograd'; must be one of auto, direct, im2col: "
            "only kernels of 3 x 3 and 5 x 5 can be computed so"
        )
    _auto = code


def auto_code() -> int:
    """Return what "auto" means to the native functions."""
    return _auto


def _algorithm_code(function: str, algorithm: str, window: Window, x: Array) -> int:
    """Return the code of an algorithm that can do the shape."""
    code = _ALGORITHMS[one_of(function, "algorithm", algorithm, _ALGORITHMS)] or _auto
    if algorithm == "winograd" and not _runs(x, window, code, FORWARD):
        raise ValueError(
            f"{function}: algorithm='winograd'; needs kernels of 3 x 3 or 5 x 5, strides and "
            "dilation 1, float32, on the CPU"
        )
    return code


def _runs(x: Array, window: Window, code: int, direction: int) -> int:
    chosen: int = kernels_for(x).conv2d_algorithm(product_code(x), window.packed, code, direction)
    return chosen


def algorithm_of(x: Array, window: Window, direction: int = FORWARD) -> str:
    """Return the name of the algorithm that "auto" takes for arrays like x."""
    code = _runs(x, window, _auto, direction)
    if code == _DEPTHWISE:
        return "depthwise"
    return next(name for name, known in _ALGORITHMS.items() if known == code)


def workspace_for(
    kernels: Any, x: Array, window: Window, algorithm: int, direction: int
) -> Array | None:
    """Return the memory that these kernels, of x's device, want lent, if any."""
    if kernels.has_arena:
        return None
    size = kernels.conv2d_workspace(product_code(x), window.packed, algorithm, direction)
    return empty_on(x, (size,), "uint8") if size else None


def conv2d(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
    algorithm: Algorithm = "auto",
) -> Array:
    """Return the convolution of images with filters (cross-correlation, as frameworks mean it).

    Args:
        x: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64, any strides.
        kernel: (kh, kw, c / groups, filters), whatever the data format; dtype of x.
        bias: (filters,), dtype of x.
        strides, dilation_rate: pixels, int or (height, width).
        padding: "valid"; "same" (output ceil(h / stride), the odd pixel at bottom and right);
            pixels, (height, width) or ((top, bottom), (left, right)). Padding is zeros that are
            multiplied: an infinite weight gives NaN at a padded border.
        groups: channels and filters are cut into as many groups, each convolved by itself.
        activation: applied to the result: None, "relu", "relu6", "sigmoid", "tanh".
        algorithm: "auto" chooses by shape and dtype; "direct" gathers windows block by block;
            "im2col" writes out the textbook matrix first; "winograd" (3 x 3 or 5 x 5, strides and
            dilation 1, float32, CPU) multiplies a quarter to half as much in tiles of 4 x 4 or
            2 x 2 outputs, at a relative error of about 2e-6 over all outputs; a NaN or infinity
            spreads over its tile.
    Returns:
        y: (n, oh, ow, filters) in the layout of x, dtype of x.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, geometry, names. Nothing is allocated
        before.
    Source: Keras Conv2D; the naive form is pyconv.reference.conv2d; Lavin and Gray, Fast Algorithms
    for Convolutional Neural Networks, 2016.
    """
    x = as_input(x, "conv2d", "x", ndim=4)
    kernel = as_input(kernel, "conv2d", "kernel", ndim=4, like=x)
    window = conv_window(
        "conv2d", x.shape, kernel.shape, strides, padding, dilation_rate, groups, data_format
    )
    return convolve("conv2d", window, x, kernel, bias, activation, algorithm)


def convolve(
    function: str,
    window: Window,
    x: Array,
    kernel: Array,
    bias: Array | None,
    activation: ActivationName,
    algorithm: Algorithm = "auto",
    prepared: Array | None = None,
    residual: Array | None = None,
) -> Array:
    """Return the convolution of a checked window; x and kernel have passed as_input.

    `prepared` is what PreparedKernel holds for them; `residual`, of the result's shape and dtype,
    is added before the activation, on the CPU alone.
    """
    code = activation_code(function, activation)
    chosen = _algorithm_code(function, algorithm, window, x)
    bias = checked_bias(function, bias, window.f, x)
    x, kernel = contiguous(x), contiguous(kernel)
    kernels, dtype = kernels_for(x), product_code(x)
    y = empty_on(x, window.output_shape)
    lent = workspace_for(kernels, x, window, chosen, FORWARD) if prepared is None else prepared
    if residual is None:
        kernels.conv2d(dtype, x, kernel, bias, y, window.packed, chosen, code, lent)
    else:
        residual = contiguous(residual)
        kernels.conv2d_residual(
            dtype, x, kernel, bias, residual, y, window.packed, chosen, code, lent
        )
    return y


def checked_bias(function: str, bias: Array | None, f: int, x: Array) -> Array | None:
    """Return a contiguous bias of f elements, or None."""
    if bias is None:
        return None
    bias = as_input(bias, function, "bias", ndim=1, like=x)
    if bias.shape[0] != f:
        raise ValueError(f"{function}: bias.shape={bias.shape}; must be ({f},)")
    return contiguous(bias)


def conv2d_backward(
    dy: Array,
    x: Array,
    kernel: Array,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
    algorithm: Algorithm = "auto",
    activation: ActivationName = None,
    y: Array | None = None,
    needs: Collection[str] = ("x", "kernel", "bias"),
    onto: Array | None = None,
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the gradients of conv2d.

    Args:
        dy: the gradient of y, shape of y. x, kernel and the geometry: as conv2d got them.
        activation, y: with an activation, its result y is required and dy is the gradient of y.
        needs: which gradients to compute, of "x", "kernel", "bias".
        onto: an array of x's shape and dtype, writable and C-contiguous, to which the gradient of x
            is added: it becomes dx. By default a fresh one is made.
    Returns:
        (dx, dkernel, dbias), None where not needed. Sums over pixels run in blocks of at most 256
        whose order depends on the shape alone.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, geometry, dy.shape, names.
    Source: the naive form is pyconv.reference.conv2d_backward.
    """
    x = as_input(x, "conv2d_backward", "x", ndim=4)
    kernel = as_input(kernel, "conv2d_backward", "kernel", ndim=4, like=x)
    dy = as_input(dy, "conv2d_backward", "dy", ndim=4, like=x)
    window = conv_window(
        "conv2d_backward",
        x.shape,
        kernel.shape,
        strides,
        padding,
        dilation_rate,
        groups,
        data_format,
    )
    return gradients(
        "conv2d_backward", window, dy, x, kernel, needs, activation, y, algorithm, onto
    )


def gradients(
    function: str,
    window: Window,
    dy: Array,
    x: Array,
    kernel: Array,
    needs: Collection[str],
    activation: ActivationName = None,
    y: Array | None = None,
    algorithm: Algorithm = "auto",
    onto: Array | None = None,
) -> tuple[Array | None, Array | None, Array | None]:
    """Return (dx, dkernel, dbias) of a checked window; the arrays have passed as_input."""
    if dy.shape != window.output_shape:
        raise ValueError(f"{function}: dy.shape={dy.shape}; must be {window.output_shape}")
    code = activation_code(function, activation)
    chosen = _algorithm_code(function, algorithm, window, x)
    wanted = checked_needs(function, needs)
    if onto is not None:
        _check_target(function, onto, x, {"dy": dy, "x": x, "kernel": kernel, "y": y})
    dy = through_activation(function, contiguous(dy), y, code)
    dx = backward_data(dy, contiguous(kernel), window, chosen, onto) if "x" in wanted else None
    if not wanted & {"kernel", "bias"}:
        return dx, None, None
    dkernel = empty_on(x, kernel.shape, gradient_dtype(x)) if "kernel" in wanted else None
    dbias = empty_on(x, (window.f,), gradient_dtype(x)) if "bias" in wanted else None
    kernels = kernels_for(dy)
    workspace = workspace_for(kernels, dy, window, chosen, KERNEL)
    kernels.conv2d_backward_kernel(
        product_code(dy), contiguous(x), dy, dkernel, dbias, window.packed, chosen, workspace
    )
    return dx, dkernel, dbias


def _check_target(function: str, onto: Array, x: Array, read: Mapping[str, Array | None]) -> None:
    """Refuse an array that the gradient of x cannot be added to, or that is `read` meanwhile."""
    if type(onto) is not type(x) or native_dtype(onto.dtype) != native_dtype(x.dtype):
        kind = getattr(onto, "dtype", type(onto).__name__)
        raise TypeError(f"{function}: onto is {kind}; must be an array of x's kind and dtype")
    if onto.shape != x.shape:
        raise ValueError(f"{function}: onto.shape={onto.shape}; must be {x.shape}, the shape of x")
    if isinstance(onto, np.ndarray) and not (onto.flags.carray and onto.dtype.isnative):
        raise ValueError(
            f"{function}: onto must be writable, aligned, C-contiguous and of native byte order"
        )
    for name, array in read.items():
        if isinstance(array, np.ndarray) and np.may_share_memory(onto, array):
            raise ValueError(f"{function}: onto lies where {name} does; must be memory of its own")


def backward_data(
    dy: Array,
    kernel: Array,
    window: Window,
    algorithm: int | None = None,
    onto: Array | None = None,
) -> Array:
    """Return dx of contiguous dy and kernel; added to `onto`, where there is one."""
    algorithm = _auto if algorithm is None else algorithm
    kernels, dtype = kernels_for(dy), product_code(dy)
    if onto is not None and kernels.has_arena:
        kernels.conv2d_add_backward_data(dtype, dy, kernel, onto, window.packed, algorithm)
        return onto
    dx = empty_on(dy, window.input_shape)
    workspace = workspace_for(kernels, dy, window, algorithm, DATA)
    kernels.conv2d_backward_data(dtype, dy, kernel, dx, window.packed, algorithm, workspace)
    if onto is not None:
        onto += dx
        return onto
    return dx
