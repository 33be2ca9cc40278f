# SPDX-License-Identifier: BSD-3-Clause
"""Depthwise and separable convolution: exact on integers, adjoint, equal to the grouped form."""

from __future__ import annotations

import numpy as np
import pytest
import tolerances
from adjoint_cases import depthwise_case
from arrays import integers, normal
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

CHUNKS, CASES_IN_CHUNK = 8, 40


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_equals_reference_on_integers(chunk, device, set_threads, exhaustive):
    for seed in range(chunk, CHUNKS * CASES_IN_CHUNK * (10 if exhaustive else 1), CHUNKS):
        case = depthwise_case(seed)
        set_threads((1, 2, 3, 7)[seed % 4])
        x, kernel = (
            integers(case.x_shape, case.dtype, 0),
            integers(case.kernel_shape, case.dtype, 1),
        )
        bias = integers((case.filters,), case.dtype, 2)
        y = reference.depthwise_conv2d(x, kernel, bias, **case.options)
        got = ops.depthwise_conv2d(device(x), device(kernel), device(bias), **case.options)
        assert_same(device.host(got), y, case)
        dy = integers(y.shape, case.dtype, 3)
        gradients = reference.depthwise_conv2d_backward(dy, x, kernel, **case.options)
        got = ops.depthwise_conv2d_backward(device(dy), device(x), device(kernel), **case.options)
        assert_same(device.host(got), gradients, case)


@pytest.mark.parametrize("seed", range(12))
def test_backward_is_the_exact_adjoint(seed, device):
    case = depthwise_case(1000 + seed)
    x, kernel = integers(case.x_shape, "float64", 0), integers(case.kernel_shape, "float64", 1)
    y = device.host(ops.depthwise_conv2d(device(x), device(kernel), **case.options))
    dy = integers(y.shape, "float64", 3)
    dx, dkernel, _ = device.host(
        ops.depthwise_conv2d_backward(device(dy), device(x), device(kernel), **case.options)
    )
    assert (y * dy).sum() == (x * dx).sum() == (kernel * dkernel).sum()


@pytest.mark.parametrize("multiplier", [1, 2])
def test_error_stays_within_the_bound(multiplier, dtype, device):
    x, kernel = normal((2, 9, 11, 19), dtype, 0), normal((3, 5, 19, multiplier), dtype, 1)
    y = ops.depthwise_conv2d(device(x), device(kernel), padding="same")
    exact = reference.depthwise_conv2d(
        x.astype(np.longdouble), kernel.astype(np.longdouble), padding="same"
    )
    size = reference.depthwise_conv2d(abs(x), abs(kernel), padding="same")
    assert_within(device.host(y), exact, tolerances.sum_of_products(dtype) * size)


def test_bits_do_not_depend_on_threads(dtype, device, set_threads):
    x, kernel = normal((3, 40, 41, 20), dtype, 0), normal((3, 3, 20, 2), dtype, 1)
    if device.name == "simt":
        x = x[:, :9, :9]
    results = []
    for count in (1, 2, 3, 7):
        set_threads(count)
        y = ops.depthwise_conv2d(device(x), device(kernel), strides=2, padding="same")
        gradients = ops.depthwise_conv2d_backward(
            y, device(x), device(kernel), strides=2, padding="same"
        )
        results.append(device.host((y, *gradients)))
        assert_same_bits(results[-1], results[0], f"{count} threads")


def test_many_taps_and_much_padding_take_another_way(dtype, device):
    for x_shape, kernel_shape, padding in (
        ((1, 3, 40, 3), (17, 17, 3, 1), 8),
        ((1, 2, 2, 2), (1, 1, 2, 1), 900),
    ):
        if device.name == "simt":
            continue  # too large for the host model
        x, kernel = integers(x_shape, dtype, 0), integers(kernel_shape, dtype, 1, largest=3)
        y = reference.depthwise_conv2d(x, kernel, padding=padding)
        got = ops.depthwise_conv2d(device(x), device(kernel), padding=padding)
        assert_same(device.host(got), y)
        dy = np.sign(y)
        expected = reference.depthwise_conv2d_backward(dy, x, kernel, padding=padding)
        got = ops.depthwise_conv2d_backward(device(dy), device(x), device(kernel), padding=padding)
        assert_same(device.host(got), expected)


@pytest.mark.parametrize("activation", ["relu", "relu6", "sigmoid", "tanh"])
def test_activation_equals_reference(activation, dtype, device):
    x, kernel = integers((2, 5, 6, 9), dtype, 0), integers((3, 3, 9, 2), dtype, 1)
    bias, dy = integers((18,), dtype, 2), integers((2, 3, 4, 18), dtype, 3)
    y = reference.depthwise_conv2d(x, kernel, bias, activation=activation)
    got = ops.depthwise_conv2d(device(x), device(kernel), device(bias), activation=activation)
    assert_within(device.host(got), y, tolerances.elementwise(y, dtype))
    arrays, options = (dy, x, kernel), {"activation": activation}
    expected = reference.depthwise_conv2d_backward(*arrays, y=y, **options)
    sizes = reference.depthwise_conv2d_backward(*map(abs, arrays))
    got = ops.depthwise_conv2d_backward(*map(device, arrays), y=device(y), **options)
    for mine, value, size in zip(device.host(got), expected, sizes, strict=True):
        assert_within(mine, value, 2 * tolerances.sum_of_products(dtype) * size)


@pytest.mark.parametrize("seed", range(40))
def test_separable_is_its_two_parts(seed, device):
    case = depthwise_case(2000 + seed)
    x, depthwise = (
        integers(shape, case.dtype, i, largest=3)
        for i, shape in enumerate((case.x_shape, case.kernel_shape))
    )
    pointwise = integers((1, 1, case.filters, 5), case.dtype, 2, largest=3)
    arrays = [device(array) for array in (x, depthwise, pointwise)]
    y = reference.separable_conv2d(x, depthwise, pointwise, **case.options)
    assert_same(device.host(ops.separable_conv2d(*arrays, **case.options)), y, case)
    dy = integers(y.shape, case.dtype, 4, largest=3)
    layout = {"data_format": case.options["data_format"]}
    between = reference.depthwise_conv2d(x, depthwise, **case.options)
    middle, dpointwise, dbias = reference.conv2d_backward(dy, between, pointwise, **layout)
    dx, ddepthwise, _ = reference.depthwise_conv2d_backward(middle, x, depthwise, **case.options)
    got = ops.separable_conv2d_backward(device(dy), *arrays, **case.options)
    assert_same(device.host(got), (dx, ddepthwise, dpointwise, dbias), case)


@pytest.mark.parametrize(
    "needs", [(), ("x",), ("depthwise_kernel",), ("pointwise_kernel", "bias"), ("x", "bias")]
)
def test_separable_computes_what_is_needed(needs):
    x, depthwise = integers((1, 4, 4, 2), "float32", 0), integers((2, 2, 2, 2), "float32", 1)
    pointwise, dy = integers((1, 1, 4, 3), "float32", 2), integers((1, 3, 3, 3), "float32", 3)
    whole = ops.separable_conv2d_backward(dy, x, depthwise, pointwise)
    some = ops.separable_conv2d_backward(dy, x, depthwise, pointwise, needs=needs)
    names = ("x", "depthwise_kernel", "pointwise_kernel", "bias")
    assert_same(some, [v if name in needs else None for name, v in zip(names, whole, strict=True)])


@pytest.mark.parametrize(
    ("strides", "c", "times"), [(1, 64, 1), (2, 64, 1), (2, 72, 1), (3, 32, 2)]
)
def test_gradients_of_images_that_go_past_the_caches_have_the_same_bits(strides, c, times, set_isa):
    x, kernel = normal((8, 112, 112, c), "float32", 0), normal((3, 3, c, times), "float32", 1)
    options = {"strides": strides, "padding": "same"}
    dy = ops.depthwise_conv2d(x, kernel, **options)
    for isa in ("avx2", "avx512"):
        set_isa(isa)
        dx = ops.depthwise_conv2d_backward(dy, x, kernel, needs=("x",), **options)[0]
        for i in range(0, 8, 4):  # which fit them
            some = slice(i, i + 4)
            alone = ops.depthwise_conv2d_backward(
                dy[some], x[some], kernel, needs=("x",), **options
            )
            assert_same_bits((dx[some],), (alone[0],), isa)
