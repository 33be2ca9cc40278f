# SPDX-License-Identifier: BSD-3-Clause
"""gemm: exact on integers around every tile size, bounded on random data."""

import numpy as np
import pytest
import tolerances
from arrays import integers, normal, positive
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

SIZES = (1, 2, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97)
# Every size on both sides, each met by two others.
PAIRS = [(m, SIZES[(5 * i + j) % 16]) for i, m in enumerate(SIZES) for j in (0, 7)]
DEPTHS = (1, 2, 8, 31, 255, 256, 257, 600)
TRANSPOSITIONS = [(False, False), (True, False), (False, True), (True, True)]
# m, n, k: one long sum, thin matrices, several blocks each way.
SHAPES = [(3, 4, 16384), (1, 700, 300), (700, 1, 300), (130, 150, 600), (1, 1, 4608)]


def operands(draw, m, n, k, transpose_a, transpose_b, dtype):
    a = draw((k, m) if transpose_a else (m, k), dtype, m, n, k)
    b = draw((n, k) if transpose_b else (k, n), dtype, k, n, m)
    return a, b


@pytest.mark.parametrize(("transpose_a", "transpose_b"), TRANSPOSITIONS)
@pytest.mark.parametrize("k", DEPTHS)
def test_equals_reference_on_integers(k, transpose_a, transpose_b, dtype, device):
    options = {"transpose_a": transpose_a, "transpose_b": transpose_b}
    for m, n in device.some_of(PAIRS):
        a, b = operands(integers, m, n, k, transpose_a, transpose_b, dtype)
        c = ops.gemm(device(a), device(b), **options)
        assert_same(device.host(c), reference.gemm(a, b, **options), (m, n, k))


@pytest.mark.parametrize(("transpose_a", "transpose_b"), TRANSPOSITIONS)
@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
@pytest.mark.parametrize("same_sign", [False, True], ids=["zero-mean", "same-sign"])
def test_error_stays_within_the_bound(m, n, k, transpose_a, transpose_b, same_sign, dtype, device):
    options = {"transpose_a": transpose_a, "transpose_b": transpose_b}
    draw = positive if same_sign else normal
    a, b = operands(draw, m, n, k, transpose_a, transpose_b, dtype)
    c = device.host(ops.gemm(device(a), device(b), **options))
    wide = np.longdouble if dtype == np.float64 else np.float64
    exact = reference.gemm(a.astype(wide), b.astype(wide), **options)
    condition = reference.gemm(np.abs(a).astype(wide), np.abs(b).astype(wide), **options)
    if device.is_cpu:
        factor = tolerances.sum_of_products(dtype, same_sign=same_sign)
    else:
        factor = tolerances.gpu_sum_of_products(dtype, k, same_sign=same_sign)
    assert_within(c, exact, factor * condition)


@pytest.mark.parametrize(("transpose_a", "transpose_b"), TRANSPOSITIONS)
@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_bits_do_not_depend_on_threads(
    m, n, k, transpose_a, transpose_b, dtype, device, set_threads
):
    if not device.is_cpu:
        pytest.skip("threads are the CPU's")
    a, b = operands(normal, m, n, k, transpose_a, transpose_b, dtype)
    results = []
    for count in (1, 1, 2, 3, 7):
        set_threads(count)
        results.append(ops.gemm(a, b, transpose_a=transpose_a, transpose_b=transpose_b))
        assert_same_bits(results[-1], results[0], f"{count} threads")


@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_bits_do_not_depend_on_the_fma_instruction_set(m, n, k, dtype, set_isa):
    a, b = operands(normal, m, n, k, False, False, dtype)
    set_isa("avx2")
    narrow = ops.gemm(a, b)
    set_isa("avx512")
    assert_same_bits(ops.gemm(a, b), narrow)


def test_bits_do_not_depend_on_transposition(dtype, device):
    a, b = normal((33, 300), dtype, 0), normal((300, 65), dtype, 1)
    c = device.host(ops.gemm(device(a), device(b)))
    for transpose_a, transpose_b in TRANSPOSITIONS:
        left = np.ascontiguousarray(a.T) if transpose_a else a
        right = np.ascontiguousarray(b.T) if transpose_b else b
        again = ops.gemm(
            device(left), device(right), transpose_a=transpose_a, transpose_b=transpose_b
        )
        assert_same_bits(device.host(again), c)


@pytest.mark.parametrize(("m", "n", "k"), [(0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 0, 0)])
def test_sizes_of_zero(m, n, k, dtype, device):
    c = ops.gemm(device(np.ones((m, k), dtype)), device(np.ones((k, n), dtype)))
    assert_same(device.host(c), np.zeros((m, n), dtype))


def test_nan_infinity_and_overflow_pass_through(device):
    a = np.ones((9, 17), np.float32)
    a[2, 3], a[4, 5] = np.nan, np.inf
    c = device.host(ops.gemm(device(a), device(np.full((17, 33), 1e38, np.float32))))
    expected = np.full((9, 33), np.inf, np.float32)
    expected[2] = np.nan
    assert_same(c, expected)
