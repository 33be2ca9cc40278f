# SPDX-License-Identifier: BSD-3-Clause
"""ImageDataGenerator beside Keras's legacy class, whose SciPy is tests/support/ndimage_model."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from ndimage_model import SCIPY
from tolerances import KERAS

from pyconv.preprocessing.image import ImageDataGenerator

pytestmark = pytest.mark.oracle

PARAMETERS: list[dict[str, Any]] = [
    {},
    {"theta": 33.0},
    {"tx": 2.25},
    {"ty": -3.75},
    {"shear": 25.0},
    {"zx": 0.73, "zy": 1.41},
    {"theta": -100.0, "tx": 1.3, "ty": 2.6, "shear": -14.0, "zx": 1.2, "zy": 0.55},
    {"flip_horizontal": True},
    {"flip_vertical": True, "theta": 20.0, "tx": 4.0},
    {"flip_horizontal": 1, "flip_vertical": 1, "zx": 1.3, "zy": 1.3},
    {"channel_shift_intensity": 40.0},
    {"channel_shift_intensity": -90.0, "theta": 12.0, "flip_horizontal": True},
    {"brightness": 0.37},
    {"brightness": 1.9},
    {"brightness": 0.0},
    {"brightness": 1.25, "channel_shift_intensity": 10.0, "theta": 5.0, "flip_vertical": True},
]


@pytest.fixture
def theirs(keras: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Keras's legacy class."""
    pytest.importorskip("PIL")
    module = importlib.import_module("keras.src.legacy.preprocessing.image")
    monkeypatch.setattr(module, "scipy", SCIPY)
    return module.ImageDataGenerator


def picture(channels: int = 3, low: float = 0, high: float = 255) -> np.ndarray[Any, Any]:
    generator = np.random.default_rng(channels)
    return generator.uniform(low, high, (11, 11, channels)).astype(np.float32)


@pytest.mark.parametrize("parameters", PARAMETERS)
@pytest.mark.parametrize("fill_mode", ["nearest", "constant", "reflect", "wrap"])
@pytest.mark.parametrize("order", [0, 1])
def test_apply_transform(
    theirs: Any, parameters: dict[str, Any], fill_mode: str, order: int
) -> None:
    options = {"fill_mode": fill_mode, "cval": 77.0, "interpolation_order": order}
    ours, other = ImageDataGenerator(**options), theirs(**options)
    x = picture()
    expected = other.apply_transform(x, parameters)
    step = 1 if "brightness" in parameters else 0  # where rounding down meets a whole number
    found = ours.apply_transform(x, parameters)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=KERAS, atol=255 * KERAS + step)
    if step:
        assert (np.abs(found - expected) > 255 * KERAS).mean() < 0.01


@pytest.mark.parametrize("parameters", [one for one in PARAMETERS if "brightness" not in one])
def test_apply_transform_channels_first(theirs: Any, parameters: dict[str, Any]) -> None:
    """Without brightness, where Keras takes such images for channels_last ones."""
    x = np.ascontiguousarray(np.moveaxis(picture(), -1, 0))
    ours, other = (g(data_format="channels_first") for g in (ImageDataGenerator, theirs))
    expected = other.apply_transform(x, parameters)
    np.testing.assert_allclose(
        ours.apply_transform(x, parameters), expected, rtol=KERAS, atol=255 * KERAS
    )


@pytest.mark.parametrize("brightness", [0.0, 0.4, 1.0, 1.7])
@pytest.mark.parametrize(("low", "high"), [(0, 255), (-3, 1), (0, 900), (20, 20)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_brightness(theirs: Any, channels: int, low: float, high: float, brightness: float) -> None:
    x = picture(channels, low, high)
    ours, other = ImageDataGenerator(), theirs()
    found = ours.apply_transform(x, {"brightness": brightness})
    expected = other.apply_transform(x, {"brightness": brightness})
    scale = KERAS * max(abs(low), high)
    np.testing.assert_allclose(found[..., :3], expected[..., :3], rtol=KERAS, atol=scale)
    if channels == 4:  # Keras rounds the transparency, too
        np.testing.assert_array_equal(found[..., 3], x[..., 3])


@pytest.mark.parametrize(
    "options",
    [
        {"rescale": 1 / 255},
        {"samplewise_center": True, "samplewise_std_normalization": True},
        {"featurewise_center": True, "rescale": 2.0},
        {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 0.1},
        {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 1e-3},
        {"preprocessing_function": lambda x: x[..., ::-1] - 100, "rescale": 1 / 127},
    ],
)
def test_fit_and_standardize(theirs: Any, options: dict[str, Any]) -> None:
    images = np.random.default_rng(0).uniform(0, 255, (40, 4, 5, 3)).astype(np.float32)
    ours, other = ImageDataGenerator(**options), theirs(**options)
    ours.fit(images)
    other.fit(images)
    for name in ("mean", "std", "zca_whitening_matrix"):
        found, expected = getattr(ours, name), getattr(other, name)
        if expected is None:
            assert found is None
        else:
            assert found.shape == expected.shape
            scale = np.abs(expected).max()
            np.testing.assert_allclose(found, expected, rtol=KERAS, atol=10 * KERAS * scale)
    for image in images[:5]:
        expected = other.standardize(image.copy())
        scale = np.abs(expected).max()
        found = ours.standardize(image.copy())
        np.testing.assert_allclose(found, expected, rtol=KERAS, atol=10 * KERAS * scale)


def test_flow_gives_the_same_batches_in_order(theirs: Any) -> None:
    """Except that Keras forgets to take the subset's part of the weights."""
    x = np.random.default_rng(0).integers(0, 256, (7, 6, 6, 1)).astype(np.uint8)
    y, weights = np.arange(7), np.linspace(0, 1, 7)
    options = {"rescale": 1 / 255, "validation_split": 0.4}
    for subset in (None, "training", "validation"):
        flows = [
            g(**options).flow(
                x,
                y,
                3,
                shuffle=False,
                sample_weight=weights,
                subset=subset,
                ignore_class_split=True,
            )
            for g in (ImageDataGenerator, theirs)
        ]
        assert len(flows[0]) == len(flows[1])
        for _ in range(2 * len(flows[0])):
            found, expected = next(flows[0]), next(flows[1])
            np.testing.assert_allclose(found[0], expected[0], rtol=KERAS)
            np.testing.assert_array_equal(found[1], expected[1])
            np.testing.assert_array_equal(found[2], weights[found[1]])
            assert [one.dtype for one in found] == [one.dtype for one in expected]


def test_shifts_have_the_sizes_of_keras(theirs: Any) -> None:
    """Sizes and signs of each form of shift; which of tx and ty is which is E45."""
    np.random.seed(0)
    for shift in (0.25, 3.5, 4, 1, [0.1, -0.3], [2, 5]):
        ours = ImageDataGenerator(width_shift_range=shift)
        other = theirs(height_shift_range=shift)  # Keras's tx
        found, expected = (
            np.array([g.get_random_transform((20, 20, 3))["tx"] for _ in range(1500)])
            for g in (ours, other)
        )
        if np.ndim(shift) or isinstance(shift, int):
            assert set(found.round(9)) == set(expected.round(9))
        else:
            assert np.abs(found).max() <= abs(shift) * (20 if shift < 1 else 1)
            assert abs(found.std() - expected.std()) < 0.1 * expected.std()
