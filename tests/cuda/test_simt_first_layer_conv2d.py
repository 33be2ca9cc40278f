# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA kernel of first layers, simulated: one to four channels, packs and single filters.

The host layer reports races, reads of unwritten memory and accesses out of bounds by itself; bank
conflicts of shared memory are counted here.
"""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from drawn_windows import drawn_window
from first_layers import CHANNELS, DICE, integers

from pyconv import ops, reference

SHAPES = 30  # of each count of channels and dtype, a schedule each


def meet_the_reference(
    rng: np.random.Generator, x: Any, kernel_shape: tuple[int, ...], **options: Any
) -> None:
    kernel = integers(rng, kernel_shape, x.dtype)
    bias = integers(rng, kernel_shape[-1:], x.dtype) if rng.random() < 0.7 else None
    found = ops.conv2d(x, kernel, bias, activation="relu", **options)
    wanted = reference.conv2d(x, kernel, bias, activation="relu", **options)
    np.testing.assert_array_equal(found, wanted, f"{x.shape} {kernel_shape} {options}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", CHANNELS)
def test_drawn_geometries_equal_the_reference_exactly(
    kernels: ModuleType, channels: int, dtype: Any
) -> None:
    dice = random.Random(f"{channels} {dtype.__name__}")
    rng = np.random.default_rng(channels)
    for seed in range(SHAPES):
        kernels.set_schedule_seed(seed)
        shape, sides, options = drawn_window(dice, DICE, channels, 1, "channels_last")
        filters = dice.choice((1, 3, 4, 8, 30, 31, 33, 36, 64, 100))
        x = integers(rng, shape, dtype)
        meet_the_reference(rng, x, (*sides, channels, filters), **options)


# Of ResNet, VGG, AlexNet and MNIST, in small images that end within strips.
@pytest.mark.parametrize(
    ("shape", "kernel", "options"),
    [
        ((1, 49, 45, 3), (7, 7, 3, 64), {"strides": 2, "padding": 3}),
        ((2, 19, 33, 3), (3, 3, 3, 64), {"padding": "same"}),
        ((1, 63, 67, 3), (11, 11, 3, 96), {"strides": 4, "padding": 2}),
        ((3, 28, 28, 1), (5, 5, 1, 30), {}),
    ],
)
def test_first_layers_of_well_known_networks_are_exact(
    kernels: ModuleType, shape: tuple[int, ...], kernel: tuple[int, ...], options: Any
) -> None:
    rng = np.random.default_rng(1)
    meet_the_reference(rng, integers(rng, shape, np.float32), kernel, **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", ["x", "kernel"])
def test_arrays_off_the_bounds_of_packs_are_exact(
    kernels: ModuleType, offset: str, dtype: Any
) -> None:
    rng = np.random.default_rng(2)
    arrays = {"x": (1, 9, 20, 4), "kernel": (3, 3, 4, 36)}
    made = {}
    for name, shape in arrays.items():
        flat = integers(rng, (int(np.prod(shape)) + 1,), dtype)
        made[name] = (flat[1:] if name == offset else flat[:-1]).reshape(shape)
    assert made[offset].ctypes.data % 16 != 0
    np.testing.assert_array_equal(ops.conv2d(**made), reference.conv2d(**made))


@pytest.mark.parametrize("activation", ["relu6", "sigmoid", "tanh"])
@pytest.mark.parametrize("filters", [5, 36])
def test_bias_and_activation_end_the_kernel(
    kernels: ModuleType, activation: str, filters: int
) -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((2, 11, 18, 3))
    kernel = rng.standard_normal((3, 2, 3, filters))
    bias = rng.standard_normal(filters)
    wide = reference.conv2d(x, kernel, bias, activation=activation)
    y = ops.conv2d(x, kernel, bias, activation=activation)
    np.testing.assert_allclose(y, wide, rtol=1e-13, atol=1e-14)
    y = ops.conv2d(*(a.astype(np.float32) for a in (x, kernel, bias)), activation=activation)
    np.testing.assert_allclose(y, wide, rtol=1e-5, atol=1e-5)


# Strides that meet in a bank, sums that are better cut, rows that no block has room for.
@pytest.mark.parametrize(
    ("shape", "kernel", "options"),
    [
        ((1, 33, 34, 3), (5, 5, 3, 6), {"strides": 8}),
        ((1, 15, 15, 4), (12, 12, 4, 5), {}),
        ((1, 5, 400, 3), (2, 2, 3, 4), {"dilation_rate": (3, 390), "strides": (1, 15)}),
        ((1, 2600, 3, 4), (2, 1, 4, 4), {"dilation_rate": (2590, 1)}),
    ],
)
def test_shapes_that_the_kernel_leaves_to_the_product_are_exact(
    kernels: ModuleType, shape: tuple[int, ...], kernel: tuple[int, ...], options: Any
) -> None:
    rng = np.random.default_rng(4)
    meet_the_reference(rng, integers(rng, shape, np.float32), kernel, **options)


def test_infinite_filter_meets_the_padding_as_zero_times_infinity(kernels: ModuleType) -> None:
    x = np.ones((1, 2, 2, 3), np.float32)
    kernel = np.full((3, 3, 3, 4), np.inf, np.float32)
    assert np.isnan(ops.conv2d(x, kernel, padding="same")).all()


def test_nan_stays_in_the_windows_that_cover_it(kernels: ModuleType) -> None:
    x = np.zeros((1, 20, 20, 3), np.float32)
    x[0, 9, 7, 1] = np.nan
    y = ops.conv2d(x, np.ones((3, 3, 3, 8), np.float32), padding="same")
    expected = np.zeros((20, 20), bool)
    expected[8:11, 6:9] = True
    np.testing.assert_array_equal(np.isnan(y[0]).all(-1), expected)
    np.testing.assert_array_equal(np.isnan(y[0]).any(-1), expected)
