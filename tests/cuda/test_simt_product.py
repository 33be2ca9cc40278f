# SPDX-License-Identifier: BSD-3-Clause
"""Every variant of the product's kernels: blocks, widths of reads, slices, layouts.

Integer data is met at 0 ulp. The host layer reports races, reads of unwritten memory and accesses
out of bounds by itself; bank conflicts of shared memory are counted here.
"""

from __future__ import annotations

import itertools
import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from drawn_windows import Dice, drawn_window

from pyconv import ops, reference

BLOCKS = {"small": 0, "narrow": 1, "wide": 2}  # float64 has the small one alone
SHAPES = 20  # of each pass, one schedule each
LAYOUTS = ("channels_last", "channels_first")


def integers(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    return rng.integers(-4, 5, shape).astype(dtype)


def cases(*axes: Any) -> list[Any]:
    """Return the product of the axes without blocks that float64 lacks."""
    every = itertools.product(*axes)
    return [case for case in every if np.float64 not in case or case[0] == "small"]


# Sizes that end within a block, a piece and a pack, and whole ones.
@pytest.mark.parametrize(
    ("block", "dtype", "packed"), cases(BLOCKS, (np.float32, np.float64), (True, False))
)
@pytest.mark.parametrize("transposed", list(itertools.product((False, True), repeat=2)))
def test_gemm_is_exact_in_every_block_and_width(
    kernels: ModuleType, block: str, dtype: Any, packed: bool, transposed: tuple[bool, bool]
) -> None:
    sizes = [(132, 36, 20), (128, 128, 8)] if packed else [(131, 35, 19), (1, 3, 7)]
    rng = np.random.default_rng(11)
    kernels.force_block(BLOCKS[block], -1)
    for seed, (m, n, k) in enumerate(sizes):
        kernels.set_schedule_seed(seed)
        a = integers(rng, (k, m) if transposed[0] else (m, k), dtype)
        b = integers(rng, (n, k) if transposed[1] else (k, n), dtype)
        options = {"transpose_a": transposed[0], "transpose_b": transposed[1]}
        np.testing.assert_array_equal(ops.gemm(a, b, **options), reference.gemm(a, b, **options))


def test_gemm_of_arrays_off_the_bounds_of_packs_is_exact(kernels: ModuleType) -> None:
    rng = np.random.default_rng(12)
    a, b = (integers(rng, (16 * 16 + 1,), np.float32)[1:].reshape(16, 16) for _ in range(2))
    assert a.ctypes.data % 16 != 0
    np.testing.assert_array_equal(ops.gemm(a, b), reference.gemm(a, b))


DICE = Dice(
    images=(1, 1, 2),
    side=11,
    borders=(0, 0, 1, 3),
    dilations=((1, 1, 2, 3), (1, 1, 2, 4)),
    taps=4,
    strides=((1, 2, 3), (1, 2, 4)),
)


def draw(dice: random.Random, data_format: str) -> tuple[tuple[int, ...], tuple[int, ...], Any]:
    """Return an image, a kernel and options; half of the channels and filters come in packs."""
    groups = dice.choice((1, 1, 1, 2, 3))
    pack = dice.choice((1, 4))
    channels = groups * pack * dice.choice((1, 2, 3, 5))
    filters = groups * dice.choice((1, 4)) * dice.choice((1, 2, 9, 17))
    shape, sides, options = drawn_window(dice, DICE, channels, groups, data_format)
    return shape, (*sides, channels // groups, filters), options


def meet_the_reference(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    kernel_shape: tuple[int, ...],
    options: Any,
    dtype: Any = np.float32,
) -> None:
    x, kernel = integers(rng, shape, dtype), integers(rng, kernel_shape, dtype)
    bias = integers(rng, kernel_shape[-1:], dtype)
    where = f"{shape} {kernel_shape} {options}"
    expected = reference.conv2d(x, kernel, bias, activation="relu", **options)
    y = ops.conv2d(x, kernel, bias, activation="relu", **options)
    np.testing.assert_array_equal(y, expected, where)
    dy = integers(rng, expected.shape, dtype)
    found = ops.conv2d_backward(dy, x, kernel, **options)
    wanted = reference.conv2d_backward(dy, x, kernel, **options)
    for name, got, one in zip(("dx", "dkernel", "dbias"), found, wanted, strict=True):
        np.testing.assert_array_equal(got, one, f"{name} {where}")


@pytest.mark.parametrize(
    ("block", "dtype", "slices"), cases(BLOCKS, (np.float32, np.float64), (1, 3))
)
@pytest.mark.parametrize("data_format", LAYOUTS)
def test_three_passes_are_exact_in_every_block_and_slicing(
    kernels: ModuleType, block: str, dtype: Any, slices: int, data_format: str
) -> None:
    dice = random.Random(f"{block} {dtype.__name__} {slices} {data_format}")
    rng = np.random.default_rng(13)
    kernels.force_block(BLOCKS[block], slices)
    for seed in range(SHAPES // 2):
        kernels.set_schedule_seed(seed)
        meet_the_reference(rng, *draw(dice, data_format), dtype)


# Channels and filters: whole packs, packs of filters alone, none.
@pytest.mark.parametrize(("channels", "filters"), [(8, 12), (3, 8), (8, 10), (5, 3)])
@pytest.mark.parametrize("block", BLOCKS)
def test_every_width_of_reads_is_exact(
    kernels: ModuleType, block: str, channels: int, filters: int
) -> None:
    rng = np.random.default_rng(14)
    kernels.force_block(BLOCKS[block], -1)
    for options in ({"padding": "same"}, {"strides": 2, "padding": ((0, 1), (2, 0))}):
        meet_the_reference(rng, (2, 9, 8, channels), (3, 2, channels, filters), options)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("data_format", LAYOUTS)
@pytest.mark.parametrize(("channels", "filters", "groups"), [(8, 12, 1), (6, 10, 2), (1, 1, 1)])
def test_pointwise_convolutions_are_plain_products(
    kernels: ModuleType, block: str, data_format: str, channels: int, filters: int, groups: int
) -> None:
    rng = np.random.default_rng(15)
    kernels.force_block(BLOCKS[block], -1)
    shape = (2, 7, 5, channels) if data_format == "channels_last" else (2, channels, 7, 5)
    options = {"groups": groups, "data_format": data_format}
    meet_the_reference(rng, shape, (1, 1, channels // groups, filters), options)


@pytest.mark.parametrize("strides", [(2, 2), (3, 2), (4, 1), (5, 5)])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 3), (4, 2)])
def test_strides_cut_the_gradient_of_the_image_into_classes(
    kernels: ModuleType, strides: tuple[int, int], dilation: tuple[int, int]
) -> None:
    rng = np.random.default_rng(16)
    for kernel in ((1, 1), (3, 2), (2, 4)):
        options = {"strides": strides, "dilation_rate": dilation, "padding": ((3, 1), (0, 2))}
        meet_the_reference(rng, (2, 14, 13, 4), (*kernel, 4, 4), options)


def test_long_sums_of_few_pixels_are_cut_by_the_shape_alone(kernels: ModuleType) -> None:
    rng = np.random.default_rng(17)
    x, kernel = integers(rng, (1, 3, 3, 160), np.float32), integers(rng, (3, 3, 160, 4), np.float32)
    bias = integers(rng, (4,), np.float32)
    results = []
    for seed in range(3):
        kernels.set_schedule_seed(seed)
        y = ops.conv2d(x, kernel, bias, padding="same", activation="sigmoid")
        results.append(y.tobytes())
    assert len(set(results)) == 1
    meet_the_reference(rng, (1, 3, 3, 160), (3, 3, 160, 4), {"padding": "same"})


def test_curved_activations_follow_bias_and_slices(kernels: ModuleType) -> None:
    rng = np.random.default_rng(18)
    x = rng.standard_normal((1, 5, 6, 4)).astype(np.float32)
    kernel = rng.standard_normal((3, 3, 4, 6)).astype(np.float32)
    bias = rng.standard_normal(6).astype(np.float32)
    plain = ops.conv2d(x, kernel, bias)
    for name in ("sigmoid", "tanh"):
        curved = getattr(ops, name)(plain)
        for block, slices in itertools.product(BLOCKS.values(), (1, 2)):
            kernels.force_block(block, slices)
            y = ops.conv2d(x, kernel, bias, activation=name)
            np.testing.assert_allclose(y, curved, rtol=1e-5, atol=1e-6)
