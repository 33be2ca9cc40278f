# SPDX-License-Identifier: BSD-3-Clause
"""Depthwise and 1x1 convolution in one operation beside the two one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import ops
from pyconv.backend import prepared_kernel, prepared_size
from pyconv.geometry import Window
from pyconv.ops.separable_in_bands import runs_in_bands, separable_in_bands

# images (n, h, w, c), depthwise kernel (kh, kw), filters, options of the depthwise convolution
CASES: list[tuple[Any, Any, int, dict[str, Any]]] = [
    ((1, 14, 14, 20), (3, 3), 33, {"padding": "same"}),
    ((2, 57, 40, 17), (3, 3), 64, {"padding": "same", "strides": 2}),
    ((3, 30, 31, 5), (5, 2), 7, {"padding": ((1, 2), (0, 1))}),
    ((1, 90, 50, 16), (3, 3), 70, {"dilation_rate": 2}),
    ((9, 7, 7, 24), (3, 3), 40, {"padding": 1}),
    ((1, 1, 300, 3), (1, 3), 2, {}),
    ((2, 64, 3, 4), (7, 1), 3, {"padding": ((6, 6), (0, 0)), "strides": (3, 1)}),
]


def windows(case: Any) -> tuple[Window, Window]:
    shape, size, filters, options = case
    full = {"strides": 1, "padding": "valid", "dilation_rate": 1} | options
    c = shape[3]
    first = Window.conv("a", shape, (*size, 1, c), *full.values(), c, "channels_last")
    point = (1, 1, c, filters)
    return first, Window.conv("a", first.output_shape, point, 1, "valid", 1, 1, "channels_last")


def weights(case: Any, dtype: Any) -> list[Any]:
    shape, size, filters, _ = case
    c = shape[3]
    shapes = (shape, (*size, c, 1), (c,), (1, 1, c, filters), (filters,))
    return [normal(each, dtype, i) for i, each in enumerate(shapes)]


def both(case: Any, dtype: Any, between: Any, activation: Any, prepared: bool) -> tuple[Any, Any]:
    """Return the result of the one operation and of the two."""
    x, depthwise, offset, kernel, bias = weights(case, dtype)
    first, second = windows(case)
    assert runs_in_bands(x, first, second)
    form = None
    if prepared:
        size = prepared_size(kernel, second.packed, 0)
        form = prepared_kernel(kernel, second.packed, 0, size)
    grouped = depthwise.reshape(first.kernel_shape)
    found = separable_in_bands(
        "a", first, second, x, (grouped, offset), between, (kernel, bias), activation, form
    )
    middle = ops.depthwise_conv2d(x, depthwise, offset, activation=between, **case[3])
    return found, ops.conv2d(middle, kernel, bias, activation=activation)


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize(
    ("between", "activation"), [(None, None), ("relu", "relu6"), ("sigmoid", "tanh")]
)
@pytest.mark.parametrize("case", CASES)
def test_the_result_has_the_bits_of_the_two_operations(
    case: Any, between: Any, activation: Any, prepared: bool, dtype: Any, device: Any
) -> None:
    if not device.is_cpu:
        pytest.skip("on the CPU only")
    assert_same_bits(*both(case, dtype, between, activation, prepared))


def test_bits_do_not_depend_on_threads(dtype: Any, set_threads: Any) -> None:
    for threads in (1, 2, 3, 7):
        set_threads(threads)
        for case in CASES:
            found, expected = both(case, dtype, "relu", None, True)
            assert_same_bits(found, expected, f"{threads} threads")


def test_an_infinite_weight_makes_nan_of_padding_as_ever(dtype: Any) -> None:
    x, depthwise, offset, kernel, bias = weights(CASES[0], dtype)
    depthwise[0, 0] = np.inf
    first, second = windows(CASES[0])
    grouped = depthwise.reshape(first.kernel_shape)
    found = separable_in_bands("a", first, second, x, (grouped, offset), None, (kernel, bias), None)
    with np.errstate(invalid="ignore"):
        middle = ops.depthwise_conv2d(x, depthwise, offset, **CASES[0][3])
    assert_same_bits(found, ops.conv2d(middle, kernel, bias))


def test_other_pairs_of_windows_do_not_run_so() -> None:
    x = np.zeros((1, 6, 6, 4), np.float32)

    def pair(f: int, padding: Any, data_format: Any, size: int, strides: int) -> bool:
        kernel = (3, 3, 1, f)
        c = 6 if data_format == "channels_first" else 4
        first = Window.conv("a", x.shape, (*kernel[:3], f * c // 4), 1, padding, 1, c, data_format)
        point = (size, size, first.f, 3)
        second = Window.conv("a", first.output_shape, point, strides, "valid", 1, 1, data_format)
        return runs_in_bands(x, first, second)

    assert pair(4, 1, "channels_last", 1, 1)
    assert not pair(8, 1, "channels_last", 1, 1)
    assert not pair(4, 3, "channels_last", 1, 1)
    assert not pair(4, 1, "channels_last", 3, 1)
    assert not pair(4, 1, "channels_last", 1, 2)
    assert not pair(4, 1, "channels_first", 1, 1)
