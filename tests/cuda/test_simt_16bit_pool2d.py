# SPDX-License-Identifier: BSD-3-Clause
"""Kernels of 16-bit pooling, simulated: exact where nothing is divided, else one rounding."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tolerances
from element_types import CODES, KINDS, empty, numbers, stored
from native_arrays import PLACES, call

from pyconv import reference
from pyconv.geometry import Window

POOLS: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 6, 6, 8), {"pool_size": 2}),
    ((1, 7, 5, 24), {"pool_size": (3, 2), "strides": (2, 1)}),
    ((2, 5, 5, 3), {"pool_size": 3, "strides": 1, "padding": "same"}),
    ((1, 6, 7, 16), {"pool_size": 3, "strides": 2, "padding": ((1, 0), (2, 1))}),
    ((0, 4, 4, 8), {"pool_size": 2}),
    ((1, 18, 17, 8), {"pool_size": 17, "strides": 1}),  # offsets beyond uint8
]


@PLACES
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
    call(simt.max_pool2d, code, (held, y, argmax), window.packed, 0)
    np.testing.assert_array_equal(numbers(y, kind), wanted)
    np.testing.assert_array_equal(argmax, wanted_argmax)
    call(simt.min_pool2d, code, (held, y, None), window.packed, 0)
    lowest = -reference.max_pool2d_with_argmax(-x, data_format=data_format, **options)[0]
    np.testing.assert_array_equal(numbers(y, kind), lowest)
    dy = np.random.default_rng(2).integers(-4, 5, wanted.shape).astype(np.float64)
    gradients, dx = place(stored(dy, kind)), place(empty(x.shape, kind))
    call(simt.max_pool2d_backward, code, (gradients, argmax, dx), window.packed, 0)
    exact = reference.max_pool2d_backward(dy, argmax, laid, data_format=data_format, **options)
    np.testing.assert_array_equal(numbers(dx, kind), exact)
    options = {"data_format": data_format, "count_include_pad": True, **options}
    call(simt.avg_pool2d, code, (held, y), window.packed, True, 0)
    exact = reference.avg_pool2d(x, **options)
    assert np.all(np.abs(numbers(y, kind) - exact) <= tolerances.one_rounding(kind, exact))
    call(simt.avg_pool2d_backward, code, (gradients, dx), window.packed, True, 0)
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
    call(simt.max_pool2d, CODES[kind], (stored(x, kind), y, argmax), window.packed, 0)
    assert np.isnan(numbers(y, kind)).all()
    assert (argmax == 1).all()
