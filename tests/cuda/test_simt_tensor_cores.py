# SPDX-License-Identifier: BSD-3-Clause
"""Products on simulated tensor cores: exact on integers, every element type, hostile geometries."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tolerances
from element_types import CODES, empty, numbers, read_as_tf32, rounded, stored

from pyconv import reference
from pyconv.geometry import Window

DIRECTIONS = {"forward": 0, "data": 1, "kernel": 2}


class Convolution:
    """The native passes of one type on host arrays."""

    def __init__(self, simt: ModuleType, kind: str, window: Window) -> None:
        self.simt, self.kind, self.code, self.packed = simt, kind, CODES[kind], window.packed

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
@pytest.mark.parametrize("kind", CODES)
def test_each_pass_equals_the_reference_after_one_rounding(
    simt: ModuleType,
    seed: int,
    kind: str,
    direction: str,
    block: int,
    exhaustive: bool,
    checked: Any,
) -> None:
    dice = random.Random(f"{seed} {kind} {direction} {block}")
    shapes = 60 if exhaustive else 4
    for number in range(shapes):
        data_format = "channels_first" if number % 4 == 3 else "channels_last"
        check_pass(simt, kind, direction, data_format, draw(dice), number)
    checked("S2", direction, kind, shapes)


@pytest.mark.parametrize("kind", CODES)
def test_wide_images_take_large_blocks_and_every_width(simt: ModuleType, kind: str) -> None:
    simt.force_mma_block(1)
    options = {"strides": (1, 1), "padding": ((1, 1), (1, 1)), "dilation_rate": (1, 1), "groups": 1}
    try:
        for channels, filters in ((16, 136), (12, 66)):
            case = ((1, 10, 13, channels), (3, 2, channels, filters), options)
            for direction in DIRECTIONS:
                check_pass(simt, kind, direction, "channels_last", case, channels)
    finally:
        simt.force_mma_block(-1)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("kind", CODES)
def test_long_sums_are_cut_into_slices_and_stay_exact(
    simt: ModuleType, kind: str, direction: str, data_format: str
) -> None:
    options = {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation_rate": (1, 1), "groups": 1}
    wide = ((1, 3, 4, 280), (2, 2, 280, 8), options)  # 1,120 steps
    deep = ((1, 3, 4, 8), (2, 2, 8, 280), options)
    long = ((2, 26, 25, 4), (2, 2, 4, 5), options)  # 1,200 pixels
    case = {"forward": wide, "data": deep, "kernel": long}[direction]
    window = window_of(*case, data_format)
    assert Convolution(simt, kind, window).workspace(direction).size > 16
    check_pass(simt, kind, direction, data_format, case, 7)


def matrices(kind: str, m: int, n: int, k: int, ta: bool, tb: bool) -> tuple[Any, Any]:
    rng = np.random.default_rng(m + n + k)
    return integers(rng, (k, m) if ta else (m, k)), integers(rng, (n, k) if tb else (k, n))


GEMMS = [(1, 1, 1), (64, 64, 32), (65, 70, 33), (130, 72, 16), (3, 136, 5), (72, 8, 0), (0, 3, 2)]


@pytest.mark.parametrize("block", [0, 1], ids=["small", "large"], indirect=True)
@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("kind", CODES)
def test_gemm_is_exact_and_free_of_bank_conflicts_in_all_transpositions(
    simt: ModuleType,
    kind: str,
    transpose_a: bool,
    transpose_b: bool,
    block: int,
    exhaustive: bool,
    checked: Any,
) -> None:
    dice = random.Random(f"{kind} {transpose_a} {transpose_b} {block}")
    extra = [tuple(dice.randint(1, 140) for _ in range(3)) for _ in range(54 * exhaustive)]
    simt.count_banks(True)
    for m, n, k in GEMMS + extra:
        a, b = matrices(kind, m, n, k, transpose_a, transpose_b)
        stored_a, stored_b, c = stored(a, kind), stored(b, kind), empty((m, n), kind)
        addresses = (x.ctypes.data for x in (stored_a, stored_b, c))
        simt.gemm(CODES[kind], *addresses, m, n, k, transpose_a, transpose_b, 0)
        wide = [x.astype(np.float64) for x in (a, b)]
        exact = reference.gemm(*wide, transpose_a=transpose_a, transpose_b=transpose_b)
        np.testing.assert_array_equal(numbers(c, kind), rounded(exact, kind), f"{m} {n} {k}")
    phases, conflicts = simt.bank_count()
    simt.count_banks(False)
    assert (phases > 0, conflicts) == (True, 0)
    checked("S2", "gemm", kind, len(GEMMS + extra))


@pytest.mark.parametrize(("n", "inputs", "units"), [(1, 1, 1), (5, 72, 3), (66, 24, 40), (0, 4, 3)])
@pytest.mark.parametrize("kind", CODES)
def test_dense_and_its_gradients_are_exact(
    simt: ModuleType, kind: str, n: int, inputs: int, units: int
) -> None:
    rng = np.random.default_rng(n)
    x, kernel, bias = (integers(rng, s) for s in ((n, inputs), (inputs, units), (units,)))
    dy = integers(rng, (n, units))
    held = {name: stored(a, kind) for name, a in zip("xkbd", (x, kernel, bias, dy), strict=True)}
    y, dx = empty((n, units), kind), empty((n, inputs), kind)
    at = {name: a.ctypes.data for name, a in held.items()}
    relu = 1
    simt.dense(CODES[kind], at["x"], at["k"], at["b"], y.ctypes.data, n, inputs, units, relu, 0)
    wide = [a.astype(np.float64) for a in (x, kernel, bias)]
    exact = reference.dense(*wide, activation="relu")
    np.testing.assert_array_equal(numbers(y, kind), rounded(exact, kind))
    dkernel, dbias = np.empty((inputs, units), np.float32), np.empty(units, np.float32)
    results = (a.ctypes.data for a in (dx, dkernel, dbias))
    simt.dense_backward(CODES[kind], at["d"], at["x"], at["k"], *results, n, inputs, units, 0)
    exact = reference.dense_backward(dy.astype(np.float64), wide[0], wide[1])
    np.testing.assert_array_equal(numbers(dx, kind), rounded(exact[0], kind))
    np.testing.assert_array_equal(dkernel, exact[1])
    np.testing.assert_array_equal(dbias, exact[2])


SAME = {"strides": (1, 1), "padding": ((1, 1), (1, 1)), "dilation_rate": (1, 1), "groups": 1}


def run_forward(
    simt: ModuleType, kind: str, x: Any, kernel: Any, bias: Any, activation: int = 0
) -> Any:
    window = window_of(x.shape, kernel.shape, SAME, "channels_last")
    y = empty((x.shape[0], window.oh, window.ow, window.f), kind)
    arrays = [stored(a, kind) for a in (x, kernel, bias)]
    Convolution(simt, kind, window).forward(*arrays, y, activation)
    return numbers(y, kind)


@pytest.mark.parametrize("activation", ["relu", "relu6", "sigmoid", "tanh"])
@pytest.mark.parametrize("kind", CODES)
def test_bias_and_activation_end_the_product_in_float32(
    simt: ModuleType, kind: str, activation: str
) -> None:
    rng = np.random.default_rng(2)
    shapes = (2, 5, 4, 8), (3, 3, 8, 6), (6,)
    x, kernel, bias = (rounded(rng.standard_normal(s), kind) for s in shapes)
    code = ["linear", "relu", "relu6", "sigmoid", "tanh"].index(activation)
    y = run_forward(simt, kind, x, kernel, bias, code)
    # The operands tf32 reads are rounded; the types' own are exact.
    held = [read_as_tf32(a) if kind == "tf32" and a.ndim > 1 else a for a in (x, kernel, bias)]
    wide = reference.conv2d(*held, activation=activation, **SAME)
    sizes = reference.conv2d(*(np.abs(a) for a in held), **SAME)
    bound = tolerances.one_rounding(kind, wide) + tolerances.sum_of_products(np.float32) * sizes
    assert np.all(np.abs(y - wide) <= bound)


@pytest.mark.parametrize("low", [-1.0, 0.0], ids=["zero mean", "same sign"])
@pytest.mark.parametrize("kind", CODES)
def test_sums_lose_no_more_than_float32_does(simt: ModuleType, kind: str, low: float) -> None:
    rng = np.random.default_rng(3)
    x = rounded(rng.uniform(low, 1, (1, 7, 6, 32)), kind)
    kernel = rounded(rng.uniform(low, 1, (3, 3, 32, 16)), kind)
    window = window_of(x.shape, kernel.shape, SAME, "channels_last")
    dy = rounded(rng.uniform(low, 1, (1, 7, 6, 16)), kind)
    dkernel, dbias = np.empty(kernel.shape, np.float32), np.empty(16, np.float32)
    Convolution(simt, kind, window).kernel(*(stored(a, kind) for a in (x, dy)), dkernel, dbias)
    read = (read_as_tf32(dy), read_as_tf32(x)) if kind == "tf32" else (dy, x)
    exact = [reference.conv2d_backward(*read, kernel, **SAME)[1], dy.sum((0, 1, 2))]
    sizes = [
        reference.conv2d_backward(*map(np.abs, read), kernel, **SAME)[1],
        np.abs(dy).sum((0, 1, 2)),
    ]
    factor = tolerances.gpu_sum_of_products(np.float32, terms=42, same_sign=low == 0)
    for found, wide, size in zip((dkernel, dbias), exact, sizes, strict=True):
        assert np.all(np.abs(found - wide) <= factor * size)


@pytest.mark.parametrize("kind", CODES)
def test_infinite_filter_meets_the_padding_as_zero_times_infinity(
    simt: ModuleType, kind: str
) -> None:
    x, kernel = np.ones((1, 2, 2, 8)), np.full((3, 3, 8, 8), np.inf)
    assert np.isnan(run_forward(simt, kind, x, kernel, np.zeros(8))).all()


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_sums_beyond_the_type_become_infinite(simt: ModuleType, kind: str) -> None:
    largest = 60000.0 if kind == "float16" else 3e38
    x, kernel = np.full((1, 1, 1, 8), largest), np.ones((3, 3, 8, 8))
    assert (run_forward(simt, kind, x, kernel, np.zeros(8)) == np.inf).all()


@pytest.mark.parametrize("kind", CODES)
def test_addresses_off_the_grid_of_16_bytes_change_no_bit(simt: ModuleType, kind: str) -> None:
    rng = np.random.default_rng(4)
    shapes = (1, 6, 5, 16), (3, 3, 16, 24), (24,)
    arrays = [rng.standard_normal(s) for s in shapes]
    wanted = run_forward(simt, kind, *arrays)
    window = window_of(shapes[0], shapes[1], SAME, "channels_last")
    moved = []
    for a in (*(stored(a, kind) for a in arrays), empty(wanted.shape, kind)):
        room = np.empty(a.size + 1, a.dtype)[1:].reshape(a.shape)
        room[...] = a
        moved.append(room)
    Convolution(simt, kind, window).forward(*moved)
    np.testing.assert_array_equal(numbers(moved[-1], kind), wanted)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("kind", CODES)
def test_no_access_of_shared_memory_meets_a_busy_bank(
    simt: ModuleType, kind: str, direction: str, exhaustive: bool, checked: Any
) -> None:
    dice = random.Random(f"{kind} {direction}")
    shapes = 20 if exhaustive else 2
    simt.count_banks(True)
    try:
        for number in range(shapes):
            simt.force_mma_block(number % 2)
            case = draw(dice)
            while case[0][0] == 0:
                case = draw(dice)
            check_pass(simt, kind, direction, "channels_last", case, number)
            phases, conflicts = simt.bank_count()
            assert phases > 0
            assert conflicts == 0, case
        checked("S2", direction, kind, shapes)
    finally:
        simt.force_mma_block(-1)
        simt.count_banks(False)


def test_im2col_has_no_tensor_cores(simt: ModuleType) -> None:
    window = window_of((1, 4, 4, 8), (3, 3, 8, 8), SAME, "channels_last")
    assert simt.conv2d_algorithm(2, window.packed, 2, 0, 0) == 0
    with pytest.raises(ValueError, match=r"conv2d: algorithm=2 \(im2col\) has no dtype=2"):
        simt.conv2d(2, 0, 0, 0, 0, window.packed, 2, 0, 0, 0)
    with pytest.raises(ValueError, match="im2col: dtype=3; the operation has no such element type"):
        simt.im2col(3, 0, 0, window.packed, 0)
