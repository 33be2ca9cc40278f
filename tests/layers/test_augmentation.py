# SPDX-License-Identifier: BSD-3-Clause
"""Layers that change images: what is drawn, when, and what is refused."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from tolerances import GRADIENT_CHECK, KERAS

import pyconv
from pyconv import Tensor, layers, random
from pyconv.layers.augmentation import AugmentationLayer

N = 4000
# Four deviations of a share of N, a mean of N numbers uniform in [0, 1], a correlation of N pairs.
SHARE, MEAN, LIKENESS = 4 * 0.5 / N**0.5, 4 * 0.289 / N**0.5, 4 / N**0.5


MAKERS: dict[str, Any] = {
    "RandomFlip": layers.RandomFlip,
    "RandomRotation": partial(layers.RandomRotation, 0.2),
    "RandomZoom": partial(layers.RandomZoom, 0.2, 0.3),
    "RandomTranslation": partial(layers.RandomTranslation, 0.2, (0.1, 0.3)),
    "RandomCrop": partial(layers.RandomCrop, 3, 2),
    "RandomContrast": partial(layers.RandomContrast, 0.3),
    "RandomBrightness": partial(layers.RandomBrightness, 0.3),
    "Resizing": partial(layers.Resizing, 3, 2),
    "CenterCrop": partial(layers.CenterCrop, 3, 2),
}


def drawn(layer: AugmentationLayer, height: int = 10, width: int = 20) -> dict[str, Any]:
    return layer.get_random_transformation(Tensor(np.zeros((N, height, width, 1), np.float32)))


def assert_uniform(values: np.ndarray, low: float, high: float) -> None:
    """Demand uniform numbers: their range, mean, quarters, and no likeness of neighbours."""
    assert values.shape == (N,)
    assert low <= values.min() < values.max() < high
    shares = (values - low) / (high - low)
    assert abs(shares.mean() - 0.5) < MEAN
    quarters = np.histogram(shares, 4, (0, 1))[0] / N
    assert np.abs(quarters - 0.25).max() < SHARE
    assert abs(np.corrcoef(shares[1:], shares[:-1])[0, 1]) < LIKENESS


@pytest.mark.parametrize("mode", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_half_of_the_images_are_mirrored(mode: str) -> None:
    pyconv.set_seed(1)
    flips = drawn(layers.RandomFlip(mode))
    for way in ("horizontal", "vertical"):
        expected = 0.5 if way in mode else 0
        assert abs(flips[way].mean() - expected) <= (SHARE if expected else 0)
    if mode == "horizontal_and_vertical":
        both = (flips["horizontal"] & flips["vertical"]).mean()
        assert abs(both - 0.25) < SHARE, "the two ways are drawn apart"


def test_an_image_is_mirrored_exactly() -> None:
    pyconv.set_seed(2)
    x = np.random.default_rng(0).normal(size=(64, 5, 4, 3)).astype(np.float32)
    y = layers.RandomFlip()(x).numpy()
    ways = [x, x[:, ::-1], x[:, :, ::-1], x[:, ::-1, ::-1]]
    found = [[np.array_equal(y[i], way[i]) for way in ways] for i in range(len(x))]
    assert np.sum(found, axis=1).tolist() == [1] * len(x)
    assert min(np.sum(found, axis=0)) > 5


def test_angles_zooms_and_shifts_are_uniform() -> None:
    pyconv.set_seed(3)
    assert_uniform(drawn(layers.RandomRotation(0.1))["angle"], -36, 36)
    assert_uniform(drawn(layers.RandomRotation((0.5, 0.25)))["angle"], 90, 180)
    zoom = drawn(layers.RandomZoom(0.2))
    assert_uniform(zoom["height_zoom"], 0.8, 1.2)
    np.testing.assert_array_equal(zoom["height_zoom"], zoom["width_zoom"])
    zoom = drawn(layers.RandomZoom((-0.5, -0.25), 0.1))
    assert_uniform(zoom["height_zoom"], 0.5, 0.75)
    assert_uniform(zoom["width_zoom"], 0.9, 1.1)
    assert abs(np.corrcoef(zoom["height_zoom"], zoom["width_zoom"])[0, 1]) < LIKENESS
    shift = drawn(layers.RandomTranslation(0.2, (0.1, 0.3)))["translations"]
    assert_uniform(shift[:, 0], 2, 6)  # of 20 columns
    assert_uniform(shift[:, 1], -2, 2)  # of 10 rows


def test_contrast_and_brightness_are_uniform() -> None:
    pyconv.set_seed(4)
    assert_uniform(drawn(layers.RandomContrast(0.2))["contrast_factor"], 0.8, 1.2)
    assert_uniform(drawn(layers.RandomContrast((0.1, 0.5)))["contrast_factor"], 0.9, 1.5)
    assert_uniform(drawn(layers.RandomBrightness(0.5))["rgb_delta"], -127.5, 127.5)
    delta = drawn(layers.RandomBrightness((0.1, 0.2), (-1, 1)))["rgb_delta"]
    assert_uniform(delta, 0.2, 0.4)


def test_positive_zoom_shows_more_and_positive_angles_turn_against_the_clock() -> None:
    x = np.zeros((1, 9, 9, 1), np.float32)
    x[0, 4, 8] = 1  # right of the centre
    turn = layers.RandomRotation((0.25, 0.25))(x).numpy()
    assert np.argwhere(turn[0, :, :, 0] > 0.5).tolist() == [[0, 4]]
    x = np.ones((1, 9, 9, 1), np.float32)
    out = layers.RandomZoom((0.5, 0.5), fill_mode="constant")(x).numpy()
    assert out[0, 0].max() == 0
    assert out[0, 4, 4] == 1


def test_windows_lie_anywhere_and_together() -> None:
    pyconv.set_seed(5)
    layer = layers.RandomCrop(3, 2)
    x = np.arange(2 * 5 * 4, dtype=np.float32).reshape(2, 5, 4, 1)
    places = set()
    for _ in range(200):
        y = layer(x).numpy()
        top, left = divmod(int(y[0, 0, 0, 0]), 4)
        np.testing.assert_array_equal(y, x[:, top : top + 3, left : left + 2])
        places.add((top, left))
    assert len(places) == 3 * 3


def test_windows_as_high_as_the_image_move_sideways() -> None:
    pyconv.set_seed(6)
    layer, x = layers.RandomCrop(5, 2), np.arange(20, dtype=np.float32).reshape(1, 5, 4, 1)
    assert {float(layer(x).numpy()[0, 0, 0, 0]) for _ in range(60)} == {0, 1, 2}


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_seed_gives_the_same_pictures(name: str) -> None:
    x = np.random.default_rng(0).uniform(0, 255, (6, 7, 8, 3)).astype(np.float32)
    layer = MAKERS[name]()
    results = []
    for _ in range(2):
        pyconv.set_seed(7)
        results.append([layer(x).numpy() for _ in range(3)])
    np.testing.assert_array_equal(results[0], results[1])
    if isinstance(layer, AugmentationLayer):
        assert not np.array_equal(results[0][0], results[0][1]) or name == "RandomCrop"
        states = []
        for seed in (None, 11):
            pyconv.set_seed(7)
            MAKERS[name](seed=seed)(x)
            states.append(random.get_state())
        assert states[0] == states[1], "a layer's own seed leaves the one generator's course alone"


@pytest.mark.parametrize(
    "name", [n for n in MAKERS if n.startswith("Random") and n != "RandomCrop"]
)
def test_nothing_changes_and_nothing_is_drawn_outside_training(name: str) -> None:
    x = np.random.default_rng(0).uniform(0, 300, (6, 7, 8, 3)).astype(np.float32)
    before = random.get_state()
    np.testing.assert_array_equal(MAKERS[name]()(x, training=False), x)
    assert random.get_state() == before
    assert not np.array_equal(MAKERS[name]()(x, training=True), x)


def test_a_model_with_a_window_measures_the_middle() -> None:
    model = pyconv.Sequential([pyconv.Input((7, 8, 1)), layers.RandomCrop(3, 4), layers.Flatten()])
    x = np.random.default_rng(0).normal(size=(2, 7, 8, 1)).astype(np.float32)
    y = model.predict(x, verbose=0)
    assert y.shape[1:] == model.output_shape[1:] == (12,)
    np.testing.assert_array_equal(y, model.predict(x, verbose=0))


@pytest.mark.parametrize("name", MAKERS)
def test_both_layouts_and_single_images_agree(name: str) -> None:
    x = np.random.default_rng(0).uniform(0, 255, (3, 7, 8, 2)).astype(np.float32)
    last, first = (MAKERS[name](data_format=f) for f in ("channels_last", "channels_first"))
    pyconv.set_seed(8)
    y = last(x).numpy()
    pyconv.set_seed(8)
    z = first(np.moveaxis(x, -1, 1)).numpy()
    np.testing.assert_allclose(np.moveaxis(z, 1, -1), y, rtol=KERAS, atol=KERAS)
    pyconv.set_seed(8)
    batch = last(x[:1]).numpy()
    pyconv.set_seed(8)
    np.testing.assert_array_equal(last(x[0]), batch[0])
    assert last.compute_output_shape((None, 7, 8, 2)) == (None, *y.shape[1:])
    assert last.compute_output_shape((7, 8, 2)) == y.shape[1:]
    assert first.compute_output_shape((None, 2, None, 8))[1] == 2


@pytest.mark.parametrize("name", MAKERS)
def test_gradients_reach_the_pixels(name: str) -> None:
    x = np.random.default_rng(0).uniform(50, 90, (2, 5, 4, 2))
    layer = MAKERS[name](dtype="float64")

    def seeded(images: Tensor) -> Tensor:
        pyconv.set_seed(9)
        return layer(images)

    pyconv.gradient_check(seeded, [Tensor(x)], **GRADIENT_CHECK)


@pytest.mark.parametrize("name", MAKERS)
def test_hostile_images(name: str) -> None:
    layer = MAKERS[name]()
    empty = layer(np.zeros((0, 7, 8, 3), np.float32))
    assert empty.shape == (0, *layer.compute_output_shape((7, 8, 3)))
    for rank in (0, 1, 2, 5):
        with pytest.raises(ValueError, match=rf"{layer.name}: input shape .*; must have 4 axes"):
            layer(np.zeros((4,) * rank, np.float32))
    for shape in ((2, 0, 8, 3), (2, 7, 0, 3), (7, 8, 0), (2, 7, 8, 0)):
        with pytest.raises(ValueError, match="images must have pixels"):
            layer(np.zeros(shape, np.float32))
    one = np.full((2, 1, 1, 1), 7, np.float32)
    assert layer(one).shape == (2, *layer.compute_output_shape((1, 1, 1)))
    x = np.full((4, 7, 8, 3), np.nan, np.float32)
    assert np.isnan(layer(x).numpy()).all(), "what is no number stays none"


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (ValueError, "mode='sideways'; must be one of", lambda: layers.RandomFlip("sideways")),
        (ValueError, r"factor=1.5; must be <= 1", lambda: layers.RandomRotation(1.5)),
        (ValueError, r"factor\[0\]=-2", lambda: layers.RandomRotation((-2, 0.1))),
        (ValueError, r"two numbers", lambda: layers.RandomRotation((0.1, 0.2, 0.3))),
        (ValueError, r"factor=nan", lambda: layers.RandomRotation(float("nan"))),
        (TypeError, r"factor='a lot'", lambda: layers.RandomRotation("a lot")),
        (TypeError, r"factor=True", lambda: layers.RandomRotation(True)),
        (ValueError, r"fill_mode='mirror'", lambda: layers.RandomRotation(0.1, "mirror")),
        (ValueError, r"interpolation='cubic'", lambda: layers.RandomRotation(0.1, "wrap", "cubic")),
        (ValueError, r"fill_value=inf", lambda: layers.RandomZoom(0.1, fill_value=float("inf"))),
        (ValueError, r"height_factor=-1.0", lambda: layers.RandomZoom(-1.0)),
        (ValueError, r"width_factor\[1\]=-1", lambda: layers.RandomZoom(0.1, (0.5, -1))),
        (ValueError, r"width_factor=-1.1", lambda: layers.RandomTranslation(0.1, -1.1)),
        (ValueError, r"factor=-0.1", lambda: layers.RandomContrast(-0.1)),
        (ValueError, r"value_range=3; must be two", lambda: layers.RandomContrast(0.1, 3)),
        (ValueError, r"value_range\[1\]=nan", lambda: layers.RandomBrightness(0.1, (0, np.nan))),
        (ValueError, r"RandomCrop: height=0; must be >= 1", lambda: layers.RandomCrop(0, 1)),
        (TypeError, r"width=2.5", lambda: layers.RandomCrop(1, 2.5)),
        (ValueError, r"Resizing: width=-3", lambda: layers.Resizing(1, -3)),
        (ValueError, r"interpolation='lanczos3'", lambda: layers.Resizing(1, 1, "lanczos3")),
        (ValueError, r"antialias=True", lambda: layers.Resizing(1, 1, antialias=True)),
        (ValueError, r"must be one", lambda: layers.Resizing(1, 1, "nearest", True, True)),
        (ValueError, r"seed=-1", lambda: layers.RandomFlip(seed=-1)),
        (TypeError, r"seed=0.5", lambda: layers.RandomFlip(seed=0.5)),
        (ValueError, r"data_format='nchw'", lambda: layers.CenterCrop(1, 1, "nchw")),
    ],
)  # fmt: skip
def test_nonsense_is_refused(error: Any, message: str, make: Any) -> None:
    with pytest.raises(error, match=message):
        make()


def test_a_model_saved_while_training_goes_on_with_the_same_pictures(tmp_path: Any) -> None:
    x = np.random.default_rng(0).random((12, 6, 6, 1)).astype(np.float32)
    y = np.arange(12) % 2

    def fresh() -> pyconv.Model:
        pyconv.set_seed(10)
        model = pyconv.Sequential(
            [
                pyconv.Input((6, 6, 1)),
                layers.RandomFlip(),
                layers.RandomRotation(0.2),
                layers.Flatten(),
                layers.Dense(2, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    whole = fresh()
    whole.fit(x, y, batch_size=5, epochs=4, verbose=0)
    half = fresh()
    half.fit(x, y, batch_size=5, epochs=2, verbose=0)
    half.save(tmp_path / "half.npz")
    pyconv.set_seed(0)
    resumed = pyconv.load_model(tmp_path / "half.npz")
    resumed.fit(x, y, batch_size=5, epochs=4, initial_epoch=2, verbose=0)
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_fit_changes_images_and_evaluate_does_not() -> None:
    """Also in models within models: images of 0 are seen as images of 1."""
    change = pyconv.Sequential([layers.RandomBrightness((1, 1), value_range=(0, 1))])
    x = pyconv.Input((2, 2, 1))
    y = layers.Dense(1, kernel_initializer="ones", use_bias=False, trainable=False)(
        layers.Flatten()(change(x))
    )
    model = pyconv.Model(x, layers.Dense(1, kernel_initializer="ones", use_bias=False)(y))
    model.compile(pyconv.optimizers.SGD(1e-9), "mse")
    images, labels = np.zeros((6, 2, 2, 1), np.float32), np.zeros((6, 1), np.float32)
    history = model.fit(images, labels, validation_data=(images, labels), verbose=0).history
    assert history["loss"] == [pytest.approx(16, rel=KERAS)]
    assert history["val_loss"] == [0]
    assert model.evaluate(images, labels, verbose=0) == 0
