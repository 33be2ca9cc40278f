# SPDX-License-Identifier: BSD-3-Clause
"""Convolution and max-pooling in one operation beside the two one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits
from tolerances import sum_of_products

from pyconv import ops
from pyconv.geometry import Window
from pyconv.ops.conv2d_max_pool2d import (
    conv2d_max_pool2d,
    conv2d_max_pool2d_backward,
    pools_natively,
)

# images (n, h, w, c), kernel, pool, options of the convolution
CASES: list[tuple[Any, Any, Any, dict[str, Any]]] = [
    ((5, 12, 11, 1), (3, 3, 1, 7), (2, 2), {}),
    ((1, 6, 5, 3), (5, 3, 3, 17), (2, 1), {"padding": "same"}),
    ((70, 28, 28, 1), (3, 3, 1, 32), (2, 2), {}),
    ((2, 131, 60, 3), (3, 3, 3, 33), (2, 3), {"padding": ((2, 1), (0, 2))}),
    ((2, 200, 90, 3), (5, 5, 3, 20), (3, 3), {"strides": 2, "padding": "same"}),
    ((1, 150, 80, 2), (3, 3, 2, 31), (4, 4), {"dilation_rate": 3, "padding": 2}),
    ((3, 90, 64, 6), (3, 3, 3, 16), (2, 2), {"groups": 2}),
    ((1, 40, 3000, 1), (3, 3, 1, 16), (2, 2), {}),
    ((4, 4, 4, 1), (3, 3, 1, 5), (2, 2), {}),
]


def windows(shape: Any, kernel: Any, pool: Any, options: Any) -> tuple[Window, Window]:
    full = {"strides": 1, "padding": "valid", "dilation_rate": 1, "groups": 1} | options
    window = Window.conv("a", shape, kernel, *full.values(), "channels_last")
    return window, Window.pool(
        "a", window.output_shape, pool, None, "valid", "channels_last", False
    )


def run(case: Any, dtype: Any, activation: Any, bias: bool = True) -> tuple[list[Any], list[Any]]:
    """Return (y, argmax, dkernel, dbias) of the one operation and of the two."""
    shape, kernel_shape, pool_size, options = case
    x, kernel = normal(shape, dtype, 0), normal(kernel_shape, dtype, 1)
    offset = normal(kernel_shape[-1:], dtype, 2) if bias else None
    window, pool = windows(*case)
    assert pools_natively(x, window, pool)
    y, argmax = conv2d_max_pool2d("a", window, pool, x, kernel, offset, activation, offsets=True)
    assert argmax is not None
    dy = normal(y.shape, dtype, 3)
    found = conv2d_max_pool2d_backward(
        "a", window, pool, dy, (y, argmax), x, activation, ("kernel", "bias")
    )
    z = ops.conv2d(x, kernel, offset, activation=activation, **options)
    expected, best = ops.max_pool2d_with_argmax(z, pool_size)
    dz = ops.max_pool2d_backward(dy, best, z.shape, pool_size=pool_size)
    gradients = ops.conv2d_backward(
        dz, x, kernel, activation=activation, y=z, needs=("kernel", "bias"), **options
    )
    return [y, argmax, *found], [expected, best, *gradients[1:]]


@pytest.mark.parametrize("activation", [None, "relu", "relu6"])
@pytest.mark.parametrize("case", CASES)
def test_results_have_the_bits_of_the_two_operations_and_gradients_their_sums(
    case: Any, activation: Any, dtype: Any, device: Any
) -> None:
    if not device.is_cpu:
        pytest.skip("on the CPU only")
    found, expected = run(case, dtype, activation)
    assert_same_bits(found[:2], expected[:2])
    # What the sums are made of, all of one sign, bounds how far their orders set them apart.
    x, dy = np.abs(normal(case[0], dtype, 0)), np.abs(normal(found[0].shape, dtype, 3))
    window, _ = windows(*case)
    size = np.ones(case[1], dtype)
    dz = ops.max_pool2d_backward(dy, found[1], window.output_shape, pool_size=case[2])
    _, scale, scale_of_bias = ops.conv2d_backward(dz, x, size, needs=("kernel", "bias"), **case[3])
    bound = 2 * sum_of_products(dtype)
    assert np.all(np.abs(found[2] - expected[2]) <= bound * scale)
    assert np.all(np.abs(found[3] - expected[3]) <= bound * scale_of_bias)


@pytest.mark.parametrize("case", CASES)
def test_whole_numbers_give_the_gradients_exactly(case: Any, dtype: Any, device: Any) -> None:
    if not device.is_cpu:
        pytest.skip("on the CPU only")
    window, pool = windows(*case)
    x = np.round(normal(case[0], dtype, 0))
    kernel, dy = (np.round(normal(s, dtype, i)) for s, i in ((case[1], 1), (pool.output_shape, 3)))
    y, argmax = conv2d_max_pool2d("a", window, pool, x, kernel, None, None, offsets=True)
    assert argmax is not None
    found = conv2d_max_pool2d_backward(
        "a", window, pool, dy, (y, argmax), x, None, ("kernel", "bias")
    )
    dz = ops.max_pool2d_backward(dy, argmax, window.output_shape, pool_size=case[2])
    expected = ops.conv2d_backward(dz, x, kernel, needs=("kernel", "bias"), **case[3])
    assert_same_bits(list(found), list(expected[1:]))


def test_bits_do_not_depend_on_threads(dtype: Any, set_threads: Any) -> None:
    results = []
    for threads in (1, 2, 3, 7):
        set_threads(threads)
        results.append([run(case, dtype, "relu")[0] for case in CASES])
    for other in results[1:]:
        for first, second in zip(results[0], other, strict=True):
            assert_same_bits(first, second, "threads")


def test_a_nan_stays_in_its_windows(dtype: Any) -> None:
    case = CASES[0]
    x, kernel = normal(case[0], dtype, 0), normal(case[1], dtype, 1)
    x[2, 4, 4] = np.nan
    y, argmax = conv2d_max_pool2d("a", *windows(*case), x, kernel, None, "relu", offsets=False)
    expected = ops.max_pool2d(ops.conv2d(x, kernel, activation="relu"))
    assert argmax is None
    assert_same_bits(y, expected)


@pytest.mark.parametrize(
    ("pool", "options"),
    [
        ({"pool_size": 3, "strides": 2}, {}),
        ({"pool_size": 2, "padding": "same"}, {"padding": "same"}),
        ({"pool_size": 2}, {"padding": 3}),
        ({"pool_size": 2, "data_format": "channels_first"}, {"data_format": "channels_first"}),
    ],
)
def test_other_windows_are_left_to_the_two_operations(pool: Any, options: Any) -> None:
    given = {"strides": None, "padding": "valid", "data_format": "channels_last"} | pool
    full = {"strides": 1, "padding": "valid", "dilation_rate": 1, "groups": 1} | options
    layout = full.pop("data_format", "channels_last")
    shape = (2, 9, 9, 9)
    window = Window.conv("a", shape, (3, 3, 9, 4), *full.values(), layout)
    size, strides, padding, layout = (
        given[name] for name in ("pool_size", "strides", "padding", "data_format")
    )
    after = Window.pool("a", window.output_shape, size, strides, padding, layout, False)
    assert not pools_natively(normal(shape, "float32", 0), window, after)


def test_where_winograd_s_algorithm_is_quicker_the_two_run_one_by_one() -> None:
    window, pool = windows((8, 34, 34, 64), (3, 3, 64, 64), (2, 2), {})
    assert not pools_natively(normal((8, 34, 34, 64), "float32", 0), window, pool)
