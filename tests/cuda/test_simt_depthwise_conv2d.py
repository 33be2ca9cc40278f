# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA kernels of depthwise convolutions, simulated: packs, single channels, both layouts.

Those of 16 bits are called by address: the public op takes such arrays on a GPU alone.
"""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from drawn_windows import Dice, drawn_window
from element_types import CODES, KINDS, empty, numbers, rounded, stored
from native_arrays import PLACES, call

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
    channels = dice.choice((2, 3, 4, 8, 12, 16, 36, 40))
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


VALID = {
    "strides": 1,
    "padding": "valid",
    "dilation_rate": 1,
    "groups": 8,
    "data_format": "channels_last",
}
SAME = {**VALID, "padding": "same"}


class Half:
    """The three passes on arrays of a 16-bit type; kernels have the shape of a grouped one's."""

    def __init__(self, simt: ModuleType, kind: str, window: Window, place: Any) -> None:
        self.simt, self.kind, self.code = simt, kind, CODES[kind]
        self.window, self.place = window, place

    def held(self, x: Any) -> Any:
        return self.place(stored(x, self.kind))

    def fresh(self, shape: tuple[int, ...]) -> Any:
        return self.place(empty(shape, self.kind))

    def forward(self, x: Any, kernel: Any, bias: Any, activation: int) -> Any:
        y = self.fresh(self.window.output_shape)
        arrays = (self.held(x), self.held(kernel), self.held(bias), y)
        packed = self.window.packed
        call(self.simt.conv2d, self.code, arrays, packed, 0, activation, 0, 0)
        return numbers(y, self.kind)

    def data(self, dy: Any, kernel: Any) -> Any:
        dx = self.fresh(self.window.input_shape)
        arrays = (self.held(dy), self.held(kernel), dx)
        call(self.simt.conv2d_backward_data, self.code, arrays, self.window.packed, 0, 0, 0)
        return numbers(dx, self.kind)

    def kernel(self, x: Any, dy: Any, needs: tuple[str, ...] = ("kernel", "bias")) -> Any:
        size = self.simt.conv2d_workspace(self.code, self.window.packed, 0, KERNEL, 0)
        room = np.full(size, 0xFF, np.uint8)
        dkernel = np.full(self.window.kernel_shape, np.nan, np.float32)
        dbias = np.full(self.window.f, np.nan, np.float32)
        asked = [a if name in needs else None for a, name in ((dkernel, "kernel"), (dbias, "bias"))]
        arrays = (self.held(x), self.held(dy), *asked)
        where = (self.window.packed, 0, room.ctypes.data, 0)
        call(self.simt.conv2d_backward_kernel, self.code, arrays, *where)
        return asked


def window_of(shape: tuple[int, ...], kernel_shape: tuple[int, ...], options: Any) -> Window:
    return Window.conv("conv2d", shape, kernel_shape, **options)


@PLACES
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("kind", KINDS)
def test_16_bit_passes_equal_the_reference_after_one_rounding(
    simt: ModuleType, seed: int, kind: str, data_format: str, place: Any
) -> None:
    dice = random.Random(f"{seed} {kind} {data_format}")
    rng = np.random.default_rng(seed)
    simt.count_banks(True)
    for _ in range(SHAPES):
        shape, kernel_shape, options = draw(dice, data_format)
        half = Half(simt, kind, window_of(shape, kernel_shape, options), place)
        x, kernel = integers(rng, shape, np.float64), integers(rng, kernel_shape, np.float64)
        bias = integers(rng, kernel_shape[-1:], np.float64)
        where = f"{shape} {kernel_shape} {options}"
        wanted = reference.conv2d(x, kernel, bias, activation="relu", **options)
        found = half.forward(x, kernel, bias, 1)
        np.testing.assert_array_equal(found, rounded(wanted, kind), where)
        dy = integers(rng, wanted.shape, np.float64)
        dx, dkernel, dbias = reference.conv2d_backward(dy, x, kernel, **options)
        np.testing.assert_array_equal(half.data(dy, kernel), rounded(dx, kind), where)
        for got, exact in zip(half.kernel(x, dy), (dkernel, dbias), strict=True):
            np.testing.assert_array_equal(got, exact, where)
    phases, conflicts = simt.bank_count()
    simt.count_banks(False)
    assert phases > 0
    assert conflicts == 0


@pytest.mark.parametrize("kind", KINDS)
def test_16_bit_gradients_of_kernel_and_bias_come_one_without_the_other(
    simt: ModuleType, kind: str
) -> None:
    rng = np.random.default_rng(3)
    half = Half(simt, kind, window_of((2, 5, 6, 8), (3, 3, 1, 8), SAME), np.ascontiguousarray)
    x, dy = (integers(rng, (2, 5, 6, 8), np.float64) for _ in range(2))
    both = half.kernel(x, dy)
    (dkernel, nothing), (nothing_either, dbias) = (
        half.kernel(x, dy, (name,)) for name in ("kernel", "bias")
    )
    assert nothing is None
    assert nothing_either is None
    np.testing.assert_array_equal(dkernel, both[0])
    np.testing.assert_array_equal(dbias, both[1])


@pytest.mark.parametrize("kind", KINDS)
def test_16_bit_sums_are_float32_until_the_end(simt: ModuleType, kind: str) -> None:
    # 256 + 1 - 256 is 0 where a sum has 8 bits, and so is 2048 + 1 - 2048 where it has 11.
    large = {"float16": 2048.0, "bfloat16": 256.0}[kind]
    half = Half(simt, kind, window_of((1, 1, 3, 8), (1, 3, 1, 8), VALID), np.ascontiguousarray)
    x = np.broadcast_to(np.array([large, 1.0, -large])[:, None], (1, 1, 3, 8))
    kernel, bias = np.ones((1, 3, 1, 8)), np.zeros(8)
    assert (half.forward(x, kernel, bias, 0) == 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_16_bit_infinite_filter_meets_the_padding_as_zero_times_infinity(
    simt: ModuleType, kind: str
) -> None:
    half = Half(simt, kind, window_of((1, 2, 2, 8), (3, 3, 1, 8), SAME), np.ascontiguousarray)
    kernel = np.full((3, 3, 1, 8), np.inf)
    assert np.isnan(half.forward(np.ones((1, 2, 2, 8)), kernel, np.zeros(8), 0)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_16_bit_results_depend_on_no_schedule(simt_module: ModuleType, kind: str) -> None:
    rng = np.random.default_rng(5)
    window = window_of((3, 20, 9, 8), (3, 3, 1, 8), SAME)
    x, dy = (rng.standard_normal((3, 20, 9, 8)) for _ in range(2))
    results = set()
    for seed in range(4):
        simt_module.set_schedule_seed(seed)
        found = Half(simt_module, kind, window, np.ascontiguousarray).kernel(x, dy)
        results.add(b"".join(array.tobytes() for array in found))
    assert len(results) == 1


def test_16_bit_depthwise_shapes_are_told_as_such_and_tf32_ones_are_products(
    simt: ModuleType,
) -> None:
    packed = window_of((1, 6, 6, 8), (3, 3, 1, 16), SAME).packed
    told = {
        kind: simt.conv2d_algorithm(code, packed, 0, FORWARD, 0) for kind, code in CODES.items()
    }
    assert told == {"float16": 4, "bfloat16": 4, "tf32": 1}
    assert simt.conv2d_workspace(CODES["float16"], packed, 0, DATA, 0) == 0
    with pytest.raises(ValueError, match=r"conv2d: algorithm=2 \(im2col\) has no dtype=2"):
        simt.conv2d(2, 0, 0, 0, 0, packed, 2, 0, 0, 0)
