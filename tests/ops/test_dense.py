# SPDX-License-Identifier: BSD-3-Clause
"""dense and its gradients: exact on integers, bounded on random data."""

import numpy as np
import pytest
import tolerances
from arrays import integers, normal
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

# n, inputs, units
SHAPES = [
    (1, 1, 1), (1, 784, 100), (100, 784, 10), (3, 17, 33), (7, 8, 9), (2, 31, 65), (33, 257, 15),
    (5, 1, 64), (64, 600, 1), (128, 100, 10),
]  # fmt: skip


def tensors(draw, shape, dtype):
    """Return x, kernel, bias, dy."""
    n, inputs, units = shape
    sizes = ((n, inputs), (inputs, units), (units,), (n, units))
    return [draw(size, dtype, shape, i) for i, size in enumerate(sizes)]


@pytest.mark.parametrize("activation", [None, "relu", "relu6"])
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_reference_on_integers(shape, activation, dtype, device, threads):
    x, kernel, bias, dy = tensors(integers, shape, dtype)
    y = reference.dense(x, kernel, bias, activation=activation)
    got = ops.dense(device(x), device(kernel), device(bias), activation=activation)
    assert_same(device.host(got), y)
    plain = ops.dense(device(x), device(kernel), activation=activation)
    assert_same(device.host(plain), reference.dense(x, kernel, activation=activation))
    options = {"activation": activation, "y": y if activation else None}
    expected = reference.dense_backward(dy, x, kernel, **options)
    options["y"] = device(y) if activation else None
    got = ops.dense_backward(device(dy), device(x), device(kernel), **options)
    assert_same(device.host(got), expected)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("shape", SHAPES)
def test_smooth_activations_are_accurate(shape, activation, dtype, device):
    x, kernel, bias, _ = tensors(normal, shape, dtype)
    arguments = device(x), device(kernel), device(bias)
    before = device.host(ops.dense(*arguments)).astype(np.longdouble)
    y = device.host(ops.dense(*arguments, activation=activation))
    exact = reference.activation.activate(before, activation)
    assert_within(y, exact, tolerances.elementwise(exact, dtype))


@pytest.mark.parametrize("shape", SHAPES)
def test_error_stays_within_the_bound(shape, dtype, device):
    x, kernel, bias, dy = tensors(normal, shape, dtype)
    wide = [array.astype(np.longdouble) for array in (x, kernel, bias, dy)]
    size = [np.abs(array) for array in wide]
    factor = tolerances.sum_of_products(dtype)
    y = device.host(ops.dense(device(x), device(kernel), device(bias)))
    assert_within(y, reference.dense(*wide[:3]), factor * reference.dense(*size[:3]))
    got = device.host(ops.dense_backward(device(dy), device(x), device(kernel)))
    exact = reference.dense_backward(wide[3], wide[0], wide[1])
    condition = reference.dense_backward(size[3], size[0], size[1])
    for one, other, bound in zip(got, exact, condition, strict=True):
        assert_within(one, other, factor * bound)


@pytest.mark.parametrize("shape", SHAPES)
def test_bits_do_not_depend_on_threads_nor_isa(shape, dtype, set_threads, set_isa):
    x, kernel, bias, dy = tensors(normal, shape, dtype)
    results = []
    for isa in ("avx2", "avx512"):
        set_isa(isa)
        for count in (1, 2, 3, 7):
            set_threads(count)
            results.append((ops.dense(x, kernel, bias), *ops.dense_backward(dy, x, kernel)))
            assert_same_bits(results[-1], results[0], f"{isa}, {count} threads")


@pytest.mark.parametrize("needs", [(), ("x",), ("kernel",), ("bias",), ("kernel", "bias"), {"x"}])
def test_backward_computes_what_is_needed(needs, device):
    x, kernel, _, dy = tensors(integers, (3, 17, 33), "float32")
    got = ops.dense_backward(device(dy), device(x), device(kernel), needs=needs)
    assert_same(device.host(got), reference.dense_backward(dy, x, kernel, needs=needs))


def test_empty_batch(dtype, device):
    x, kernel = np.zeros((0, 7), dtype), integers((7, 5), dtype, 0)
    y = device.host(ops.dense(device(x), device(kernel)))
    assert_same(y, np.zeros((0, 5), dtype))
    got = ops.dense_backward(device(y), device(x), device(kernel))
    assert_same(device.host(got), (x, np.zeros((7, 5), dtype), np.zeros(5, dtype)))


@pytest.mark.parametrize("activation", [None, "relu6"])
def test_few_rows_meet_a_large_kernel_with_the_bits_of_many(activation, dtype, device):
    if not device.is_cpu:
        pytest.skip("on the CPU only")
    inputs, units = 1021, 8219  # above 32 MB, read row by row for up to eight rows of x
    x, bias = normal((9, inputs), dtype, 0), normal((units,), dtype, 1)
    kernel = normal((inputs, units), dtype, 2)
    many = ops.dense(x, kernel, bias, activation=activation)
    for rows in (1, 3, 8):
        assert_same_bits(ops.dense(x[:rows], kernel, bias, activation=activation), many[:rows])
