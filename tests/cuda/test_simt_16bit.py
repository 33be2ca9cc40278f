# SPDX-License-Identifier: BSD-3-Clause
"""Kernels of 16-bit arrays, simulated: one rounding, statistics in more bits, training's own."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tolerances
from element_types import CODES, empty, numbers, rounded, stored

from pyconv import reference
from pyconv.geometry import Window

KINDS = ["float16", "bfloat16"]
LARGE = 2**63 - 1


def at(*arrays: Any) -> list[int]:
    return [0 if a is None else a.ctypes.data for a in arrays]


def call(function: Any, code: Any, arrays: Any, *rest: Any) -> None:
    """Call a native function of a dtype code on arrays, which live until it is done."""
    function(code, *at(*arrays), *rest)


def shifted(x: Any) -> Any:
    """Return the array at an address that is no multiple of 16 bytes."""
    room = np.empty(x.size + 1, x.dtype)[1:].reshape(x.shape)
    room[...] = x
    return room


ACTIVATIONS = {
    "relu": (1, lambda x: np.maximum(x, 0)),
    "relu6": (2, lambda x: np.clip(x, 0, 6)),
    "sigmoid": (3, lambda x: 1 / (1 + np.exp(-x))),
    "tanh": (4, np.tanh),
    "swish": (10, lambda x: x / (1 + np.exp(-x))),
    "softplus": (13, lambda x: np.log1p(np.exp(x))),
}


def slope(activation: str, kept: Any) -> Any:
    """Return the derivative, told from x for swish and softplus, else from y."""
    if activation == "relu":
        return kept > 0
    if activation == "relu6":
        return (kept > 0) & (kept < 6)
    if activation == "sigmoid":
        return kept * (1 - kept)
    if activation == "tanh":
        return (1 - kept) * (1 + kept)
    sigmoid = 1 / (1 + np.exp(-kept))
    return sigmoid if activation == "softplus" else sigmoid * (1 + kept * (1 - sigmoid))


@pytest.mark.parametrize("place", [np.ascontiguousarray, shifted], ids=["aligned", "shifted"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_activation_is_rounded_once(
    simt: ModuleType, kind: str, activation: str, place: Any
) -> None:
    code, exact = ACTIVATIONS[activation]
    x = rounded(np.random.default_rng(1).normal(0, 3, 525), kind)
    held, y = place(stored(x, kind)), place(empty(x.shape, kind))
    call(
        simt.activation,
        CODES[kind],
        (
            held,
            y,
        ),
        x.size,
        code,
        0.0,
        0.0,
        0.0,
        0,
    )
    found, wanted = numbers(y, kind), exact(x)
    assert np.all(np.abs(found - wanted) <= tolerances.one_rounding(kind, wanted))
    dy = rounded(np.random.default_rng(2).normal(0, 1, x.size), kind)
    kept, values = (held, x) if activation in ("swish", "softplus") else (y, found)
    dx = place(empty(x.shape, kind))
    arrays = (place(stored(dy, kind)), kept, dx)
    call(simt.activation_backward, CODES[kind], arrays, x.size, code, 0.0, 0.0, 0.0, 0)
    wanted = dy * slope(activation, values)
    assert np.all(np.abs(numbers(dx, kind) - wanted) <= tolerances.one_rounding(kind, wanted))


@pytest.mark.parametrize("kind", KINDS)
def test_activation_keeps_nan_and_infinities(simt: ModuleType, kind: str) -> None:
    x = stored(np.array([np.nan, np.inf, -np.inf]), kind)
    y = empty((3,), kind)
    call(
        simt.activation,
        CODES[kind],
        (
            x,
            y,
        ),
        3,
        ACTIVATIONS["relu"][0],
        0.0,
        0.0,
        0.0,
        0,
    )
    np.testing.assert_array_equal(numbers(y, kind), [np.nan, np.inf, 0])


@pytest.mark.parametrize("logarithm", [False, True])
@pytest.mark.parametrize(("n", "classes"), [(1, 1), (3, 10), (9, 33), (2, 1000)])
@pytest.mark.parametrize("kind", KINDS)
def test_softmax_and_its_gradient_compute_in_float32(
    simt: ModuleType, kind: str, n: int, classes: int, logarithm: bool
) -> None:
    rng = np.random.default_rng(3)
    x = rounded(rng.normal(0, 4, (n, classes)), kind)
    x[0] += 256  # the exponential would overflow without the shift
    x = rounded(x, kind)
    y = empty(x.shape, kind)
    call(
        simt.softmax,
        CODES[kind],
        (
            stored(x, kind),
            y,
        ),
        n,
        classes,
        logarithm,
        0,
    )
    shift = x - x.max(1, keepdims=True)
    wanted = shift - np.log(np.exp(shift).sum(1, keepdims=True))
    wanted = wanted if logarithm else np.exp(wanted)
    slack = tolerances.softmax(np.float32) * (np.abs(shift) + 1) * (1 if logarithm else wanted)
    error = np.abs(numbers(y, kind) - wanted)
    assert np.all(error <= tolerances.one_rounding(kind, wanted) + slack)
    dy = rounded(rng.normal(0, 1, x.shape), kind)
    dx, held = empty(x.shape, kind), numbers(y, kind)
    call(
        simt.softmax_backward,
        CODES[kind],
        (
            stored(dy, kind),
            y,
            dx,
        ),
        n,
        classes,
        logarithm,
        0,
    )
    weights = 1.0 if logarithm else held
    total = (weights * dy).sum(1, keepdims=True)
    wanted = dy - np.exp(held) * total if logarithm else held * (dy - total)
    terms = (
        np.abs(dy) + np.exp(held) * np.abs(total)
        if logarithm
        else np.abs(held) * (np.abs(dy) + np.abs(total))
    )
    bound = tolerances.one_rounding(kind, wanted) + tolerances.softmax(np.float32) * terms
    assert np.all(np.abs(numbers(dx, kind) - wanted) <= bound)


POOLS: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 6, 6, 8), {"pool_size": 2}),
    ((1, 7, 5, 24), {"pool_size": (3, 2), "strides": (2, 1)}),
    ((2, 5, 5, 3), {"pool_size": 3, "strides": 1, "padding": "same"}),
    ((1, 6, 7, 16), {"pool_size": 3, "strides": 2, "padding": ((1, 0), (2, 1))}),
    ((0, 4, 4, 8), {"pool_size": 2}),
    ((1, 18, 17, 8), {"pool_size": 17, "strides": 1}),  # offsets beyond uint8
]


@pytest.mark.parametrize("place", [np.ascontiguousarray, shifted], ids=["aligned", "shifted"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("shape", "options"), POOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_pooling_and_its_gradients(
    simt: ModuleType, kind: str, shape: Any, options: Any, data_format: str, place: Any
) -> None:
    n, h, w, c = shape
    laid = shape if data_format == "channels_last" else (n, c, h, w)
    x = np.random.default_rng(1).integers(-3, 4, laid).astype(np.float64)
    options = {"strides": None, "padding": "valid", **options}
    window = Window.pool(
        "max_pool2d",
        laid,
        options["pool_size"],
        options["strides"],
        options["padding"],
        data_format,
        False,
    )
    code, held = CODES[kind], place(stored(x, kind))
    wanted, wanted_argmax = reference.max_pool2d_with_argmax(x, data_format=data_format, **options)
    y, argmax = place(empty(wanted.shape, kind)), np.empty_like(wanted_argmax)
    call(
        simt.max_pool2d,
        code,
        (
            held,
            y,
            argmax,
        ),
        window.packed,
        0,
    )
    np.testing.assert_array_equal(numbers(y, kind), wanted)
    np.testing.assert_array_equal(argmax, wanted_argmax)
    call(
        simt.min_pool2d,
        code,
        (
            held,
            y,
            None,
        ),
        window.packed,
        0,
    )
    lowest = -reference.max_pool2d_with_argmax(-x, data_format=data_format, **options)[0]
    np.testing.assert_array_equal(numbers(y, kind), lowest)
    dy = np.random.default_rng(2).integers(-4, 5, wanted.shape).astype(np.float64)
    gradients, dx = place(stored(dy, kind)), place(empty(x.shape, kind))
    call(
        simt.max_pool2d_backward,
        code,
        (
            gradients,
            argmax,
            dx,
        ),
        window.packed,
        0,
    )
    exact = reference.max_pool2d_backward(dy, argmax, laid, data_format=data_format, **options)
    np.testing.assert_array_equal(numbers(dx, kind), exact)
    options = {"data_format": data_format, "count_include_pad": True, **options}
    call(
        simt.avg_pool2d,
        code,
        (
            held,
            y,
        ),
        window.packed,
        True,
        0,
    )
    exact = reference.avg_pool2d(x, **options)
    assert np.all(np.abs(numbers(y, kind) - exact) <= tolerances.one_rounding(kind, exact))
    call(
        simt.avg_pool2d_backward,
        code,
        (
            gradients,
            dx,
        ),
        window.packed,
        True,
        0,
    )
    exact = reference.avg_pool2d_backward(dy, laid, **options)
    sizes = reference.avg_pool2d_backward(np.abs(dy), laid, **options)
    bound = tolerances.one_rounding(kind, exact) + tolerances.average(np.float32) * sizes
    assert np.all(np.abs(numbers(dx, kind) - exact) <= bound)


@pytest.mark.parametrize("kind", KINDS)
def test_first_nan_wins_its_window(simt: ModuleType, kind: str) -> None:
    x = np.full((1, 1, 4, 8), 9.0)
    x[0, 0, 1:3] = np.nan
    window = Window.pool("max_pool2d", x.shape, (1, 4), None, "valid", "channels_last", False)
    y, argmax = empty((1, 1, 1, 8), kind), np.empty((1, 1, 1, 8), np.uint8)
    call(
        simt.max_pool2d,
        CODES[kind],
        (
            stored(x, kind),
            y,
            argmax,
        ),
        window.packed,
        0,
    )
    assert np.isnan(numbers(y, kind)).all()
    assert (argmax == 1).all()


# n, pixels, c, groups: batch, layer and group normalisation, channels beyond a block's eight.
NORMS = [(1, 40, 11, 11), (3, 7, 8, 1), (2, 9, 12, 3), (1, 1, 5, 5), (2, 33, 9, 9)]


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(("n", "pixels", "c", "groups"), NORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_normalisation_keeps_statistics_in_more_bits(
    simt: ModuleType, kind: str, n: int, pixels: int, c: int, groups: int, fixed: bool
) -> None:
    rng, epsilon = np.random.default_rng(4), 1e-3
    x, dy = (rounded(rng.normal(5, 2, (n, pixels, c)), kind) for _ in range(2))
    gamma, beta = (rng.normal(1, 0.5, c).astype(np.float32) for _ in range(2))
    view = x.reshape(n, pixels, groups, c // groups)
    mean, variance = view.mean((1, 3)), view.var((1, 3))
    found_mean, found_variance = mean.copy(), variance.copy()
    if not fixed:
        found_mean[...] = found_variance[...] = np.nan
    sizes = (n, pixels, c, groups, epsilon, fixed, 0)
    y = empty(x.shape, kind)
    held = stored(x, kind)
    call(
        simt.normalize,
        CODES[kind],
        (
            held,
            gamma,
            beta,
            found_mean,
            found_variance,
            y,
        ),
        *sizes,
    )
    np.testing.assert_allclose(found_mean, mean, rtol=1e-12)
    np.testing.assert_allclose(found_variance, variance, rtol=1e-12, atol=1e-12)
    spread = np.sqrt(variance + epsilon)[:, None, :, None]
    normal = ((view - mean[:, None, :, None]) / spread).reshape(x.shape)
    wanted = normal * gamma + beta
    terms = np.abs(normal * gamma) + np.abs(beta) + np.abs(x / spread.min() * gamma)
    bound = tolerances.one_rounding(kind, wanted) + tolerances.norm(np.float32) * terms
    assert np.all(np.abs(numbers(y, kind) - wanted) <= bound)

    dx, (dgamma, dbeta) = empty(x.shape, kind), np.empty((2, c), np.float32)
    arrays = (stored(dy, kind), held, gamma, mean, variance, dx, dgamma, dbeta)
    call(simt.normalize_backward, CODES[kind], arrays, *sizes)
    np.testing.assert_allclose(dbeta, dy.sum((0, 1)), rtol=1e-6)
    np.testing.assert_allclose(dgamma, (dy * normal).sum((0, 1)), rtol=1e-6, atol=1e-5)
    scaled = (dy * gamma).reshape(view.shape)
    if not fixed:
        standard = normal.reshape(view.shape)
        scaled = (
            scaled
            - scaled.mean((1, 3), keepdims=True)
            - standard * (scaled * standard).mean((1, 3), keepdims=True)
        )
    wanted = (scaled / spread).reshape(x.shape)
    bound = tolerances.one_rounding(kind, wanted)
    bound = bound + tolerances.norm_gradient(np.float32) * np.abs(dy * gamma).max() / spread.min()
    assert np.all(np.abs(numbers(dx, kind) - wanted) <= bound)


@pytest.mark.parametrize("place", [np.ascontiguousarray, shifted], ids=["aligned", "shifted"])
@pytest.mark.parametrize("kind", KINDS)
def test_add_rounds_once(simt: ModuleType, kind: str, place: Any) -> None:
    rng = np.random.default_rng(5)
    a, b = (rounded(rng.normal(0, 9, 333), kind) for _ in range(2))
    y = place(empty(a.shape, kind))
    call(
        simt.add,
        CODES[kind],
        (
            place(stored(a, kind)),
            place(stored(b, kind)),
            y,
        ),
        a.size,
        0,
    )
    np.testing.assert_array_equal(numbers(y, kind), rounded(a + b, kind))


def test_conversions_round_to_the_nearest(simt: ModuleType) -> None:
    x = np.random.default_rng(6).normal(0, 100, 300).astype(np.float32)
    x[:4] = 1e6, -1e6, np.nan, 1e-7
    for kind in KINDS:
        held, back = empty(x.shape, kind), np.empty_like(x)
        simt.convert(0, CODES[kind], *at(x, held), x.size, 0)
        np.testing.assert_array_equal(numbers(held, kind), rounded(x, kind))
        simt.convert(CODES[kind], 0, *at(held, back), x.size, 0)
        np.testing.assert_array_equal(back, numbers(held, kind))
        other = next(k for k in KINDS if k != kind)
        crossed = empty(x.shape, other)
        simt.convert(CODES[kind], CODES[other], *at(held, crossed), x.size, 0)
        np.testing.assert_array_equal(numbers(crossed, other), rounded(back, other))
    with pytest.raises(ValueError, match="convert: from=dtype=2; must be two element types"):
        simt.convert(2, 2, 0, 0, 0, 0)


def table(*rows: list[Any]) -> bytes:
    return np.array([[*at(*row), row[0].size] for row in rows], np.int64).tobytes()


def test_unscaled_gradients_tell_the_first_that_is_not_finite(simt: ModuleType) -> None:
    rng, flag = np.random.default_rng(7), np.array([LARGE])
    grads = [rng.normal(0, 1, size).astype(np.float32) for size in (5, 0, 700, *[3] * 120)]
    before = [g.copy() for g in grads]
    simt.unscale(table(*([g] for g in grads)), 1 / 1024, flag.ctypes.data, 0)
    assert flag[0] == LARGE
    for now, old in zip(grads, before, strict=True):
        np.testing.assert_array_equal(now, old * np.float32(1 / 1024))
    grads[110][1], grads[2][699] = np.nan, -np.inf
    simt.unscale(table(*([g] for g in grads)), 1.0, flag.ctypes.data, 0)
    assert flag[0] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_master_weights_step_as_in_float32_and_leave_a_copy(simt: ModuleType, kind: str) -> None:
    rng, sizes = np.random.default_rng(8), (300, 5, *[2] * 60)
    param, grad, m, v = (
        [np.abs(rng.normal(0, 1, size)).astype(np.float32) for size in sizes] for _ in range(4)
    )
    wide = [[a.copy() for a in arrays] for arrays in (param, grad, m, v)]
    copies = [empty((size,), kind) for size in sizes]
    adam, options = 7, (1e-3, 0.01, 0.1, 0.001, 0.0, 1e-7)
    rows = zip(param, grad, m, v, [None] * len(sizes), copies, strict=True)
    simt.optimizer_step(CODES[kind], adam, table(*(list(row) for row in rows)), *options, 0)
    rows = zip(*wide, [None] * len(sizes), strict=True)
    simt.optimizer_step(0, adam, table(*(list(row) for row in rows)), *options, 0)
    for found, wanted in zip((param, m, v), (wide[0], wide[2], wide[3]), strict=True):
        for got, value in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(got, value)
    for copy, master in zip(copies, param, strict=True):
        np.testing.assert_array_equal(numbers(copy, kind), rounded(master, kind))
    with pytest.raises(ValueError, match="table has 48 bytes; must be records of 7 int64"):
        simt.optimizer_step(CODES[kind], adam, bytes(48), *options, 0)
