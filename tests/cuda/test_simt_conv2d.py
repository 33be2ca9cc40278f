# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA convolutions, simulated: all three passes, both algorithms, hostile geometries."""

from __future__ import annotations

import math
import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from drawn_windows import Dice, drawn_window

from pyconv import ops, reference

GEOMETRIES = 42  # per schedule, dtype and layout: 504 in all
ALGORITHMS = ("direct", "im2col")


DICE = Dice(
    images=(0, 1, 1, 2, 3),
    side=12,
    borders=(0, 0, 1, 2, 4),
    dilations=((1, 1, 2, 3), (1, 1, 2, 3)),
    taps=5,
    strides=((1, 1, 2, 3), (1, 1, 2, 5)),
)


def draw(dice: random.Random, data_format: str) -> tuple[tuple[int, ...], tuple[int, ...], Any]:
    """Return an image shape, a kernel shape and options whose output has a pixel at least."""
    groups = dice.choice((1, 1, 1, 2, 3))
    channels = groups * dice.choice((1, 2, 3, 5, 17))
    filters = groups * dice.choice((1, 2, 4, 7, 33))
    shape, sides, options = drawn_window(dice, DICE, channels, groups, data_format)
    return shape, (*sides, channels // groups, filters), options


def integers(rng: np.random.Generator, shape: tuple[int, ...], dtype: type) -> Any:
    return rng.integers(-4, 5, shape).astype(dtype)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_three_passes_equal_the_reference_exactly(
    simt: ModuleType, seed: int, dtype: type, data_format: str, checked: Any
) -> None:
    dice = random.Random(f"{seed} {dtype.__name__} {data_format}")
    rng = np.random.default_rng(seed)
    for _ in range(GEOMETRIES):
        shape, kernel_shape, options = draw(dice, data_format)
        x, kernel = integers(rng, shape, dtype), integers(rng, kernel_shape, dtype)
        bias = integers(rng, kernel_shape[-1:], dtype)
        expected = reference.conv2d(x, kernel, bias, **options)
        dy = integers(rng, expected.shape, dtype)
        gradients = reference.conv2d_backward(dy, x, kernel, **options)
        for algorithm in ALGORITHMS:
            y = ops.conv2d(x, kernel, bias, algorithm=algorithm, **options)
            found = ops.conv2d_backward(dy, x, kernel, algorithm=algorithm, **options)
            np.testing.assert_array_equal(y, expected, f"{algorithm} {shape} {options}")
            for name, got, wanted in zip(("dx", "dkernel", "dbias"), found, gradients, strict=True):
                where = f"{name} {algorithm} {shape} {kernel_shape} {options}"
                np.testing.assert_array_equal(got, wanted, where)
    for direction in ("forward", "data", "kernel"):
        checked("S1", direction, dtype.__name__, GEOMETRIES)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("activation", ["relu", "relu6", "sigmoid", "tanh"])
def test_bias_and_activation_are_applied_in_the_epilogue(
    simt: ModuleType, activation: str, algorithm: str
) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((2, 5, 4, 3)).astype(np.float32)
    kernel = rng.standard_normal((3, 2, 3, 5)).astype(np.float32)
    bias = rng.standard_normal(5).astype(np.float32)
    y = ops.conv2d(x, kernel, bias, activation=activation, algorithm=algorithm)
    wide_arrays = (a.astype(np.float64) for a in (x, kernel, bias))
    wide = reference.conv2d(*wide_arrays, activation=activation)
    bound = sum_error(x, kernel, terms=18) + 4 * np.spacing(np.float32(1))
    assert np.all(np.abs(y - wide) <= bound)


def sum_error(x: Any, kernel: Any, terms: int, **options: Any) -> Any:
    """Return 2 sqrt(K) u conv(|x|, |kernel|), DESIGN section 6's bound for one chain of sums."""
    unit = np.spacing(x.dtype.type(1)) / 2
    sizes = (np.abs(a).astype(np.float64) for a in (x, kernel))
    return 2 * math.sqrt(terms) * unit * reference.conv2d(*sizes, **options)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("low", [-1.0, 0.0], ids=["zero mean", "same sign"])
def test_random_sums_stay_within_the_bound(simt: ModuleType, low: float, algorithm: str) -> None:
    rng = np.random.default_rng(3)
    x = rng.uniform(low, 1, (2, 9, 7, 32)).astype(np.float32)
    kernel = rng.uniform(low, 1, (3, 3, 32, 40)).astype(np.float32)
    y = ops.conv2d(x, kernel, padding="same", algorithm=algorithm)
    exact = reference.conv2d(x.astype(np.float64), kernel.astype(np.float64), padding="same")
    assert np.all(np.abs(y - exact) <= sum_error(x, kernel, terms=288, padding="same"))


def test_infinite_filter_meets_the_padding_as_zero_times_infinity(simt: ModuleType) -> None:
    x = np.ones((1, 2, 2, 1), np.float32)
    kernel = np.full((3, 3, 1, 1), np.inf, np.float32)
    for algorithm in ALGORITHMS:
        y = ops.conv2d(x, kernel, padding="same", algorithm=algorithm)
        assert np.isnan(y).all()


def test_sum_over_many_pixels_is_sliced_and_exact(simt: ModuleType) -> None:
    rng = np.random.default_rng(4)
    x, dy = (integers(rng, (2, 40, 33, c), np.float32) for c in (2, 3))
    options = {"strides": 1, "padding": 1}
    _, dkernel, dbias = ops.conv2d_backward(dy, x, np.zeros((3, 3, 2, 3), np.float32), **options)
    wide = [a.astype(np.float64) for a in (dy, x, np.zeros((3, 3, 2, 3)))]
    _, exact, exact_bias = reference.conv2d_backward(*wide, **options)
    np.testing.assert_array_equal(dkernel, exact)
    np.testing.assert_array_equal(dbias, exact_bias)


@pytest.mark.parametrize("needs", [("x",), ("kernel",), ("bias",), ("kernel", "bias")])
def test_only_the_gradients_asked_for_are_made(simt: ModuleType, needs: tuple[str, ...]) -> None:
    rng = np.random.default_rng(5)
    x, kernel = integers(rng, (1, 4, 4, 2), np.float32), integers(rng, (2, 2, 2, 3), np.float32)
    dy = integers(rng, (1, 3, 3, 3), np.float32)
    found = ops.conv2d_backward(dy, x, kernel, needs=needs)
    expected = reference.conv2d_backward(dy, x, kernel)
    for name, got, wanted in zip(("x", "kernel", "bias"), found, expected, strict=True):
        if name in needs:
            np.testing.assert_array_equal(got, wanted)
        else:
            assert got is None
