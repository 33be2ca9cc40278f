# SPDX-License-Identifier: BSD-3-Clause
"""Transposed convolution: exact on integers, the adjoint of conv2d, Keras's sizes."""

from __future__ import annotations

import numpy as np
import pytest
import tolerances
from adjoint_cases import transpose_case
from arrays import integers, normal
from compare import assert_same, assert_within

from pyconv import ops, reference

CHUNKS, CASES_IN_CHUNK = 8, 40


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_equals_reference_on_integers(chunk, device, set_threads, exhaustive):
    for seed in range(chunk, CHUNKS * CASES_IN_CHUNK * (10 if exhaustive else 1), CHUNKS):
        case = transpose_case(seed)
        set_threads((1, 2, 3, 7)[seed % 4])
        x, kernel = (
            integers(case.x_shape, case.dtype, 0),
            integers(case.kernel_shape, case.dtype, 1),
        )
        bias = integers((case.filters,), case.dtype, 2)
        y = reference.conv2d_transpose(x, kernel, bias, **case.options)
        got = ops.conv2d_transpose(device(x), device(kernel), device(bias), **case.options)
        assert_same(device.host(got), y, case)
        dy = integers(y.shape, case.dtype, 3)
        gradients = reference.conv2d_transpose_backward(dy, x, kernel, **case.options)
        got = ops.conv2d_transpose_backward(device(dy), device(x), device(kernel), **case.options)
        assert_same(device.host(got), gradients, case)


@pytest.mark.parametrize("padding", [0, 1, ((1, 0), (2, 1))])
@pytest.mark.parametrize("strides", [1, 2, (3, 1)])
def test_is_the_adjoint_of_conv2d(padding, strides, data_format, device):
    options = {"padding": padding, "strides": strides, "data_format": data_format}
    x = integers((2, 3, 4, 4) if data_format == "channels_first" else (2, 4, 4, 3), "float64", 0)
    kernel = integers((3, 3, 5, 3), "float64", 1)
    y = device.host(ops.conv2d_transpose(device(x), device(kernel), **options))
    image = integers(y.shape, "float64", 2)
    assert (y * image).sum() == (x * reference.conv2d(image, kernel, **options)).sum()


def test_published_vector(dtype, device):
    x = np.array([[1, 2], [3, 4]], dtype).reshape(1, 2, 2, 1)
    kernel = np.array([[2, 0, 1], [0, 1, 2], [1, 0, 2]], dtype).reshape(3, 3, 1, 1)
    y = device.host(ops.conv2d_transpose(device(x), device(kernel), strides=2))
    assert y[0, :, :, 0].tolist() == [
        [2, 0, 5, 0, 2],
        [0, 1, 2, 2, 4],
        [7, 0, 15, 0, 8],
        [0, 3, 6, 4, 8],
        [3, 0, 10, 0, 8],
    ]


@pytest.mark.parametrize(
    ("kernel_size", "strides", "padding", "output_padding", "size"),
    [
        (3, 2, "valid", None, 11),
        (1, 3, "valid", None, 15),
        (3, 2, "same", None, 10),
        (3, 2, "same", 1, 10),
        (3, 2, "same", 0, 9),
        (4, 2, "same", 1, 9),
        (3, 2, "valid", 1, 12),
        (3, 2, 1, 1, 10),
        (3, 2, 1, None, 9),
    ],
)
def test_sizes_are_keras_s(kernel_size, strides, padding, output_padding, size):
    y = ops.conv2d_transpose(
        np.zeros((1, 5, 5, 1), np.float32),
        np.zeros((kernel_size, kernel_size, 1, 1), np.float32),
        strides=strides,
        padding=padding,
        output_padding=output_padding,
    )
    assert y.shape == (1, size, size, 1)


def test_error_stays_within_the_bound(dtype, device):
    x, kernel = normal((2, 5, 6, 33), dtype, 0), normal((3, 3, 17, 33), dtype, 1)
    y = ops.conv2d_transpose(device(x), device(kernel), strides=2)
    exact = reference.conv2d_transpose(
        x.astype(np.longdouble), kernel.astype(np.longdouble), strides=2
    )
    size = reference.conv2d_transpose(abs(x), abs(kernel), strides=2)
    assert_within(device.host(y), exact, tolerances.sum_of_products(dtype) * size)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_activation_equals_reference(activation, dtype, device):
    x, kernel = (
        integers((2, 3, 4, 5), dtype, 0, largest=2),
        integers((3, 3, 4, 5), dtype, 1, largest=2),
    )
    bias = integers((4,), dtype, 2)
    y = reference.conv2d_transpose(x, kernel, bias, activation=activation)
    got = ops.conv2d_transpose(device(x), device(kernel), device(bias), activation=activation)
    assert_within(device.host(got), y, tolerances.elementwise(y, dtype))


@pytest.mark.parametrize("needs", [(), ("x",), ("kernel",), ("bias",), ("x", "bias")])
def test_backward_computes_what_is_needed(needs, device):
    x, kernel = integers((1, 3, 3, 2), "float32", 0), integers((2, 2, 4, 2), "float32", 1)
    dy = integers((1, 4, 4, 4), "float32", 2)
    whole = ops.conv2d_transpose_backward(device(dy), device(x), device(kernel))
    some = ops.conv2d_transpose_backward(device(dy), device(x), device(kernel), needs=needs)
    names = ("x", "kernel", "bias")
    expected = [
        v if name in needs else None for name, v in zip(names, device.host(whole), strict=True)
    ]
    assert_same(device.host(some), expected)


def test_empty_batch(device):
    x, kernel = np.zeros((0, 3, 3, 2), np.float32), np.ones((2, 2, 4, 2), np.float32)
    y = ops.conv2d_transpose(device(x), device(kernel), strides=2)
    assert y.shape == (0, 6, 6, 4)
    _, dkernel, dbias = ops.conv2d_transpose_backward(y, device(x), device(kernel), strides=2)
    assert not device.host(dkernel).any()
    assert not device.host(dbias).any()
