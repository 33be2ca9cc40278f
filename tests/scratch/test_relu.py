# SPDX-License-Identifier: BSD-3-Clause
"""scratch.Relu keeps a mask of its own."""

from __future__ import annotations

import numpy as np
import pytest

from pyconv.scratch.layers import Relu

X = np.array([[-1.0, 2.0, 0.0], [3.0, -4.0, 5.0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_becomes_of_y_changes_no_gradient(dtype: str) -> None:
    relu = Relu()
    y = relu.forward(X.astype(dtype))
    y -= 10
    dx = relu.backward(np.full((2, 3), 7, dtype))
    assert dx.dtype == dtype
    np.testing.assert_array_equal(dx, 7 * (X > 0))
    np.testing.assert_array_equal(relu.mask, X <= 0)


def test_an_infinite_gradient_is_stopped_where_x_was_not_positive() -> None:
    relu = Relu()
    relu.forward(X)
    dx = relu.backward(np.full(X.shape, np.inf))
    np.testing.assert_array_equal(dx, np.where(X > 0, np.inf, 0))
