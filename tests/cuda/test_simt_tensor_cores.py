# SPDX-License-Identifier: BSD-3-Clause
"""Products on simulated tensor cores: exact on integers, every element type, hostile geometries."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pyconv import reference
from pyconv.geometry import Window

TYPES = {"float16": 2, "bfloat16": 3, "tf32": 4}
DIRECTIONS = {"forward": 0, "data": 1, "kernel": 2}
LIMITS = {"float16": 2048, "bfloat16": 256, "tf32": 2**24}  # whole numbers that every type holds


def stored(x: Any, kind: str) -> Any:
    """Return float32 values as an array of the type: bit patterns where NumPy lacks it."""
    x = np.ascontiguousarray(x, np.float32)
    if kind == "tf32":
        return x.copy()
    if kind == "float16":
        return x.astype(np.float16)
    bits = x.view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(x), 0x7FFF, rounded).astype(np.uint16)


def numbers(x: Any, kind: str) -> Any:
    """Return what an array of the type holds, in float64."""
    if kind == "bfloat16" and x.dtype == np.uint16:
        return (x.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return x.astype(np.float64)


def rounded(x: Any, kind: str) -> Any:
    """Return float64 values after one rounding to the type, in float64."""
    return numbers(stored(x.astype(np.float32), kind), kind)


def empty(shape: tuple[int, ...], kind: str) -> Any:
    return stored(np.zeros(shape), kind)


class Convolution:
    """The native passes of one type on host arrays."""

    def __init__(self, simt: ModuleType, kind: str, window: Window) -> None:
        self.simt, self.kind, self.code, self.packed = simt, kind, TYPES[kind], window.packed

    def workspace(self, direction: str) -> Any:
        size = self.simt.conv2d_workspace(self.code, self.packed, 0, DIRECTIONS[direction], 0)
        return np.zeros(max(size, 16), np.uint8)

    def forward(self, x: Any, kernel: Any, bias: Any, y: Any, activation: int = 0) -> None:
        room = self.workspace("forward")
        arrays = (a.ctypes.data for a in (x, kernel, bias, y))
        self.simt.conv2d(self.code, *arrays, self.packed, 0, activation, room.ctypes.data, 0)

    def data(self, dy: Any, kernel: Any, dx: Any) -> None:
        room = self.workspace("data")
        arrays = (a.ctypes.data for a in (dy, kernel, dx))
        self.simt.conv2d_backward_data(self.code, *arrays, self.packed, 0, room.ctypes.data, 0)

    def kernel(self, x: Any, dy: Any, dkernel: Any, dbias: Any) -> None:
        room = self.workspace("kernel")
        arrays = (a.ctypes.data for a in (x, dy, dkernel, dbias))
        self.simt.conv2d_backward_kernel(self.code, *arrays, self.packed, 0, room.ctypes.data, 0)


def draw(dice: random.Random) -> tuple[tuple[int, ...], tuple[int, ...], Any]:
    """Return an image shape (n, h, w, c), a kernel shape and options."""
    groups = dice.choice((1, 1, 1, 2, 3))
    channels = groups * dice.choice((1, 2, 3, 8, 16, 17, 24))
    filters = groups * dice.choice((1, 4, 7, 8, 33, 40, 72))
    n, h, w = dice.choice((0, 1, 1, 2, 3)), dice.randint(1, 12), dice.randint(1, 12)
    top, bottom, left, right = (dice.choice((0, 0, 1, 2, 4)) for _ in range(4))
    dilation = dice.choice((1, 1, 2, 3)), dice.choice((1, 1, 2, 4))
    kh = dice.randint(1, min(5, (h + top + bottom - 1) // dilation[0] + 1))
    kw = dice.randint(1, min(5, (w + left + right - 1) // dilation[1] + 1))
    options = {
        "strides": (dice.choice((1, 1, 2, 3)), dice.choice((1, 1, 2, 5))),
        "padding": ((top, bottom), (left, right)),
        "dilation_rate": dilation,
        "groups": groups,
    }
    return (n, h, w, channels), (kh, kw, channels // groups, filters), options


def window_of(shape: Any, kernel_shape: Any, options: Any, data_format: str) -> Window:
    n, h, w, c = shape
    laid = shape if data_format == "channels_last" else (n, c, h, w)
    return Window.conv(
        "conv2d",
        laid,
        kernel_shape,
        options["strides"],
        options["padding"],
        options["dilation_rate"],
        options["groups"],
        data_format,
    )


def integers(rng: np.random.Generator, shape: tuple[int, ...], largest: int = 2) -> Any:
    return rng.integers(-largest, largest + 1, shape).astype(np.float32)


def laid_out(x: Any, data_format: str) -> Any:
    return x if data_format == "channels_last" else np.moveaxis(x, 3, 1)


def check_pass(
    simt: ModuleType, kind: str, direction: str, data_format: str, case: Any, seed: int
) -> None:
    """Compare one pass on integers with the reference, after one rounding to the type."""
    shape, kernel_shape, options = case
    rng = np.random.default_rng(seed)
    x, kernel = integers(rng, shape), integers(rng, kernel_shape)
    bias = integers(rng, kernel_shape[-1:])
    wide = [a.astype(np.float64) for a in (x, kernel, bias)]
    y = reference.conv2d(*wide, **options)
    dy = integers(rng, y.shape)
    conv = Convolution(simt, kind, window_of(shape, kernel_shape, options, data_format))
    where = f"{kind} {direction} {data_format} {shape} {kernel_shape} {options}"
    images = [stored(laid_out(a, data_format), kind) for a in (x, dy)]
    weights = [stored(a, kind) for a in (kernel, bias)]
    if direction == "forward":
        out = empty(laid_out(y, data_format).shape, kind)
        conv.forward(images[0], *weights, out)
        wanted = laid_out(rounded(y, kind), data_format)
        np.testing.assert_array_equal(numbers(out, kind), wanted, where)
        return
    exact = reference.conv2d_backward(dy.astype(np.float64), *wide[:2], **options)
    if direction == "data":
        out = empty(laid_out(x, data_format).shape, kind)
        conv.data(images[1], weights[0], out)
        wanted = laid_out(rounded(exact[0], kind), data_format)
        np.testing.assert_array_equal(numbers(out, kind), wanted, where)
        return
    dkernel, dbias = np.empty(kernel_shape, np.float32), np.empty(kernel_shape[-1:], np.float32)
    conv.kernel(images[0], images[1], dkernel, dbias)
    np.testing.assert_array_equal(dkernel, exact[1], where)
    np.testing.assert_array_equal(dbias, exact[2], where)


@pytest.fixture
def block(request: pytest.FixtureRequest, simt_module: ModuleType) -> Any:
    """Let products take blocks of one size: 0 small, 1 large where copies are of 16 bytes."""
    simt_module.force_mma_block(request.param)
    yield request.param
    simt_module.force_mma_block(-1)


@pytest.mark.parametrize("block", [0, 1], ids=["small", "large"], indirect=True)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("kind", TYPES)
def test_each_pass_equals_the_reference_after_one_rounding(
    simt: ModuleType, seed: int, kind: str, direction: str, block: int, request: Any
) -> None:
    dice = random.Random(f"{seed} {kind} {direction} {block}")
    for number in range(60 if request.config.getoption("--exhaustive") else 4):
        data_format = "channels_first" if number % 4 == 3 else "channels_last"
        check_pass(simt, kind, direction, data_format, draw(dice), number)
