# SPDX-License-Identifier: BSD-3-Clause
"""Batches of arrays: their order, weights, subsets, and the files written of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

import pyconv
from pyconv.preprocessing.image import ImageDataGenerator

X = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1) * np.ones((1, 4, 6, 3), np.uint8)
Y = np.arange(10, dtype=np.int16)
Image = pytest.importorskip("PIL.Image")


def numbers(batch: Any) -> list[int]:
    """Return which images of X a batch holds."""
    return [int(image.max()) for image in batch]


def test_a_pass_gives_each_image_once_and_the_next_another_order() -> None:
    pyconv.set_seed(1)
    flow = ImageDataGenerator().flow(X, Y, batch_size=4)
    assert len(flow) == 3
    orders = []
    for _ in range(3):
        batches = [next(flow), flow.next(), next(flow)]
        assert [len(x) for x, _ in batches] == [4, 4, 2]
        for x, y in batches:
            assert (x.dtype, y.dtype, y.shape) == (np.float32, np.int16, (len(x),))
            assert numbers(x) == y.tolist()
        orders.append([n for x, _ in batches for n in numbers(x)])
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    assert iter(flow) is flow


def test_without_shuffle_batches_keep_the_order_and_reset_begins_again() -> None:
    flow = ImageDataGenerator().flow(X, batch_size=4, shuffle=False)
    assert numbers(next(flow)) == [0, 1, 2, 3]
    assert numbers(next(flow)) == [4, 5, 6, 7]
    flow.reset()
    assert numbers(next(flow)) == [0, 1, 2, 3]
    assert [numbers(flow[i]) for i in range(3)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    for index in (-1, 3):
        with pytest.raises(IndexError, match=f"batch {index} of 3"):
            flow[index]


def test_indices_keep_their_order_until_the_epoch_ends() -> None:
    pyconv.set_seed(2)
    flow = ImageDataGenerator().flow(X, batch_size=10)
    first = numbers(flow[0])
    next(flow)
    assert numbers(flow[0]) == first
    flow.on_epoch_end()
    assert numbers(flow[0]) != first


def test_the_same_seed_gives_pairs_and_repeats() -> None:
    """A generator of pictures and one of masks, of one seed, stay together."""
    options: dict[str, Any] = {"rotation_range": 90, "zoom_range": 0.5, "horizontal_flip": True}
    x = np.random.default_rng(0).random((9, 5, 5, 1)).astype(np.float32)
    flows = [ImageDataGenerator(**options).flow(x, batch_size=4, seed=5) for _ in range(2)]
    batches = [[next(flow) for _ in range(5)] for flow in flows]
    for one, other in zip(*batches, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(batches[0][0], batches[0][3])
    again = ImageDataGenerator(**options).flow(x, batch_size=4, seed=6)
    assert not np.array_equal(batches[0][0], next(again))


def test_every_image_of_a_batch_is_changed_on_its_own() -> None:
    pyconv.set_seed(3)
    x = np.repeat(np.random.default_rng(0).random((1, 8, 8, 1)), 16, axis=0)
    batch = next(ImageDataGenerator(rotation_range=45).flow(x, batch_size=16))
    assert len({image.tobytes() for image in batch}) == 16
    np.testing.assert_array_equal(x, np.repeat(x[:1], 16, axis=0))


def test_batches_are_the_images_one_by_one() -> None:
    """One native call for the batch gives what apply_transform and standardize give."""
    options: dict[str, Any] = {
        "rotation_range": 50, "width_shift_range": 0.3, "shear_range": 9, "zoom_range": 0.3,
        "horizontal_flip": True, "channel_shift_range": 30.0, "brightness_range": (0.7, 1.1),
        "rescale": 1 / 255, "samplewise_center": True, "preprocessing_function": np.sqrt,
        "fill_mode": "constant", "cval": 9.0,
    }  # fmt: skip
    x = np.random.default_rng(0).uniform(0, 255, (6, 7, 9, 3)).astype(np.float32)
    generator, kept = ImageDataGenerator(**options), []
    draw = generator.get_random_transform
    generator.get_random_transform = lambda *a: kept.append(draw(*a)) or kept[-1]  # type: ignore
    batch = next(generator.flow(x, batch_size=6, shuffle=False))
    assert len(kept) == 6
    for image, changed, parameters in zip(x, batch, kept, strict=True):
        expected = generator.standardize(generator.apply_transform(image, parameters))
        np.testing.assert_allclose(changed, expected, rtol=KERAS, atol=KERAS)


def test_weights_and_other_inputs_go_along() -> None:
    weights, other = np.linspace(0, 1, 10), np.arange(20).reshape(10, 2)
    flow = ImageDataGenerator().flow((X, other), Y, batch_size=3, sample_weight=weights)
    (x, along), y, w = next(flow)
    assert numbers(x) == y.tolist()
    np.testing.assert_array_equal(along, other[y])
    np.testing.assert_array_equal(w, weights[y])
    x, *rest = next(ImageDataGenerator().flow((X, [other, weights]), batch_size=3))
    assert [one.shape for one in rest] == [(3, 2), (3,)]


def test_subsets_are_the_first_and_the_last_samples() -> None:
    generator = ImageDataGenerator(validation_split=0.3)
    options: dict[str, Any] = {"batch_size": 10, "shuffle": False}
    validation = generator.flow(X, subset="validation", **options)
    training = generator.flow(X, subset="training", **options)
    assert numbers(next(validation)) == [0, 1, 2]
    assert numbers(next(training)) == [3, 4, 5, 6, 7, 8, 9]
    with pytest.raises(ValueError, match="3 classes in the validation subset and 7 in"):
        generator.flow(X, Y, subset="training")
    x, y = next(generator.flow(X, Y, subset="training", ignore_class_split=True, **options))
    assert numbers(x) == y.tolist() == [3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("error", "message", "arguments"),
    [
        (ValueError, r"flow: x.shape=\(0, 4, 4, 3\)", {"x": np.zeros((0, 4, 4, 3))}),
        (ValueError, r"flow: x.shape=\(1, 0, 4, 3\)", {"x": np.zeros((1, 0, 4, 3))}),
        (ValueError, r"must have 4 axes", {"x": np.zeros((5, 4, 4))}),
        (ValueError, r"flow: x.shape=\(\); must have 4 axes", {"x": 3}),
        (TypeError, r"flow: x.dtype=<U1", {"x": np.full((1, 2, 2, 1), "a")}),
        (ValueError, r"flow: y.shape=\(3,\); must have 10 rows", {"x": X, "y": Y[:3]}),
        (ValueError, r"flow: y.shape=\(\)", {"x": X, "y": 3}),
        (ValueError, r"sample_weight needs y", {"x": X, "sample_weight": Y}),
        (ValueError, r"batch_size=0; must be >= 1", {"x": X, "batch_size": 0}),
        (TypeError, r"shuffle='yes'", {"x": X, "shuffle": "yes"}),
        (ValueError, r"seed=-1", {"x": X, "seed": -1}),
        (ValueError, r"subset='test'", {"x": X, "subset": "test"}),
        (TypeError, r"flow: x is a masked array", {"x": np.ma.array(X)}),
        (TypeError, r"flow: x has dtype object", {"x": None}),
        (TypeError, r"flow: y has dtype <U1", {"x": X, "y": ["a"] * 10}),
        (TypeError, r"flow: x\[1\]\[0\] has dtype object", {"x": (X, None)}),
        (
            TypeError,
            r"ignore_class_split=3; must be True or False",
            {"x": X, "subset": "training", "ignore_class_split": 3},
        ),
        (TypeError, r"save_to_dir=3; must be a path", {"x": X, "save_to_dir": 3}),
        (ValueError, r"save_to_dir='/no/such'", {"x": X, "save_to_dir": "/no/such"}),
        (ValueError, "save_prefix=.* must be", {"x": X, "save_to_dir": ".", "save_prefix": "a\0"}),
        (ValueError, r"save_prefix='../x'", {"x": X, "save_to_dir": ".", "save_prefix": "../x"}),
        (ValueError, r"save_format='psd'", {"x": X, "save_to_dir": ".", "save_format": "psd"}),
    ],
)
def test_nonsense_is_refused(error: Any, message: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(error, match=message):
        ImageDataGenerator().flow(**arguments)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("save_format", ["png", "jpeg"])
def test_images_that_come_out_are_written(
    tmp_path: Path, channels: int, save_format: str, data_format: str
) -> None:
    x = np.random.default_rng(0).random((5, 6, 7, channels)).astype(np.float32)
    x = x if data_format == "channels_last" else np.moveaxis(x, -1, 1)
    generator = ImageDataGenerator(rotation_range=30, rescale=2.0, data_format=data_format)
    options = {"save_to_dir": tmp_path, "save_prefix": "cat", "save_format": save_format}
    flow = generator.flow(x, batch_size=3, shuffle=False, seed=1, **options)
    batches = np.concatenate([next(flow), next(flow)])
    files = sorted(tmp_path.iterdir())
    assert [file.name.split("_")[:2] for file in files] == [["cat", str(i)] for i in range(5)]
    for file, image in zip(files, batches, strict=True):
        with Image.open(file) as written:
            assert written.size == (7, 6)
            pixels = np.asarray(written).reshape(6, 7, -1)
        image = image if data_format == "channels_last" else np.moveaxis(image, 0, -1)
        if save_format == "png":
            stretched = (image - image.min()) / (image.max() - image.min()) * 255
            assert np.abs(pixels - stretched).max() <= 1


@pytest.mark.parametrize("index", [None, 1.0, "1", slice(2), [1]])
def test_batches_have_whole_numbers(index: Any) -> None:
    flow = ImageDataGenerator().flow(X, batch_size=4)
    with pytest.raises(TypeError, match=r"NumpyArrayIterator: batch .*; must be an int"):
        flow[index]
    for number in (-1, 3):
        with pytest.raises(IndexError, match=f"batch {number} of 3"):
            flow[number]
    assert flow[np.int64(2)].shape == (2, *X.shape[1:])  # type: ignore[call-overload,index]
