# SPDX-License-Identifier: BSD-3-Clause
"""Layers that change images beside Keras 3 on the torch backend, with the same random numbers."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixed_draws import FixedDraws
from tolerances import KERAS

import pyconv
from pyconv.layers.augmentation import AugmentationLayer

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

SHARES = (0.03, 0.31, 0.58, 0.77, 0.96)
FILLED = [
    {"fill_mode": mode, "fill_value": 0.7, "interpolation": interpolation}
    for mode in ("reflect", "wrap", "constant", "nearest")
    for interpolation in ("bilinear", "nearest")
]
RANDOM = [
    *[("RandomFlip", {"mode": mode}) for mode in ("horizontal", "vertical")],
    *[("RandomRotation", {"factor": (-0.3, 0.45), **fill}) for fill in FILLED],
    *[("RandomZoom", {"height_factor": 0.6, **fill}) for fill in FILLED],
    ("RandomZoom", {"height_factor": (-0.4, 0.9), "width_factor": 0.3}),
    *[
        ("RandomTranslation", {"height_factor": 0.4, "width_factor": (-0.9, 0.6), **fill})
        for fill in FILLED
    ],
    ("RandomCrop", {"height": 4, "width": 9}),
    ("RandomContrast", {"factor": (0.2, 0.9), "value_range": (0.1, 0.8)}),
    ("RandomBrightness", {"factor": (-0.3, 0.6), "value_range": (0.1, 0.8)}),
    ("RandomBrightness", {"factor": 0.5, "value_range": (0, 1)}),
]


def pictures(data_format: str = "channels_last") -> np.ndarray[Any, Any]:
    x = np.random.default_rng(4).random((5, 9, 14, 3)).astype(np.float32)
    return x if data_format == "channels_last" else np.ascontiguousarray(np.moveaxis(x, -1, 1))


@pytest.fixture
def draw(keras: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let both libraries draw the same numbers from now on."""
    theirs = importlib.import_module("keras.src.backend.torch.random")

    def use(*shares: float) -> None:
        ours = FixedDraws(*shares)
        monkeypatch.setattr(AugmentationLayer, "generator", lambda layer: ours)
        monkeypatch.setattr(theirs, "uniform", FixedDraws(*shares).keras_uniform(keras))

    return use


@pytest.mark.parametrize(("name", "options"), RANDOM)
def test_the_same_numbers_give_the_same_pictures(
    keras: Any, draw: Any, name: str, options: dict[str, Any], data_format: str
) -> None:
    options = {**options, "data_format": data_format}
    ours, theirs = (getattr(m.layers, name)(**options) for m in (pyconv, keras))
    x = pictures(data_format)
    draw(*SHARES)
    found, expected = ours(x).numpy(), theirs(x).numpy()
    assert found.shape == expected.shape
    assert name == "RandomCrop" or np.abs(found - x).max() > 0.1
    np.testing.assert_allclose(found, expected, rtol=KERAS, atol=KERAS)
    draw(*SHARES)
    one = ours(x[1]).numpy()
    draw(*SHARES)
    np.testing.assert_allclose(one, theirs(x[1]).numpy(), rtol=KERAS, atol=KERAS)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("aspect", [None, "crop_to_aspect_ratio", "pad_to_aspect_ratio"])
@pytest.mark.parametrize("size", [(5, 6), (20, 11), (9, 14), (1, 1)])
def test_resizing(
    keras: Any, size: tuple[int, int], aspect: str | None, interpolation: str, data_format: str
) -> None:
    options = {"interpolation": interpolation, "fill_value": 0.5, "data_format": data_format}
    if aspect:
        options[aspect] = True
    ours, theirs = (m.layers.Resizing(*size, **options) for m in (pyconv, keras))
    x = pictures(data_format)
    for images in (x, x[0]):
        expected = theirs(images).numpy()
        np.testing.assert_allclose(ours(images), expected, rtol=KERAS, atol=KERAS)


@pytest.mark.parametrize("size", [(5, 6), (4, 9), (9, 14), (20, 11), (8, 40), (1, 1)])
def test_center_crop(keras: Any, size: tuple[int, int], data_format: str) -> None:
    ours, theirs = (m.layers.CenterCrop(*size, data_format=data_format) for m in (pyconv, keras))
    x = pictures(data_format)
    for images in (x, x[0]):
        expected = theirs(images).numpy()
        np.testing.assert_allclose(ours(images), expected, rtol=KERAS, atol=KERAS)


def test_a_small_image_is_cropped_at_random_as_it_is_cropped_in_the_middle() -> None:
    x = pictures()
    found = pyconv.layers.RandomCrop(20, 11)(x)
    np.testing.assert_array_equal(found, pyconv.layers.CenterCrop(20, 11)(x))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("RandomFlip", {}),
        ("RandomRotation", {"factor": 0.2}),
        ("RandomZoom", {"height_factor": 0.3}),
        ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.2}),
        ("RandomCrop", {"height": 4, "width": 5}),
        ("RandomContrast", {"factor": (0.5, 0.5)}),
        ("CenterCrop", {"height": 4, "width": 5}),
    ],
)
def test_integers_become_floats(
    keras: Any, draw: Any, name: str, options: dict[str, Any], dtype: Any
) -> None:
    x = (255 * pictures()).astype(dtype)
    ours, theirs = (getattr(m.layers, name)(**options) for m in (pyconv, keras))
    draw(*SHARES)
    found, expected = ours(x), theirs(x).numpy()
    assert found.dtype == expected.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=KERAS, atol=255 * KERAS)


LAYERS: list[tuple[str, dict[str, Any]]] = [
    ("RandomFlip", {"mode": "horizontal", "seed": 3}),
    ("RandomRotation", {"factor": 0.1, "fill_mode": "constant", "fill_value": 2.0}),
    ("RandomZoom", {"height_factor": 0.2, "width_factor": (-0.1, 0.4)}),
    ("RandomTranslation", {"height_factor": 0.2, "width_factor": 0.3, "fill_mode": "wrap"}),
    ("RandomCrop", {"height": 7, "width": 8, "seed": 1}),
    ("RandomContrast", {"factor": 0.3, "value_range": (0.0, 1.0)}),
    ("RandomBrightness", {"factor": (-0.1, 0.2), "seed": 9}),
    ("CenterCrop", {"height": 6, "width": 7}),
    ("Resizing", {"height": 5, "width": 6, "interpolation": "nearest"}),
]


def stack(library: Any) -> Any:
    layers = [getattr(library.layers, name)(name=name, **options) for name, options in LAYERS]
    return library.Sequential([library.Input((9, 14, 3)), *layers])


@pytest.mark.parametrize("functional", [False, True])
def test_models_go_to_keras_and_back(keras: Any, tmp_path: Path, functional: bool) -> None:
    model = stack(pyconv)
    if functional:
        x = pyconv.Input((9, 14, 3))
        model = pyconv.Model(x, pyconv.layers.Flatten()(model(x)))
    path = str(tmp_path / "augmented.keras")
    model.save(path)
    theirs = keras.models.load_model(path)
    back = str(tmp_path / "back.keras")
    theirs.save(back)
    again = pyconv.load_model(back)
    inside, found = model, again
    if functional:
        inside, found = model.layers[1], again.layers[1]
    for one, other in zip(inside.layers, found.layers, strict=True):
        assert one.get_config() == other.get_config()
    x = pictures()
    np.testing.assert_array_equal(model.predict(x, verbose=0), again.predict(x, verbose=0))
    written_by_keras = str(tmp_path / "theirs.keras")
    stack(keras).save(written_by_keras)
    for layer, (name, _) in zip(pyconv.load_model(written_by_keras).layers, LAYERS, strict=True):
        assert type(layer).__name__ == name


def test_direct_calls_train_as_in_keras(keras: Any) -> None:
    """Layers and models called without `training`: augmentation on, dropout off."""
    x = pictures()
    for library in (pyconv, keras):
        layers = library.layers
        once = layers.RandomBrightness((0.5, 0.5), value_range=(0, 9))
        stacked = library.Sequential([once, layers.Dropout(0.5)])
        into = library.Input((9, 14, 3))
        joined = library.Model(into, stacked(into))
        for called in (once, stacked, joined):
            np.testing.assert_allclose(called(x), x + 4.5, rtol=KERAS)
            np.testing.assert_array_equal(called(x, training=False), x)
        np.testing.assert_array_equal(joined.predict(x, verbose=0), x)
