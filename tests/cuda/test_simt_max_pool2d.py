# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA pooling kernels, simulated: overlapping windows, ceil_mode, NaN, bad offsets."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pyconv import ops, reference

CASES: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 6, 6, 3), {"pool_size": 2}),
    ((1, 7, 5, 17), {"pool_size": (3, 2), "strides": (2, 1)}),  # overlapping
    ((2, 5, 5, 2), {"pool_size": 3, "strides": 1, "padding": "same"}),
    ((1, 5, 6, 2), {"pool_size": 2, "strides": 3}),  # gaps between windows
    ((1, 6, 7, 3), {"pool_size": 3, "strides": 2, "padding": ((1, 0), (2, 1))}),
    ((1, 6, 8, 2), {"pool_size": 3, "strides": 2, "ceil_mode": True}),
    ((3, 1, 1, 1), {"pool_size": 1}),
    ((0, 4, 4, 2), {"pool_size": 2}),
    ((1, 20, 19, 1), {"pool_size": 17, "strides": 1}),  # offsets beyond uint8
    # Channels in packs of 16 bytes, of float64 alone, and more than a block has threads.
    ((2, 7, 6, 12), {"pool_size": 3, "strides": 2, "padding": "same"}),
    ((1, 5, 6, 6), {"pool_size": (2, 3), "strides": 1}),
    ((1, 3, 4, 1032), {"pool_size": 2, "strides": 1}),
    ((1, 18, 19, 4), {"pool_size": 17, "strides": 1}),
]


def pixels(shape: tuple[int, ...], data_format: str, dtype: type) -> Any:
    n, h, w, c = shape
    laid = shape if data_format == "channels_last" else (n, c, h, w)
    return np.random.default_rng(1).integers(-3, 4, laid).astype(dtype)  # many equals


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("shape", "options"), CASES)
def test_equals_the_reference(
    simt: ModuleType, shape: tuple[int, ...], options: Any, dtype: type, data_format: str
) -> None:
    x = pixels(shape, data_format, dtype)
    y, argmax = ops.max_pool2d_with_argmax(x, data_format=data_format, **options)
    wanted, wanted_argmax = reference.max_pool2d_with_argmax(x, data_format=data_format, **options)
    np.testing.assert_array_equal(y, wanted)
    np.testing.assert_array_equal(argmax, wanted_argmax)
    assert argmax.dtype == wanted_argmax.dtype
    np.testing.assert_array_equal(ops.max_pool2d(x, data_format=data_format, **options), wanted)
    dy = np.random.default_rng(2).integers(-4, 5, y.shape).astype(dtype)
    dx = ops.max_pool2d_backward(dy, argmax, x.shape, data_format=data_format, **options)
    exact = reference.max_pool2d_backward(dy, argmax, x.shape, data_format=data_format, **options)
    np.testing.assert_array_equal(dx, exact)


def test_first_nan_wins_its_window(simt: ModuleType) -> None:
    x = np.full((1, 1, 4, 1), 9, np.float32)
    x[0, 0, 1:3, 0] = np.nan
    y, argmax = ops.max_pool2d_with_argmax(x, (1, 4))
    assert np.isnan(y).all()
    assert argmax.item() == 1


def test_first_of_equals_and_of_minus_infinities_wins(simt: ModuleType) -> None:
    x = np.full((1, 2, 2, 1), -np.inf, np.float32)
    y, argmax = ops.max_pool2d_with_argmax(x)
    assert y.item() == -np.inf
    assert argmax.item() == 0


@pytest.mark.parametrize(("bad", "at"), [(4, 3), (255, 0)])
def test_offset_outside_its_window_is_refused(simt: ModuleType, bad: int, at: int) -> None:
    argmax = np.zeros((1, 2, 2, 1), np.uint8)
    argmax.flat[at] = bad
    argmax.flat[3] = bad
    dy = np.ones((1, 2, 2, 1), np.float32)
    with pytest.raises(ValueError, match="argmax"):
        ops.max_pool2d_backward(dy, argmax, (1, 4, 4, 1))


def test_check_tells_the_first_bad_offset(simt: ModuleType) -> None:
    from pyconv.geometry import Window

    window = Window.pool("max_pool2d", (1, 3, 3, 2), 2, 1, 1, "channels_last", False)
    _, argmax = reference.max_pool2d_with_argmax(
        np.ones((1, 3, 3, 2), np.float32), 2, strides=1, padding=1
    )
    flag = np.array([2**63 - 1])
    simt.max_pool2d_check(argmax.ctypes.data, window.packed, flag.ctypes.data, 0)
    assert flag[0] == 2**63 - 1
    argmax.flat[[5, 9]] = 0  # in the padding above the image; a pixel of it
    simt.max_pool2d_check(argmax.ctypes.data, window.packed, flag.ctypes.data, 0)
    assert flag[0] == 5


def off_bounds(values: Any) -> Any:
    """Return the array once more, where no pack may begin."""
    flat = np.empty(values.size + 1, values.dtype)
    flat[1:] = values.ravel()
    return flat[1:].reshape(values.shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("moved", ["images", "offsets"])
def test_arrays_off_the_bounds_of_packs_are_pooled_one_by_one(
    simt: ModuleType, moved: str, dtype: Any
) -> None:
    x = pixels((2, 6, 7, 8), "channels_last", dtype)
    options: Any = {"pool_size": 3, "strides": 2, "padding": "same"}
    wanted, wanted_argmax = reference.max_pool2d_with_argmax(x, **options)
    dy = np.random.default_rng(4).integers(-4, 5, wanted.shape).astype(dtype)
    exact = reference.max_pool2d_backward(dy, wanted_argmax, x.shape, **options)
    average = reference.avg_pool2d(x, **options)
    if moved == "images":
        x, dy = off_bounds(x), off_bounds(dy)
        assert x.ctypes.data % 16 != 0
    else:
        wanted_argmax = off_bounds(wanted_argmax)
        assert wanted_argmax.ctypes.data % 4 != 0
    np.testing.assert_array_equal(ops.max_pool2d(x, **options), wanted)
    dx = ops.max_pool2d_backward(dy, wanted_argmax, x.shape, **options)
    np.testing.assert_array_equal(dx, exact)
    np.testing.assert_array_equal(ops.avg_pool2d(x, **options), average)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize(("shape", "options"), CASES)
def test_means_and_minima_equal_the_reference(
    simt: ModuleType, shape: tuple[int, ...], options: Any, padded: bool, dtype: type
) -> None:
    x = pixels(shape, "channels_last", dtype)
    np.testing.assert_array_equal(ops.min_pool2d(x, **options), reference.min_pool2d(x, **options))
    means = {"count_include_pad": padded, **options}
    y = ops.avg_pool2d(x, **means)
    wanted = reference.avg_pool2d(x, **means)
    unit = np.finfo(dtype).eps
    np.testing.assert_allclose(y, wanted, rtol=unit, atol=0)
    dy = np.random.default_rng(5).integers(-4, 5, y.shape).astype(dtype)
    dx = ops.avg_pool2d_backward(dy, x.shape, **means)
    exact = reference.avg_pool2d_backward(dy.astype(np.float64), x.shape, **means)
    shares = reference.avg_pool2d_backward(np.abs(dy).astype(np.float64), x.shape, **means)
    assert np.all(np.abs(dx - exact) <= unit * 20 * shares)
