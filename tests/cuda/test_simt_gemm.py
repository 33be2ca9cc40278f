# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA gemm, im2col, col2im and dense kernels, simulated."""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pyconv import ops, reference

SIZES = [(1, 1, 1), (64, 64, 16), (65, 63, 17), (3, 130, 5), (129, 2, 33), (5, 7, 0), (0, 3, 2)]


def integers(seed: int, shape: tuple[int, ...], dtype: type) -> Any:
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("m", "n", "k"), SIZES)
def test_gemm_is_exact_in_all_transpositions(
    simt: ModuleType, m: int, n: int, k: int, dtype: type
) -> None:
    for transpose_a, transpose_b in itertools.product((False, True), repeat=2):
        a = integers(1, (k, m) if transpose_a else (m, k), dtype)
        b = integers(2, (n, k) if transpose_b else (k, n), dtype)
        options = {"transpose_a": transpose_a, "transpose_b": transpose_b}
        np.testing.assert_array_equal(ops.gemm(a, b, **options), reference.gemm(a, b, **options))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(
    "options",
    [
        {"strides": 1, "padding": "same"},
        {"strides": (2, 1), "padding": ((2, 0), (1, 3)), "dilation_rate": (1, 2)},
        {"strides": 3, "padding": 0},
    ],
)
def test_im2col_and_its_adjoint_equal_the_reference(
    simt: ModuleType, options: Any, data_format: str
) -> None:
    shape = (2, 6, 7, 5) if data_format == "channels_last" else (2, 5, 6, 7)
    x = integers(3, shape, np.float32)
    options = {"data_format": data_format, **options}
    col = ops.im2col(x, (3, 2), **options)
    np.testing.assert_array_equal(col, reference.im2col(x, (3, 2), **options))
    g = integers(4, col.shape, np.float32)
    dx = ops.col2im(g, shape, (3, 2), **options)
    np.testing.assert_array_equal(dx, reference.col2im(g, shape, (3, 2), **options))
    assert (col * g).sum() == (x * dx).sum()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "inputs", "units"), [(1, 1, 1), (5, 70, 3), (67, 20, 66), (0, 4, 3)])
def test_dense_and_its_gradients_are_exact(
    simt: ModuleType, n: int, inputs: int, units: int, dtype: type
) -> None:
    x, kernel = integers(5, (n, inputs), dtype), integers(6, (inputs, units), dtype)
    bias, dy = integers(7, (units,), dtype), integers(8, (n, units), dtype)
    for activation in (None, "relu"):
        y = ops.dense(x, kernel, bias, activation=activation)
        wanted = reference.dense(x, kernel, bias, activation=activation)
        np.testing.assert_array_equal(y, wanted)
    found = ops.dense_backward(dy, x, kernel)
    for got, wanted in zip(found, reference.dense_backward(dy, x, kernel), strict=True):
        np.testing.assert_array_equal(got, wanted)
