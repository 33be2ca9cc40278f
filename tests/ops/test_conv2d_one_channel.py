# SPDX-License-Identifier: BSD-3-Clause
"""Filters of one-channel images: pixels slide past all taps of a row, spans of any length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import integers, normal
from compare import assert_same_bits

from pyconv import ops, reference

# x's n, h, w; filters, kernel, options: blocks that end within a row, rows shorter than the taps,
# one to five rows of taps, whole and cut vectors of filters.
CASES: list[Any] = [
    ((5, 28, 28), 16, (3, 3), {"padding": 1}),
    ((3, 28, 28), 30, (5, 5), {}),
    ((2, 9, 300), 17, (3, 3), {}),
    ((40, 7, 1), 6, (3, 3), {"padding": 1}),
    ((30, 6, 2), 33, (5, 5), {"padding": 2}),
    ((9, 8, 4), 8, (1, 5), {"padding": "same"}),
    ((2, 17, 19), 20, (4, 3), {"strides": (2, 1), "padding": ((3, 0), (0, 2))}),
    ((4, 15, 13), 1, (2, 5), {"dilation_rate": (3, 1)}),
]


def case(given: Any, dtype: str, make: Any) -> tuple[Any, Any, Any, dict[str, Any]]:
    """Return x, dy, the kernel and the options."""
    shape, filters, kernel_shape, options = given
    x, kernel = make((*shape, 1), dtype, 0), make((*kernel_shape, 1, filters), dtype, 1)
    dy = make(ops.conv2d(x, kernel, **options).shape, dtype, 2)
    return x, dy, kernel, {**options, "needs": ("kernel",)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("given", CASES)
def test_the_gradient_is_exact_on_integers(given: Any, dtype: str, device: Any) -> None:
    x, dy, kernel, options = case(given, dtype, integers)
    got = ops.conv2d_backward(device(dy), device(x), device(kernel), **options)[1]
    del options["needs"]
    exact = reference.conv2d_backward(dy, x, kernel, **options)[1]
    np.testing.assert_array_equal(device.host(got), exact)


@pytest.mark.parametrize("given", CASES)
def test_its_bits_depend_on_neither_threads_nor_layout_nor_vectors(
    given: Any, set_isa: Any, set_threads: Any
) -> None:
    x, dy, kernel, options = case(given, "float32", normal)
    once = ops.conv2d_backward(dy, x, kernel, **options)[1]
    for isa, threads in (("avx2", 1), ("avx2", 3), ("avx512", 1), ("avx512", 7)):
        set_isa(isa)
        set_threads(threads)
        got = ops.conv2d_backward(dy, x, kernel, **options)[1]
        assert_same_bits((got,), (once,), f"{isa}, {threads} threads")
    planes = [np.ascontiguousarray(array.transpose(0, 3, 1, 2)) for array in (dy, x)]
    got = ops.conv2d_backward(*planes, kernel, data_format="channels_first", **options)[1]
    assert_same_bits((got,), (once,), "channels_first")


def test_a_pixel_that_is_not_finite_meets_its_own_windows_alone() -> None:
    x, dy, kernel, options = case(((1, 6, 8), 4, (3, 3), {}), "float32", normal)
    x[0, :, 7] = np.nan  # only the last tap of a row reads the last column
    got = ops.conv2d_backward(dy, x, kernel, **options)[1]
    assert np.isnan(got[:, 2]).all()
    assert np.isfinite(got[:, :2]).all()
