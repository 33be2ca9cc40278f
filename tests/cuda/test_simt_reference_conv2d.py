# SPDX-License-Identifier: BSD-3-Clause
"""The convolution by its definition, the oracle of a device: exact, in the plain order of sums."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from drawn_windows import Dice, drawn_window

from benchmarks.gpu.oracle import Reference
from pyconv import reference
from pyconv.geometry import Window

DIRECTIONS = ("forward", "data", "kernel")
DICE = Dice(
    images=(0, 1, 1, 2, 3),
    side=10,
    borders=(0, 0, 1, 2, 4),
    dilations=((1, 1, 2, 3), (1, 1, 2, 4)),
    taps=5,
    strides=((1, 1, 2, 3), (1, 1, 2, 5)),
)


def draw(dice: random.Random, data_format: str) -> tuple[tuple[int, ...], tuple[int, ...], Any]:
    """Return an image shape, a kernel shape and options."""
    groups = dice.choice((1, 1, 1, 2, 3))
    channels = groups * dice.choice((1, 2, 3, 5))
    filters = groups * dice.choice((1, 2, 4, 7))
    shape, sides, options = drawn_window(dice, DICE, channels, groups, data_format)
    return shape, (*sides, channels // groups, filters), options


def window_of(shape: tuple[int, ...], kernel_shape: tuple[int, ...], options: Any) -> Window:
    return Window.conv("conv2d", shape, kernel_shape, *options.values())


def check_pass(simt: ModuleType, dtype: type, direction: str, case: Any, seed: int) -> None:
    """Compare one pass on integers with the NumPy reference, bit for bit."""
    shape, kernel_shape, options = case
    window, s0 = window_of(*case), Reference(simt, np)
    rng = np.random.default_rng(seed)
    shapes = (shape, kernel_shape, kernel_shape[-1:], window.output_shape)
    x, kernel, bias, dy = (rng.integers(-4, 5, s).astype(dtype) for s in shapes)
    if direction == "forward":
        found = [s0.forward(x, kernel, bias, window)]
        wanted = [reference.conv2d(x, kernel, bias, **options)]
    else:
        gradients = reference.conv2d_backward(dy, x, kernel, **options)
        data = direction == "data"
        found = [s0.data(dy, kernel, window)] if data else [*s0.kernel(x, dy, window)]
        wanted = list(gradients[:1] if data else gradients[1:])
    for got, exact in zip(found, wanted, strict=True):
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, exact, f"{direction} {case}")


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_pass_equals_the_reference_exactly(
    simt: ModuleType, seed: int, dtype: type, direction: str, exhaustive: bool, checked: Any
) -> None:
    dice = random.Random(f"{seed} {dtype.__name__} {direction}")
    shapes = 120 if exhaustive else 12
    for number in range(shapes):
        data_format = "channels_first" if number % 4 == 3 else "channels_last"
        check_pass(simt, dtype, direction, draw(dice, data_format), number)
    checked("S0", direction, dtype.__name__, shapes)


PLAIN = {
    "strides": (1, 1),
    "padding": ((0, 0), (0, 0)),
    "dilation_rate": (1, 1),
    "groups": 1,
    "data_format": "channels_last",
}
# From left to right the sum is 0: the 1 is lost in the large number. From right to left it is 1.
CANCELLING = (1, 2**60, -(2**60))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_terms_are_added_in_the_order_of_the_indices(simt: ModuleType, dtype: type) -> None:
    s0 = Reference(simt, np)
    for x_shape, kernel_shape in (((1, 1, 1, 3), (1, 1, 3, 1)), ((1, 3, 1, 1), (3, 1, 1, 1))):
        x = np.array(CANCELLING, dtype).reshape(x_shape)
        window = window_of(x_shape, kernel_shape, PLAIN)
        assert s0.forward(x, np.ones(kernel_shape, dtype), np.zeros(1, dtype), window) == 0
    kernel = np.array(CANCELLING, dtype).reshape(1, 1, 1, 3)
    window = window_of((1, 1, 1, 1), kernel.shape, PLAIN)
    assert s0.data(np.ones((1, 1, 1, 3), dtype), kernel, window) == 0
    dy = np.array(CANCELLING, dtype).reshape(3, 1, 1, 1)
    window = window_of((3, 1, 1, 1), (1, 1, 1, 1), PLAIN)
    dkernel, dbias = s0.kernel(np.ones_like(dy), dy, window)
    assert (dkernel.item(), dbias.item()) == (0, 0)


def test_infinite_filter_meets_the_padding_as_zero_times_infinity(simt: ModuleType) -> None:
    window = window_of((1, 2, 2, 1), (3, 3, 1, 1), {**PLAIN, "padding": ((1, 1), (1, 1))})
    x, kernel = np.ones((1, 2, 2, 1), np.float32), np.full((3, 3, 1, 1), np.inf, np.float32)
    y = Reference(simt, np).forward(x, kernel, np.zeros(1, np.float32), window)
    assert np.isnan(y).all()


def test_bias_and_its_gradient_may_be_left_out(simt: ModuleType) -> None:
    window = window_of((1, 1, 1, 1), (1, 1, 1, 1), PLAIN)
    x, kernel = (np.full((1, 1, 1, 1), value, np.float32) for value in (3, 5))
    y, dkernel = np.empty_like(x), np.empty_like(kernel)
    at = {name: a.ctypes.data for name, a in (("x", x), ("k", kernel), ("y", y), ("dk", dkernel))}
    simt.reference_conv2d(0, at["x"], at["k"], 0, at["y"], window.packed, 0)
    simt.reference_conv2d_backward_kernel(0, at["x"], at["k"], at["dk"], 0, window.packed, 0)
    assert (y.item(), dkernel.item()) == (15, 15)


@pytest.mark.parametrize("name", ["", "_backward_data", "_backward_kernel"])
def test_element_types_of_tensor_cores_are_refused(simt_module: ModuleType, name: str) -> None:
    run = getattr(simt_module, f"reference_conv2d{name}")
    addresses = [0] * (3 if name == "_backward_data" else 4)
    window = window_of((1, 1, 1, 1), (1, 1, 1, 1), PLAIN)
    with pytest.raises(ValueError, match=f"reference_conv2d{name}: dtype=2; the operation has no"):
        run(2, *addresses, window.packed, 0)
