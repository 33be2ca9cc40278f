# SPDX-License-Identifier: BSD-3-Clause
"""Kernels that read packs of neighbours where rows are made of them, simulated beside those of one.

Rows of 4 k are packs of float32 and of float64, of 4 k + 2 of float64 alone, others of none; so are
arrays that begin off the bounds of packs.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tolerances
from native_arrays import PLACES, shifted

from pyconv import ops, reference

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
CHANNELS = (1, 2, 3, 4, 6, 8, 12, 20)


def drawn(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, place: Any) -> Any:
    return place(rng.standard_normal(shape).astype(dtype))


@PLACES
@DTYPES
@pytest.mark.parametrize("classes", [1, 4, 10, 100, 128, 132, 133, 300])
def test_softmax_and_its_gradient_of_any_row(
    simt: ModuleType, classes: int, dtype: Any, place: Any
) -> None:
    rng = np.random.default_rng(classes)
    x, dy = (drawn(rng, (9, classes), dtype, place) for _ in range(2))
    x[3, classes // 2] = 80
    slack = 4 * tolerances.softmax(dtype)
    for function, backward in (("softmax", "softmax_backward"), ("log_softmax", None)):
        y = getattr(ops, function)(x)
        wide = getattr(reference, function)(x.astype(np.float64))
        np.testing.assert_allclose(y, wide, rtol=slack, atol=slack)
        if backward:
            dx = getattr(ops, backward)(dy, place(y))
            exact = getattr(reference, backward)(dy.astype(np.float64), y.astype(np.float64))
            np.testing.assert_allclose(dx, exact, rtol=slack, atol=slack)


@DTYPES
def test_nan_and_infinity_fill_their_row_of_softmax_alone(simt: ModuleType, dtype: Any) -> None:
    x = np.zeros((4, 12), dtype)
    x[1, 5], x[2, 11] = np.nan, np.inf
    y = ops.softmax(x)
    assert np.isnan(y[1:3]).all()
    np.testing.assert_allclose(y[[0, 3]], 1 / 12, rtol=tolerances.softmax(dtype))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 31])
@pytest.mark.parametrize("channels", CHANNELS)
@DTYPES
def test_response_norm_of_packs_has_the_bits_of_single_elements(
    simt: ModuleType, dtype: Any, channels: int, size: int
) -> None:
    rng = np.random.default_rng(size)
    x, dy = (drawn(rng, (2, 3, 2, channels), dtype, np.ascontiguousarray) for _ in range(2))
    options = {"size": size, "alpha": 0.3, "beta": 0.75, "k": 1.5}
    y = ops.local_response_norm(x, **options)
    dx = ops.local_response_norm_backward(dy, x, **options)
    np.testing.assert_array_equal(y, ops.local_response_norm(shifted(x), **options))
    np.testing.assert_array_equal(
        dx, ops.local_response_norm_backward(shifted(dy), shifted(x), **options)
    )
    wide, slope = x.astype(np.float64), dy.astype(np.float64)
    slack = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, reference.local_response_norm(wide, **options), slack, slack)
    exact = reference.local_response_norm_backward(slope, wide, **options)
    np.testing.assert_allclose(dx, exact, slack, slack)


def test_nan_of_a_channel_stays_in_the_windows_that_cover_it(simt: ModuleType) -> None:
    x = np.ones((1, 1, 1, 16), np.float32)
    x[..., 9] = np.nan
    y = ops.local_response_norm(x, size=3)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(y)), [8, 9, 10])
    dx = ops.local_response_norm_backward(np.ones_like(x), x, size=3)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(dx)), [7, 8, 9, 10, 11])


@PLACES
@DTYPES
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("channels", CHANNELS)
def test_col2im_is_exact_for_any_channels(
    simt: ModuleType, channels: int, data_format: str, dtype: Any, place: Any
) -> None:
    rng = np.random.default_rng(channels)
    shape = (2, 7, 6, channels) if data_format == "channels_last" else (2, channels, 7, 6)
    options = {"strides": (2, 1), "padding": 1, "dilation_rate": (1, 2), "data_format": data_format}
    like = reference.im2col(np.zeros(shape, dtype), (3, 2), **options)
    col = place(rng.integers(-4, 5, like.shape).astype(dtype))
    dx = ops.col2im(col, shape, (3, 2), **options)
    np.testing.assert_array_equal(dx, reference.col2im(col, shape, (3, 2), **options))


@pytest.mark.parametrize("channels", [4, 5, 8])
def test_groups_of_packs_are_gathered_into_their_channels(simt: ModuleType, channels: int) -> None:
    rng = np.random.default_rng(channels)
    x, kernel = (
        rng.integers(-4, 5, shape).astype(np.float32)
        for shape in ((2, 5, 6, 2 * channels), (3, 3, channels, 6))
    )
    dy = rng.integers(-4, 5, (2, 3, 4, 6)).astype(np.float32)
    dx, _, _ = ops.conv2d_backward(dy, x, kernel, groups=2, algorithm="im2col", needs=("x",))
    wanted, _, _ = reference.conv2d_backward(dy, x, kernel, groups=2)
    np.testing.assert_array_equal(dx, wanted)
