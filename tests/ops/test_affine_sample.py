# SPDX-License-Identifier: BSD-3-Clause
"""Affine sampling and its adjoint, in every fill mode and interpolation."""

import numpy as np
import pytest
import tolerances
from arrays import generator, integers, normal
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

FILL_MODES = ["constant", "nearest", "reflect", "wrap"]
INTERPOLATIONS = ["nearest", "bilinear"]
IDENTITY = [[1, 0, 0], [0, 1, 0]]


def layout(n, h, w, c, data_format):
    return (n, h, w, c) if data_format == "channels_last" else (n, c, h, w)


def near_identity(n, dtype, *seed):
    """Return (n, 2, 3) maps that turn, shear, scale and move by some pixels."""
    return (IDENTITY + generator("maps", *seed).normal(0, 0.4, (n, 2, 3)) * (1, 1, 9)).astype(dtype)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("fill_mode", FILL_MODES)
def test_equals_reference(fill_mode, interpolation, dtype, data_format, device, set_threads):
    options = {
        "fill_mode": fill_mode, "interpolation": interpolation, "data_format": data_format,
    }  # fmt: skip
    shapes = [(3, 6, 9, 3), (2, 1, 1, 5), (2, 8, 5, 17), (1, 5, 70, 1), (1, 3, 4, 66)]
    for threads, shape in enumerate(shapes[:2] if device.name == "simt" else shapes, 1):
        set_threads(threads)
        x = normal(layout(*shape, data_format), dtype, shape)
        maps = near_identity(shape[0], dtype, shape)
        fill = {"fill_value": 1.5}
        y = device.host(ops.affine_sample(device(x), device(maps), **fill, **options))
        want = reference.affine_sample(x, maps, **fill, **options)
        size = reference.affine_sample(np.abs(x), maps, **fill, **options)
        assert_within(y, want, tolerances.sample(dtype) * size)
        dy = normal(x.shape, dtype, "dy", shape)
        dx = device.host(ops.affine_sample_backward(device(dy), device(maps), **options))
        want = reference.affine_sample_backward(dy, maps, **options)
        size = reference.affine_sample_backward(np.abs(dy), maps, **options)
        assert_within(dx, want, tolerances.sum_of_products(dtype) * size)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize(
    ("fill_mode", "expected"),
    [
        ("constant", [9, 9, 9, 1, 2, 3]),
        ("nearest", [1, 1, 1, 1, 2, 3]),
        ("reflect", [3, 2, 1, 1, 2, 3]),
        ("wrap", [4, 5, 6, 1, 2, 3]),
    ],
)
def test_what_lies_beyond(fill_mode, expected, interpolation, dtype, device):
    x = np.arange(1, 7, dtype=dtype).reshape(1, 1, 6, 1)
    maps = np.array([[[1, 0, -3], [0, 1, 0]]], dtype)
    options = {"fill_mode": fill_mode, "fill_value": 9, "interpolation": interpolation}
    y = device.host(ops.affine_sample(device(x), device(maps), **options))
    assert y.ravel().tolist() == expected


@pytest.mark.parametrize("fill_mode", FILL_MODES)
def test_quarter_turns_and_flips_are_exact(fill_mode, dtype, data_format, device):
    x = integers(layout(3, 5, 5, 6, data_format), dtype, 0)
    turn, flip = [[0, 1, 0], [-1, 0, 4]], [[-1, 0, 4], [0, 1, 0]]
    maps = np.array([IDENTITY, turn, flip], dtype)
    options = {"fill_mode": fill_mode, "data_format": data_format}
    axes = (2, 3) if data_format == "channels_first" else (1, 2)
    want = x.copy()
    want[1] = np.rot90(x[1], -1, (axes[0] - 1, axes[1] - 1))
    want[2] = np.flip(x[2], axes[1] - 1)
    assert_same(device.host(ops.affine_sample(device(x), device(maps), **options)), want)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("fill_mode", FILL_MODES)
def test_gradient_is_the_adjoint(fill_mode, interpolation, dtype, data_format, device):
    """Exact on whole numbers moved by halves: <sample(x), dy> = <x, backward(dy)>."""
    x = integers(layout(2, 4, 5, 7, data_format), dtype, 0)
    maps = np.array([[[1, 0, 1.5], [0, 1, -0.5]], [[0, 1, -1], [2, 0, 0.5]]], dtype)
    options = {
        "fill_mode": fill_mode, "interpolation": interpolation, "data_format": data_format,
    }  # fmt: skip
    y = device.host(ops.affine_sample(device(x), device(maps), **options)).astype(np.float64)
    dy = integers(x.shape, dtype, 1)
    dx = device.host(ops.affine_sample_backward(device(dy), device(maps), **options))
    assert np.count_nonzero(dx)
    assert (y * dy).sum() == (x.astype(np.float64) * dx).sum()


def test_halves_round_to_even(dtype, device):
    x = np.arange(4, dtype=dtype).reshape(1, 1, 4, 1)
    maps = np.array([[[1, 0, 0.5], [0, 1, 0]]], dtype)
    options = {"interpolation": "nearest", "fill_value": -1}
    y = device.host(ops.affine_sample(device(x), device(maps), **options))
    assert y.ravel().tolist() == [0, 2, 2, -1]


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("far", [1e12, -1e12, 3e38, -3e38])
def test_far_coordinates_stay_inside_the_arrays(far, fill_mode, dtype, device):
    x = integers((1, 3, 4, 5), dtype, 0)
    for maps in ([[far, 0, 0], [0, 1, 0]], [[far, -far, far], [-far, far, far]]):
        for interpolation in INTERPOLATIONS:
            options = {"fill_mode": fill_mode, "interpolation": interpolation}
            matrices = device(np.array([maps], dtype))
            y = device.host(ops.affine_sample(device(x), matrices, **options))
            assert np.isin(np.round(y), np.arange(-8, 9)).all()
            dx = device.host(ops.affine_sample_backward(device(x), matrices, **options))
            assert np.isfinite(dx).all()


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_bits_depend_on_neither_threads_nor_layout(interpolation, dtype, device, set_threads):
    x, maps = normal((3, 21, 23, 70), dtype, 0), near_identity(3, dtype, 0)
    results = []
    for data_format in ("channels_last", "channels_first"):
        options = {"interpolation": interpolation, "data_format": data_format}
        first = data_format == "channels_first"
        image = np.ascontiguousarray(np.moveaxis(x, -1, 1)) if first else x
        for count in (1, 3) if device.is_cpu else (1,):
            set_threads(count)
            y = device.host(ops.affine_sample(device(image), device(maps), **options))
            dx = device.host(ops.affine_sample_backward(device(image), device(maps), **options))
            last = tuple(np.moveaxis(a, 1, -1).copy() if first else a for a in (y, dx))
            results.append(last)
            assert_same_bits(last, results[0], f"{data_format}, {count} threads")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_refuses_matrices_that_are_not_finite(value, device):
    maps = np.array([IDENTITY] * 3, np.float32)
    maps[1, 1, 0] = value
    x = np.ones((3, 4, 4, 2), np.float32)
    with pytest.raises(ValueError, match=r"affine_sample: matrices\[1\]=.*; must be finite"):
        ops.affine_sample(device(x), device(maps))
    with pytest.raises(
        ValueError, match=r"affine_sample_backward: matrices\[1\]=.*; must be finite"
    ):
        ops.affine_sample_backward(device(x), device(maps))


def test_empty_batch(dtype, data_format, device):
    x = np.zeros(layout(0, 4, 5, 3, data_format), dtype)
    maps = device(np.zeros((0, 2, 3), dtype))
    y = ops.affine_sample(device(x), maps, data_format=data_format)
    assert_same(device.host(y), x)
    assert_same(device.host(ops.affine_sample_backward(y, maps, data_format=data_format)), x)
