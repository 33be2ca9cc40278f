# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA kernel of first layers' weights, simulated: one to four channels, every tile of sums.

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
from pyconv.geometry import Window
from pyconv.ops.conv2d import KERNEL

SHAPES = 20  # of each count of channels and dtype, a schedule each
SMALLER = DICE._replace(side=33, taps=6)


def takes(
    kernels: ModuleType, shape: tuple[int, ...], kernel: tuple[int, ...], options: Any, dtype: Any
) -> bool:
    """Return whether the kernel of first layers has the shape.

    It adds slices where there is one, too; the product borrows nothing for a sum of one slice.
    """
    every = {"strides": 1, "padding": "valid", "dilation_rate": 1, "groups": 1, **options}
    every.setdefault("data_format", "channels_last")
    packed = Window.conv("conv2d", shape, kernel, **every).packed
    kernels.force_block(-1, 1)
    size = kernels.conv2d_workspace(int(dtype == np.float64), packed, 0, KERNEL, 0)
    kernels.force_block(-1, -1)
    return bool(size)


def meet_the_reference(
    rng: np.random.Generator, x: Any, kernel_shape: tuple[int, ...], **options: Any
) -> None:
    kernel = integers(rng, kernel_shape, x.dtype)
    dy = integers(rng, reference.conv2d(x, kernel, **options).shape, x.dtype)
    _, *found = ops.conv2d_backward(dy, x, kernel, needs=("kernel", "bias"), **options)
    _, *wanted = reference.conv2d_backward(dy, x, kernel, **options)
    for name, got, exact in zip(("dkernel", "dbias"), found, wanted, strict=True):
        where = f"{name} {x.shape} {kernel_shape} {options}"
        np.testing.assert_array_equal(got, exact, where)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", CHANNELS)
def test_drawn_geometries_equal_the_reference_exactly(
    kernels: ModuleType, channels: int, dtype: Any
) -> None:
    dice = random.Random(f"{channels} {dtype.__name__}")
    rng = np.random.default_rng(channels)
    taken = 0
    for seed in range(SHAPES):
        kernels.set_schedule_seed(seed)
        shape, sides, options = drawn_window(dice, SMALLER, channels, 1, "channels_last")
        kernel = (*sides, channels, dice.choice((1, 3, 4, 8, 30, 31, 33, 36, 64, 68)))
        taken += takes(kernels, shape, kernel, options, dtype)
        meet_the_reference(rng, integers(rng, shape, dtype), kernel, **options)
    assert taken == SHAPES


# Of ResNet, VGG, AlexNet and MNIST, in small images that end within pieces: 6, 1, 13 and 1 tiles of
# sums, and one more of a kernel whose tile has the fewest rows.
@pytest.mark.parametrize(
    ("shape", "kernel", "options"),
    [
        ((1, 41, 37, 3), (7, 7, 3, 64), {"strides": 2, "padding": 3}),
        ((2, 19, 70, 3), (3, 3, 3, 64), {"padding": "same"}),
        ((1, 63, 67, 3), (11, 11, 3, 96), {"strides": 4, "padding": 2}),
        ((3, 28, 28, 1), (5, 5, 1, 30), {}),
        ((2, 21, 18, 1), (3, 3, 1, 33), {"padding": "same"}),
    ],
)
def test_first_layers_of_well_known_networks_are_exact(
    kernels: ModuleType, shape: tuple[int, ...], kernel: tuple[int, ...], options: Any
) -> None:
    rng = np.random.default_rng(1)
    assert takes(kernels, shape, kernel, options, np.float32)
    meet_the_reference(rng, integers(rng, shape, np.float32), kernel, **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", ["x", "dy"])
def test_arrays_off_the_bounds_of_packs_are_exact(
    kernels: ModuleType, offset: str, dtype: Any
) -> None:
    rng = np.random.default_rng(2)
    made = {}
    for name, shape in {"x": (1, 9, 20, 4), "dy": (1, 7, 18, 36)}.items():
        flat = integers(rng, (int(np.prod(shape)) + 1,), dtype)
        made[name] = (flat[1:] if name == offset else flat[:-1]).reshape(shape)
    assert made[offset].ctypes.data % 16 != 0
    kernel = np.zeros((3, 3, 4, 36), dtype)
    found = ops.conv2d_backward(made["dy"], made["x"], kernel, needs=("kernel", "bias"))
    wanted = reference.conv2d_backward(made["dy"], made["x"], kernel)
    np.testing.assert_array_equal(found[1], wanted[1])
    np.testing.assert_array_equal(found[2], wanted[2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("slices", [1, 3, 50])
def test_sums_are_exact_in_any_number_of_slices(
    kernels: ModuleType, slices: int, dtype: Any
) -> None:
    rng = np.random.default_rng(3)
    kernels.force_block(-1, slices)
    try:
        meet_the_reference(rng, integers(rng, (3, 26, 9, 2), dtype), (3, 2, 2, 40))
    finally:
        kernels.force_block(-1, -1)


@pytest.mark.parametrize("needs", ["kernel", "bias"])
def test_only_the_gradients_asked_for_are_made(kernels: ModuleType, needs: str) -> None:
    rng = np.random.default_rng(4)
    x, dy = integers(rng, (1, 9, 8, 3), np.float32), integers(rng, (1, 7, 6, 8), np.float32)
    kernel = np.zeros((3, 3, 3, 8), np.float32)
    _, dkernel, dbias = ops.conv2d_backward(dy, x, kernel, needs=(needs,))
    _, exact, exact_bias = reference.conv2d_backward(dy, x, kernel)
    if needs == "kernel":
        assert dbias is None
        np.testing.assert_array_equal(dkernel, exact)
    else:
        assert dkernel is None
        np.testing.assert_array_equal(dbias, exact_bias)
        meet_the_reference(rng, x, kernel.shape)  # and so that banks are counted


def test_every_schedule_gives_the_same_bits(kernels: ModuleType) -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((2, 20, 21, 3)).astype(np.float32)
    dy = rng.standard_normal((2, 18, 19, 36)).astype(np.float32)
    kernel = np.zeros((3, 3, 3, 36), np.float32)
    results = set()
    for seed in range(4):
        kernels.set_schedule_seed(seed)
        found = ops.conv2d_backward(dy, x, kernel, needs=("kernel", "bias"))
        results.add(found[1].tobytes() + found[2].tobytes())
    assert len(results) == 1


@pytest.mark.parametrize("low", [-1.0, 0.0], ids=["zero mean", "same sign"])
def test_random_sums_stay_within_the_bound(kernels: ModuleType, low: float) -> None:
    rng = np.random.default_rng(6)
    x = rng.uniform(low, 1, (2, 34, 35, 3)).astype(np.float32)
    dy = rng.uniform(low, 1, (2, 32, 33, 8)).astype(np.float32)
    kernel = np.zeros((3, 3, 3, 8))
    _, dkernel, dbias = ops.conv2d_backward(
        dy, x, kernel.astype(np.float32), needs=("kernel", "bias")
    )
    wide = [a.astype(np.float64) for a in (dy, x)]
    _, exact, exact_bias = reference.conv2d_backward(*wide, kernel)
    _, sizes, bias_sizes = reference.conv2d_backward(*(np.abs(a) for a in wide), kernel)
    unit = np.spacing(np.float32(1)) / 2
    bound = 2 * np.sqrt(2 * 32 * 33) * unit  # DESIGN section 6: one chain of sums
    assert np.all(np.abs(dkernel - exact) <= bound * sizes)
    assert np.all(np.abs(dbias - exact_bias) <= bound * bias_sizes)


# Taps a bank apart whatever the pitch of rows, long kernels, rows that no block has room for.
@pytest.mark.parametrize(
    ("shape", "kernel", "options"),
    [
        ((1, 3, 70, 1), (1, 3, 1, 6), {"dilation_rate": (1, 32)}),
        ((1, 15, 15, 4), (12, 12, 4, 5), {}),
        ((1, 9, 2000, 3), (2, 2, 3, 4), {"dilation_rate": (7, 1990)}),
    ],
)
def test_shapes_that_the_kernel_leaves_to_the_product_are_exact(
    kernels: ModuleType, shape: tuple[int, ...], kernel: tuple[int, ...], options: Any
) -> None:
    rng = np.random.default_rng(7)
    assert not takes(kernels, shape, kernel, options, np.float32)
    meet_the_reference(rng, integers(rng, shape, np.float32), kernel, **options)


def test_infinite_gradient_meets_the_padding_as_zero_times_infinity(kernels: ModuleType) -> None:
    x, kernel = np.ones((1, 2, 2, 3), np.float32), np.zeros((3, 3, 3, 4), np.float32)
    dy = np.full((1, 2, 2, 4), np.inf, np.float32)
    _, dkernel, dbias = ops.conv2d_backward(dy, x, kernel, padding="same", needs=("kernel", "bias"))
    expected = np.full((3, 3, 3, 4), np.nan)
    expected[1, 1] = np.inf
    np.testing.assert_array_equal(dkernel, expected)
    assert np.isposinf(dbias).all()


def test_infinite_pixel_leaves_the_gradient_of_the_bias_finite(kernels: ModuleType) -> None:
    x = np.zeros((1, 12, 12, 3), np.float32)
    x[0, 5, 5, 1] = np.inf
    dy, kernel = np.ones((1, 12, 12, 5), np.float32), np.zeros((3, 3, 3, 5), np.float32)
    _, dkernel, dbias = ops.conv2d_backward(dy, x, kernel, padding="same", needs=("kernel", "bias"))
    np.testing.assert_array_equal(dbias, np.full(5, 144.0))
    np.testing.assert_array_equal(dkernel[:, :, [0, 2]], 0)
    assert np.isposinf(dkernel[:, :, 1]).all()
