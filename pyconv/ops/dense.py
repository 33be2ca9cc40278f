# SPDX-License-Identifier: BSD-3-Clause
"""Dense product: y = activation(x kernel + bias)."""

from __future__ import annotations

from collections.abc import Collection

from pyconv.backend import (
    Array,
    as_input,
    contiguous,
    empty_on,
    gradient_dtype,
    kernels_for,
    product_code,
)
from pyconv.ops.activation import ActivationName, activation_code, through_activation
from pyconv.ops.needs import checked_needs


def _checked_shapes(function: str, x: Array, kernel: Array) -> tuple[int, int, int]:
    n, inputs = x.shape
    if kernel.shape[0] != inputs:
        raise ValueError(
            f"{function}: kernel.shape={kernel.shape}; must be ({inputs}, units) for "
            f"x.shape={x.shape}"
        )
    return n, inputs, kernel.shape[1]


def dense(
    x: Array, kernel: Array, bias: Array | None = None, *, activation: ActivationName = None
) -> Array:
    """Return x kernel + bias, and its activation.

    Args:
        x: (n, inputs); float32 or float64, any strides.
        kernel: (inputs, units), dtype of x. bias: (units,), dtype of x.
        activation: None, "relu", "relu6", "sigmoid" or "tanh".
    Returns:
        y: (n, units), dtype of x.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks and shapes, named with their sizes.
    Source: Keras Dense; the naive form is pyconv.reference.dense.
    """
    x = as_input(x, "dense", "x", ndim=2)
    kernel = as_input(kernel, "dense", "kernel", ndim=2, like=x)
    n, inputs, units = _checked_shapes("dense", x, kernel)
    code = activation_code("dense", activation)
    if bias is not None:
        bias = as_input(bias, "dense", "bias", ndim=1, like=x)
        if bias.shape != (units,):
            raise ValueError(f"dense: bias.shape={bias.shape}; must be ({units},)")
        bias = contiguous(bias)
    x, kernel = contiguous(x), contiguous(kernel)
    y = empty_on(x, (n, units))
    kernels_for(x).dense(product_code(x), x, kernel, bias, y, n, inputs, units, code)
    return y


def dense_backward(
    dy: Array,
    x: Array,
    kernel: Array,
    *,
    activation: ActivationName = None,
    y: Array | None = None,
    needs: Collection[str] = ("x", "kernel", "bias"),
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the gradients of dense.

    Args:
        dy: (n, units), the gradient of y. x, kernel: as dense got them.
        activation, y: with an activation, its result y is required.
        needs: which gradients to compute, of "x", "kernel", "bias".
    Returns:
        (dx, dkernel, dbias), None where not needed.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, shapes, names.
    """
    x = as_input(x, "dense_backward", "x", ndim=2)
    kernel = as_input(kernel, "dense_backward", "kernel", ndim=2, like=x)
    dy = as_input(dy, "dense_backward", "dy", ndim=2, like=x)
    n, inputs, units = _checked_shapes("dense_backward", x, kernel)
    if dy.shape != (n, units):
        raise ValueError(f"dense_backward: dy.shape={dy.shape}; must be {(n, units)}")
    code = activation_code("dense_backward", activation)
    wanted = checked_needs("dense_backward", needs)
    dy = through_activation("dense_backward", contiguous(dy), y, code)
    dx = empty_on(x, (n, inputs)) if "x" in wanted else None
    dkernel = empty_on(x, (inputs, units), gradient_dtype(x)) if "kernel" in wanted else None
    dbias = empty_on(x, (units,), gradient_dtype(x)) if "bias" in wanted else None
    kernels_for(dy).dense_backward(
        product_code(dy),
        dy,
        contiguous(x),
        contiguous(kernel),
        dx,
        dkernel,
        dbias,
        n,
        inputs,
        units,
    )
    return dx, dkernel, dbias
