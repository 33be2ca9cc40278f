# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA kernels of depthwise convolutions, simulated: packs, single channels, both layouts."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from drawn_windows import Dice, drawn_window

from pyconv import ops, reference
from pyconv.geometry import Window
from pyconv.ops.conv2d import DATA, FORWARD, KERNEL, algorithm_of

SHAPES = 20  # of each layout and dtype, over three schedules
GRADIENTS = ("dx", "dkernel", "dbias")


def integers(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    return rng.integers(-4, 5, shape).astype(dtype)


DICE = Dice(
    images=(0, 1, 1, 3),
    side=13,
    borders=(0, 0, 1, 3),
    dilations=((1, 1, 2), (1, 1, 3)),
    taps=5,
    strides=((1, 2, 3), (1, 2, 4)),
)


def draw(dice: random.Random, data_format: str) -> tuple[tuple[int, ...], tuple[int, ...], Any]:
    """Return an image, a kernel and options; channels in packs, some with several filters."""
    channels = dice.choice((2, 3, 4, 8, 12, 36))
    multiplier = dice.choice((1, 1, 2, 3))
    shape, sides, options = drawn_window(dice, DICE, channels, channels, data_format)
    return shape, (*sides, 1, channels * multiplier), options


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_three_passes_equal_the_reference_exactly(
    simt: ModuleType, seed: int, dtype: Any, data_format: str
) -> None:
    dice = random.Random(f"{seed} {dtype.__name__} {data_format}")
    rng = np.random.default_rng(seed)
    simt.count_banks(True)
    for _ in range(SHAPES):
        shape, kernel_shape, options = draw(dice, data_format)
        x, kernel = integers(rng, shape, dtype), integers(rng, kernel_shape, dtype)
        bias = integers(rng, kernel_shape[-1:], dtype)
        where = f"{shape} {kernel_shape} {options}"
        expected = reference.conv2d(x, kernel, bias, activation="relu", **options)
        y = ops.conv2d(x, kernel, bias, activation="relu", **options)
        np.testing.assert_array_equal(y, expected, where)
        dy = integers(rng, expected.shape, dtype)
        found = ops.conv2d_backward(dy, x, kernel, **options)
        wanted = reference.conv2d_backward(dy, x, kernel, **options)
        for name, got, one in zip(GRADIENTS, found, wanted, strict=True):
            np.testing.assert_array_equal(got, one, f"{name} {where}")
    phases, conflicts = simt.bank_count()
    simt.count_banks(False)
    assert phases > 0
    assert conflicts == 0


def test_sums_of_many_rows_are_cut_by_the_shape_alone(simt_module: ModuleType) -> None:
    from pyconv import backend

    backend._use_host_kernels("simt")
    rng = np.random.default_rng(5)
    x, dy = (rng.standard_normal((3, 20, 9, 8)).astype(np.float32) for _ in range(2))
    kernel = np.zeros((3, 3, 1, 8), np.float32)
    results = []
    for seed in range(4):
        simt_module.set_schedule_seed(seed)
        found = ops.conv2d_backward(
            dy, x, kernel, padding="same", groups=8, needs=("kernel", "bias")
        )
        results.append(b"".join(array.tobytes() for array in found[1:]))
    backend._use_host_kernels("core")
    assert len(set(results)) == 1
    wide = [array.astype(np.float64) for array in (dy, x, kernel)]
    exact = reference.conv2d_backward(*wide, padding="same", groups=8)
    np.testing.assert_allclose(found[1], exact[1], rtol=1e-4, atol=1e-4)


def test_infinite_filter_meets_the_padding_as_zero_times_infinity(simt: ModuleType) -> None:
    x = np.ones((1, 2, 2, 4), np.float32)
    kernel = np.full((3, 3, 1, 4), np.inf, np.float32)
    assert np.isnan(ops.conv2d(x, kernel, padding="same", groups=4)).all()


def test_depthwise_shapes_are_told_as_such(simt: ModuleType) -> None:
    x = np.zeros((1, 6, 6, 8), np.float32)

    def window(kernel: tuple[int, ...], groups: int) -> Window:
        return Window.conv("conv2d", x.shape, kernel, 1, "same", 1, groups, "channels_last")

    for direction in (FORWARD, DATA, KERNEL):
        assert algorithm_of(x, window((3, 3, 1, 16), 8), direction) == "depthwise"
        assert algorithm_of(x, window((3, 3, 2, 16), 4), direction) == "direct"
