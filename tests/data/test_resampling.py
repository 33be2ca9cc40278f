# SPDX-License-Identifier: BSD-3-Clause
"""Every interpolation against the formula written out, and against Pillow where rules agree."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tolerances

from pyconv.data.resampling import RESAMPLINGS, resample, resample_padded, resample_window

SIZES = [((7, 9), (12, 20)), ((12, 20), (5, 7)), ((1, 3), (4, 1)), ((9, 9), (1, 1))]


def keys(x: float) -> float:
    x = abs(x)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def mitchell(x: float) -> float:
    x = abs(x)
    if x < 1:
        return (7 * x**3 - 12 * x**2 + 16 / 3) / 6
    return (-7 / 3 * x**3 + 12 * x**2 - 20 * x + 32 / 3) / 6 if x < 2 else 0.0


def lanczos(x: float, radius: int) -> float:
    if x == 0:
        return 1.0
    if abs(x) >= radius:
        return 0.0
    return radius * math.sin(math.pi * x) * math.sin(math.pi * x / radius) / (math.pi * x) ** 2


KERNELS: dict[str, Any] = {
    "bilinear": (1, lambda x: max(0.0, 1 - abs(x))),
    "bicubic": (2, keys),
    "mitchellcubic": (2, mitchell),
    "lanczos3": (3, lambda x: lanczos(x, 3)),
    "lanczos5": (5, lambda x: lanczos(x, 5)),
    "gaussian": (1.5, lambda x: math.exp(-2 * x * x)),
}


def axis(x: np.ndarray[Any, Any], wanted: int, name: str) -> np.ndarray[Any, Any]:
    """Resize the first axis pixel by pixel in float64."""
    pixels = len(x)
    out = np.zeros((wanted, *x.shape[1:]))
    for i in range(wanted):
        total = 0.0
        for p in range(pixels):
            if name == "area":
                left, right = i * pixels / wanted, (i + 1) * pixels / wanted
                weight = max(0.0, min(p + 1, right) - max(p, left))
            else:
                radius, kernel = KERNELS[name]
                distance = p + 0.5 - (i + 0.5) * pixels / wanted
                weight = kernel(distance) if abs(distance) < radius else 0.0
            out[i] += weight * x[p]
            total += weight
        out[i] /= total
    return out


@pytest.mark.parametrize("name", [name for name in RESAMPLINGS if name != "nearest"])
@pytest.mark.parametrize(("shape", "size"), SIZES)
def test_equals_the_formula(name: str, shape: Any, size: Any) -> None:
    x = np.random.default_rng(2).integers(0, 256, (*shape, 3)).astype(np.uint8)
    wanted = axis(axis(x.astype(float), size[0], name).swapaxes(0, 1), size[1], name).swapaxes(0, 1)
    found = resample(x, size, name)
    assert found.dtype == np.float32
    # Weights as large as 2 in absolute sum, over two axes, of values up to 255.
    np.testing.assert_allclose(found, wanted, atol=4 * 255 * tolerances.sample(np.float32))


@pytest.mark.parametrize("name", RESAMPLINGS)
def test_the_same_size_is_the_same_picture(name: str) -> None:
    x = np.random.default_rng(2).integers(0, 256, (7, 9, 3)).astype(np.uint8)
    np.testing.assert_array_equal(resample(x, (7, 9), name), x)


@pytest.mark.parametrize("name", RESAMPLINGS)
def test_a_flat_picture_stays_flat(name: str) -> None:
    for size in ((3, 4), (20, 30), (1, 1)):
        found = resample(np.full((10, 11, 1), 200, np.uint8), size, name)
        np.testing.assert_allclose(found, 200, rtol=tolerances.sample(np.float32))


@pytest.mark.parametrize(("name", "other"), [("bicubic", "BICUBIC"), ("lanczos3", "LANCZOS")])
def test_enlarging_equals_pillow(name: str, other: str) -> None:
    image = pytest.importorskip("PIL.Image")
    x = np.random.default_rng(2).uniform(0, 255, (9, 7)).astype(np.float32)
    wanted = image.fromarray(x).resize((15, 20), image.Resampling[other])
    found = resample(x[..., None], (20, 15), name)[..., 0]
    np.testing.assert_allclose(found, wanted, atol=4 * 255 * tolerances.sample(np.float32))


def test_bilinear_shrinks_without_antialiasing() -> None:
    x = np.zeros((8, 8, 1), np.uint8)
    x[1::4] = 255
    # Row 0 lies at 1.5, between rows 1 and 2; an antialiased mean would be 63.75.
    assert resample(x, (2, 1), "bilinear").ravel().tolist() == [127.5, 127.5]
    assert resample(x, (2, 1), "area").ravel().tolist() == [63.75, 63.75]


def test_a_window_keeps_the_centre() -> None:
    x = np.arange(6 * 10, dtype=np.float32).reshape(6, 10, 1)
    np.testing.assert_array_equal(resample_window(x, (6, 6), "bilinear"), x[:, 2:8])
    np.testing.assert_array_equal(resample_window(x, (6, 10), "bilinear"), x)
    np.testing.assert_array_equal(resample_window(x, (2, 10), "nearest"), x[2:4])
    assert resample_window(x[:1], (100, 1), "bilinear").shape == (100, 1, 1)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's
@pytest.mark.parametrize("shape", [(6, 10), (11, 4), (7, 7), (5, 9)])
def test_a_window_equals_keras_smart_resize(keras: Any, shape: tuple[int, int]) -> None:
    x = np.random.default_rng(2).uniform(0, 255, (*shape, 3)).astype(np.float32)
    wanted = np.asarray(keras.preprocessing.image.smart_resize(x, (8, 6)))
    found = resample_window(x, (8, 6), "bilinear")
    np.testing.assert_allclose(found, wanted, atol=255 * tolerances.sample(np.float32))


def test_a_padded_picture_is_whole_and_centred() -> None:
    x = np.full((10, 20, 1), 9, np.uint8)
    y = resample_padded(x, (40, 40), "bilinear")
    assert y[:10].max() == y[30:].max() == 0
    assert y[10:30].min() == 9
    y = resample_padded(x.transpose(1, 0, 2), (10, 21), "nearest")
    assert y[:, 8:13].min() == 9
    assert y[:, :8].max() == y[:, 13:].max() == 0
    assert resample_padded(np.full((1, 1000, 1), 9, np.uint8), (4, 5), "area").max() == 9


def test_a_pixel_at_the_kernel_s_radius_does_not_count() -> None:
    x = np.array([0, 0, 255, 255], np.uint8).reshape(4, 1, 1)  # row 2 lies 1.5 from row 0's centre
    assert resample(x, (2, 1), "gaussian").ravel().tolist() == [0, 255]


def test_half_of_what_is_free_counts_before_a_side_is_rounded() -> None:
    # 30 columns become 7, 20 rows 4.67: 1.33 are free, 0.67 of them above, so none whole.
    y = resample_padded(np.full((20, 30, 1), 9, np.uint8), (6, 7), "bilinear")
    assert y[:, 0, 0].tolist() == [9, 9, 9, 9, 0, 0]
    y = resample_padded(np.full((30, 20, 1), 9, np.uint8), (7, 6), "bilinear")
    assert y[0, :, 0].tolist() == [9, 9, 9, 9, 0, 0]
