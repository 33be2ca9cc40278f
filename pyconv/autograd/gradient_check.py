# SPDX-License-Identifier: BSD-3-Clause
"""Compare a function's gradients with central differences: (f(x + eps) - f(x - eps)) / (2 eps)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pyconv.autograd.tape import GradientTape
from pyconv.autograd.tensor import Tensor, array_of
from pyconv.autograd.variable import Variable


def gradient_check(
    function: Callable[..., Tensor],
    inputs: Sequence[object],
    *,
    variables: Sequence[Variable] = (),
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
) -> float:
    """Return the largest difference between the tape's gradients and central differences.

    Args:
        function: takes the inputs as Tensors and returns a Tensor of any shape.
        inputs: float64 arrays or Tensors; the gradient of each is checked.
        variables: float64 Variables the function uses, checked too: a layer's `trainable_weights`.
    Raises:
        AssertionError: naming the input, the element and both values.
        TypeError: an input is not float64, where differences would mean nothing.
    Source: torch.autograd.gradcheck's settings.

    >>> from pyconv import gradient_check
    >>> gradient_check(lambda x: x * x, [np.array([1.0, 2.0])]) < 1e-8
    True
    """
    points = [Variable(array_of(x), name=f"inputs[{i}]") for i, x in enumerate(inputs)]
    checked = [*points, *variables]
    for variable in checked:
        if variable.dtype != np.float64:
            raise TypeError(f"gradient_check: {variable.name} is {variable.dtype}; must be float64")
    with GradientTape() as tape:
        tape.watch(checked)
        y = function(*points)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, y.shape)
    gradients = tape.gradient(y, checked, Tensor(weights))

    def value() -> float:
        return float((function(*points).array * weights).sum())

    worst = 0.0
    for variable, gradient in zip(checked, gradients, strict=True):
        dx = np.zeros(variable.shape) if gradient is None else gradient.numpy()
        for index in np.ndindex(variable.shape):
            expected = _difference(variable, index, value, eps)
            error = abs(float(dx[index]) - expected)
            worst = max(worst, error)
            if not error <= atol + rtol * abs(expected):
                raise AssertionError(
                    f"gradient_check: {variable.name}{list(index)}: gradient {dx[index]:.9g}, "
                    f"differences say {expected:.9g}"
                )
    return worst


def _difference(
    variable: Variable, index: tuple[int, ...], value: Callable[[], float], eps: float
) -> float:
    old = variable.array[index]
    try:
        variable.array[index] = old + eps
        above = value()
        variable.array[index] = old - eps
        below = value()
    finally:
        variable.array[index] = old
    return (above - below) / (2 * eps)
