# SPDX-License-Identifier: BSD-3-Clause
"""What ImageDataGenerator draws, does and refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

import pyconv
from pyconv.preprocessing.image import ImageDataGenerator

N = 4000
# Four deviations of a share of N, a mean of N numbers uniform in [0, 1], a correlation of N pairs.
SHARE, MEAN, LIKENESS = 4 * 0.5 / N**0.5, 4 * 0.289 / N**0.5, 4 / N**0.5
EVERYTHING: dict[str, Any] = {
    "rotation_range": 40,
    "width_shift_range": 0.2,
    "height_shift_range": 0.2,
    "shear_range": 10,
    "zoom_range": 0.2,
    "channel_shift_range": 20.0,
    "brightness_range": (0.5, 1.5),
    "horizontal_flip": True,
    "vertical_flip": True,
}


def drawn(shape: tuple[int, ...] = (10, 20, 3), **options: Any) -> dict[str, np.ndarray]:
    generator = ImageDataGenerator(**options)
    found = [generator.get_random_transform(shape) for _ in range(N)]
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def assert_uniform(values: np.ndarray, low: float, high: float) -> None:
    assert low <= values.min() < values.max() <= high
    shares = (values - low) / (high - low)
    assert abs(shares.mean() - 0.5) < MEAN
    assert np.abs(np.histogram(shares, 4, (0, 1))[0] / N - 0.25).max() < SHARE


def test_every_range_is_drawn_uniformly_and_apart() -> None:
    pyconv.set_seed(1)
    found = drawn(**EVERYTHING)
    ranges = {
        "theta": (-40, 40),
        "tx": (-4, 4),  # of 20 columns
        "ty": (-2, 2),  # of 10 rows
        "shear": (-10, 10),
        "zx": (0.8, 1.2),
        "zy": (0.8, 1.2),
        "channel_shift_intensity": (-20, 20),
        "brightness": (0.5, 1.5),
    }
    for name, (low, high) in ranges.items():
        assert_uniform(found[name], low, high)
    for name in ("flip_horizontal", "flip_vertical"):
        assert abs(found[name].mean() - 0.5) < SHARE
    likeness = np.corrcoef(np.array([found[name].astype(float) for name in found]))
    assert np.abs(likeness - np.eye(len(likeness))).max() < LIKENESS


def test_nothing_asked_for_changes_nothing() -> None:
    pyconv.set_seed(1)
    assert ImageDataGenerator().get_random_transform((4, 5, 3)) == {
        "theta": 0, "tx": 0, "ty": 0, "shear": 0, "zx": 1, "zy": 1,
        "flip_horizontal": False, "flip_vertical": False,
        "channel_shift_intensity": None, "brightness": None,
    }  # fmt: skip
    x = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)
    np.testing.assert_array_equal(ImageDataGenerator().random_transform(x), x)


@pytest.mark.parametrize(
    ("shift", "expected"),
    [(3, {-2, -1, 0, 1, 2}), (1, {0}), (0, {0}), ([-4, 7], {-7, -4, 4, 7}), ([0.5], {-10, 10})],
)
def test_whole_and_listed_shifts(shift: Any, expected: set[int]) -> None:
    pyconv.set_seed(2)
    found = drawn(width_shift_range=shift)
    assert set(found["tx"]) == expected
    assert set(found["ty"]) == {0}


def test_floats_are_shares_below_one_and_pixels_from_there() -> None:
    pyconv.set_seed(3)
    assert_uniform(drawn(width_shift_range=0.5)["tx"], -10, 10)
    assert_uniform(drawn(height_shift_range=1.5)["ty"], -1.5, 1.5)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_width_is_horizontal_and_height_vertical(data_format: str) -> None:
    """E45: Keras 3 has the two the other way round."""
    image = np.zeros((9, 15, 1), np.float32)
    image[4, 7] = 1
    x = image if data_format == "channels_last" else np.moveaxis(image, -1, 0)
    for name, axis in (("width_shift_range", 1), ("height_shift_range", 0)):
        generator = ImageDataGenerator(**{name: [3]}, data_format=data_format)
        y = generator.random_transform(x)
        place = np.argwhere(y.reshape(9, 15) == 1)[0]
        moved = np.abs(place - (4, 7)).tolist()
        assert moved == [3 * (axis == 0), 3 * (axis == 1)]


def test_turning_and_zooming_keep_the_centre_of_a_wide_image() -> None:
    x = np.zeros((5, 15, 1), np.float32)
    x[2, 7] = 1
    generator = ImageDataGenerator(fill_mode="constant")
    for parameters in ({"theta": 90}, {"theta": 45}, {"zx": 2, "zy": 2}, {"shear": 30}):
        y = generator.apply_transform(x, parameters)
        assert np.argmax(y) == np.argmax(x)
        assert abs(y[2, 7, 0] - 1) < KERAS


def test_a_quarter_turn_is_exact_with_constant_filling() -> None:
    x = np.arange(25, dtype=np.float32).reshape(5, 5, 1)
    generator = ImageDataGenerator(fill_mode="constant", cval=-1)
    y = generator.apply_transform(x, {"theta": 90})
    np.testing.assert_allclose(y[..., 0], np.rot90(x[..., 0]), atol=25 * KERAS)


def test_the_order_is_geometry_function_rescale() -> None:
    x = np.arange(6, dtype=np.float32).reshape(1, 6, 1)

    def cut(image: np.ndarray) -> np.ndarray:
        assert image.shape == (1, 6, 1)
        assert image[0, 0, 0] == 5, "already mirrored"
        return np.minimum(image, 4)

    pyconv.set_seed(4)
    generator = ImageDataGenerator(
        horizontal_flip=True, preprocessing_function=cut, rescale=10, samplewise_center=True
    )
    mirrored = generator.apply_transform(x, {"flip_horizontal": True})
    y = generator.standardize(mirrored)
    expected = np.array([4, 4, 3, 2, 1, 0]) * 10.0
    np.testing.assert_allclose(y.ravel(), expected - expected.mean(), rtol=KERAS)


def test_channel_shift_stays_within_the_image() -> None:
    x = np.array([[[10.0, 20.0], [30.0, 0.0]]], np.float32)
    y = ImageDataGenerator().apply_transform(x, {"channel_shift_intensity": 15})
    np.testing.assert_array_equal(y, [[[25, 30], [30, 15]]])


def test_whitened_images_have_no_covariance() -> None:
    x = np.random.default_rng(0).normal(3, 2, (400, 2, 3, 2)).astype(np.float32)
    x[..., 1] += 2 * x[..., 0]
    with pytest.warns(UserWarning, match="zca_whitening=True sets featurewise_center=True"):
        generator = ImageDataGenerator(zca_whitening=True)
    generator.fit(x)
    flat = generator.standardize(x.copy()).reshape(400, -1)
    np.testing.assert_allclose(flat.T @ flat / 400, np.eye(12), atol=1e-3)


def test_options_that_need_a_mean_turn_it_on() -> None:
    for option, needed in (
        ("featurewise_std_normalization", "featurewise_center"),
        ("samplewise_std_normalization", "samplewise_center"),
    ):
        with pytest.warns(UserWarning, match=f"{option}=True sets {needed}=True"):
            generator = ImageDataGenerator(**{option: True})
        assert getattr(generator, needed) is True


def test_each_image_of_a_batch_has_its_own_mean() -> None:
    x = np.arange(2 * 4, dtype=np.float32).reshape(2, 2, 2, 1)
    generator = ImageDataGenerator(samplewise_center=True)
    y = generator.standardize(x)
    assert y is x, "floats are changed in place"
    assert y.mean((1, 2, 3)).tolist() == [0, 0]


def test_featurewise_options_without_fit_warn() -> None:
    generator = ImageDataGenerator(featurewise_center=True)
    with pytest.warns(UserWarning, match="call fit"):
        generator.standardize(np.zeros((2, 2, 1), np.float32))


def test_fit_may_learn_from_changed_images() -> None:
    pyconv.set_seed(5)
    x = np.zeros((50, 6, 6, 1), np.float32)
    x[:, :, :3] = 1
    generator = ImageDataGenerator(featurewise_center=True, brightness_range=(0.0, 0.0))
    generator.fit(x)
    assert generator.mean == pytest.approx(0.5)
    generator.fit(x, augment=True, rounds=2, seed=3)
    assert generator.mean == 0
    assert x.max() == 1, "the sample images stay as they are"


def test_a_seed_repeats_and_leaves_the_one_generator_alone() -> None:
    generator = ImageDataGenerator(**EVERYTHING)
    x = np.random.default_rng(0).uniform(0, 255, (8, 9, 3)).astype(np.float32)
    before = pyconv.random.get_state()
    one, other = (generator.random_transform(x, seed=6) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert pyconv.random.get_state() == before
    assert not np.array_equal(one, generator.random_transform(x, seed=7))
    pyconv.set_seed(8)
    first = generator.random_transform(x)
    pyconv.set_seed(8)
    np.testing.assert_array_equal(first, generator.random_transform(x))


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_integers_nan_and_one_pixel(channels: int, dtype: str) -> None:
    generator = ImageDataGenerator(**EVERYTHING, dtype=dtype)
    y = generator.random_transform(np.full((1, 1, channels), 200, np.uint8), seed=1)
    assert (y.shape, y.dtype) == ((1, 1, channels), np.dtype(dtype))
    assert np.isfinite(y).all()
    y = generator.random_transform(np.full((5, 4, channels), np.nan, dtype), seed=1)
    assert np.isnan(y).all()


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (ValueError, r"rotation_range=nan; must be finite", {"rotation_range": np.nan}),
        (TypeError, r"rotation_range='40'", {"rotation_range": "40"}),
        (ValueError, r"zoom_range=\[1, 2, 3\]; must be two", {"zoom_range": [1, 2, 3]}),
        (ValueError, r"brightness_range=0.5; must be two", {"brightness_range": 0.5}),
        (ValueError, r"width_shift_range is empty", {"width_shift_range": []}),
        (ValueError, r"width_shift_range=-2; must be >= 0", {"width_shift_range": -2}),
        (TypeError, r"height_shift_range\[1\]='a'", {"height_shift_range": [1, "a"]}),
        (ValueError, r"fill_mode='mirror'; must be one of", {"fill_mode": "mirror"}),
        (ValueError, r"cval=inf", {"cval": np.inf}),
        (TypeError, r"horizontal_flip=1; must be True or False", {"horizontal_flip": 1}),
        (ValueError, r"validation_split=1; must be < 1", {"validation_split": 1}),
        (ValueError, r"validation_split=-0.1", {"validation_split": -0.1}),
        (ValueError, r"interpolation_order=3; must be 0 or 1", {"interpolation_order": 3}),
        (TypeError, r"interpolation_order=1.0; must be an int", {"interpolation_order": 1.0}),
        (TypeError, r"width_shift_range=array\(3\)", {"width_shift_range": np.array(3)}),
        (ValueError, r"data_format='nchw'", {"data_format": "nchw"}),
        (ValueError, r"dtype='int8'", {"dtype": "int8"}),
        (TypeError, r"preprocessing_function=3; must be", {"preprocessing_function": 3}),
        (ValueError, r"zca_epsilon=-1", {"zca_epsilon": -1}),
    ],
)
def test_nonsense_is_refused(error: Any, message: str, options: dict[str, Any]) -> None:
    with pytest.raises(error, match=f"ImageDataGenerator: {message}"):
        ImageDataGenerator(**options)


@pytest.mark.parametrize("x", [None, "a", object(), {}, 1j])
def test_what_is_no_image_is_named(x: Any) -> None:
    generator = ImageDataGenerator()
    for name in ("fit", "standardize", "random_transform"):
        with pytest.raises(TypeError, match=f"{name}: x has dtype"):
            getattr(generator, name)(x)
    with pytest.raises(TypeError, match="apply_transform: x has dtype"):
        generator.apply_transform(x, {})


@pytest.mark.parametrize("shape", [None, 3, (4, 4), "abc", (4, 4, 0), (4.0, 4, 3), (4, "a", 3)])
def test_only_the_shape_of_an_image_has_transformations(shape: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="get_random_transform: img_shape"):
        ImageDataGenerator().get_random_transform(shape)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("theta", "tx", "zy", "shear") for value in (None, "3", [3])),
        ("brightness", np.nan),
        ("brightness", "1"),
        ("channel_shift_intensity", np.inf),
        ("flip_horizontal", 2),
        ("flip_vertical", None),
        ("flip_vertical", "yes"),
    ],
)
def test_transformations_are_numbers(name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=f"apply_transform: {name}="):
        ImageDataGenerator().apply_transform(np.zeros((2, 2, 3)), {name: value})


def test_transformations_are_a_dictionary_of_which_unknown_names_are_left() -> None:
    x = np.arange(12.0).reshape(2, 2, 3)
    with pytest.raises(TypeError, match=r"apply_transform: transform_parameters=\[\]; must be"):
        ImageDataGenerator().apply_transform(x, [])  # type: ignore[arg-type]
    parameters = {"own": "mark", "brightness": None, "flip_horizontal": 1}
    np.testing.assert_array_equal(
        ImageDataGenerator().apply_transform(x, parameters), x[:, ::-1].astype(np.float32)
    )


def test_hostile_images_are_refused() -> None:
    generator = ImageDataGenerator(featurewise_center=True)
    for shape in ((4, 4), (2, 4, 4, 3), ()):
        with pytest.raises(ValueError, match=r"apply_transform: x.shape=.*; must have 3 axes"):
            generator.apply_transform(np.zeros(shape), {})
    for shape in ((0, 4, 3), (4, 0, 3), (4, 4, 0)):
        with pytest.raises(ValueError, match="images must have pixels"):
            generator.random_transform(np.zeros(shape))
    with pytest.raises(TypeError, match=r"x.dtype=<U1; must be numbers"):
        generator.apply_transform(np.full((2, 2, 1), "a"), {})
    for shape in ((4, 4, 3), (0, 4, 4, 3)):
        with pytest.raises(ValueError, match=r"fit: x.shape="):
            generator.fit(np.zeros(shape))
    with pytest.raises(ValueError, match="rounds=0"):
        generator.fit(np.zeros((2, 4, 4, 3)), augment=True, rounds=0)
    with pytest.raises(ValueError, match=r"standardize: x.shape=\(3,\)"):
        generator.standardize(np.zeros(3))
    with pytest.raises(ValueError, match="preprocessing_function returned None; must be an image"):
        ImageDataGenerator(preprocessing_function=lambda x: None).standardize(np.zeros((2, 2, 1)))
    with pytest.raises(TypeError, match="standardize: what preprocessing_function returned has"):
        ImageDataGenerator(preprocessing_function=lambda x: "x").standardize(np.zeros((2, 2, 1)))
    with pytest.raises(ValueError, match="apply_transform: zx=inf; must be finite"):
        generator.apply_transform(np.zeros((2, 2, 1)), {"zx": np.inf})
    whitening = ImageDataGenerator(featurewise_center=True, zca_whitening=True)
    with pytest.raises(MemoryError, match="takes a matrix of 120000 x 120000"):
        whitening.fit(np.zeros((1, 200, 200, 3), np.uint8))


@pytest.mark.parametrize("fill_mode", ["nearest", "reflect", "wrap", "constant"])
def test_pixels_of_a_changed_picture_stay_within_those_it_had(fill_mode: str) -> None:
    pyconv.set_seed(3)
    x = np.random.default_rng(0).random((8, 16, 16, 3), np.float32)
    x[:, 4:12, 4:12] = 1  # bilinear weights of equal pixels may sum to a rounding more than 1
    generator = ImageDataGenerator(rotation_range=20, zoom_range=0.2, fill_mode=fill_mode)
    for _ in range(4):
        changed = next(generator.flow(x, batch_size=8))
        assert 0 <= changed.min() <= changed.max() <= 1
