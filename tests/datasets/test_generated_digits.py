# SPDX-License-Identifier: BSD-3-Clause
"""Generated digits: the same for a seed, like MNIST in form, and not easy."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pyconv
from pyconv.datasets import generated_digits, mnist
from pyconv.datasets.digit_shapes import SHAPES
from pyconv.layers import Conv2D, Dense, Flatten, MaxPooling2D


def pictures(images: np.ndarray) -> np.ndarray:
    return images[..., None] / np.float32(255)


def test_a_seed_gives_the_same_pictures_and_another_seed_others() -> None:
    images, labels = generated_digits(300, seed=7)
    again, labels_again = generated_digits(300, seed=7)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert (images != generated_digits(300, seed=8)[0]).mean() > 0.1


def test_the_process_wide_generators_are_left_alone() -> None:
    pyconv.set_seed(3)
    np.random.seed(3)
    ours, numpys = pyconv.random.get_state(), np.random.get_state()[1].tolist()
    generated_digits(50, seed=1)
    assert pyconv.random.get_state() == ours
    assert np.random.get_state()[1].tolist() == numpys


def test_pictures_are_like_mnists_in_form() -> None:
    images, labels = generated_digits(4000, seed=0)
    assert images.shape == (4000, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    counts = np.bincount(labels, minlength=10)
    assert counts.min() > 320
    assert counts.max() < 480
    border = np.concatenate([images[:, [0, -1]].ravel(), images[:, :, [0, -1]].ravel()])
    assert (border > 0).mean() < 0.001
    assert (images.max(axis=(1, 2)) > 200).all()
    mass = images.sum(axis=(1, 2), dtype=np.float64)
    along = np.arange(28) - 13.5
    for axis in (1, 2):
        centre = (images.sum(axis=axis, dtype=np.float64) * along).sum(axis=1) / mass
        assert np.quantile(np.abs(centre), 0.98) < 0.6
    share = (images > 0).mean()
    assert 0.12 < share < 0.25  # of pixels with ink; MNIST has 0.19


def test_every_digit_has_several_ways() -> None:
    ways = np.bincount([shape.digit for shape in SHAPES], minlength=10)
    assert ways.min() >= 4


@pytest.mark.parametrize("n", [0, 1])
def test_few_pictures_are_fine(n: int) -> None:
    images, labels = generated_digits(n, seed=0)
    assert images.shape == (n, 28, 28)
    assert labels.shape == (n,)


@pytest.mark.parametrize(
    ("n", "seed", "error", "text"),
    [
        (-1, 0, ValueError, "generated_digits: n=-1; must be >= 0"),
        (1.5, 0, TypeError, "generated_digits: n=1.5"),
        (3, -1, ValueError, "generated_digits: seed=-1; must be >= 0"),
        (3, None, TypeError, "generated_digits: seed=None"),
    ],
)
def test_refuses_numbers_that_are_none(
    n: object, seed: object, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        generated_digits(n, seed)


def test_twenty_thousand_are_drawn_in_seconds() -> None:
    start = time.process_time()
    generated_digits(20_000, seed=1)
    assert time.process_time() - start < 8


def trained(network: pyconv.Sequential, count: int, epochs: int) -> pyconv.Sequential:
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    images, labels = generated_digits(count, seed=1)
    network.fit(pictures(images), labels, 100, epochs, verbose=0)
    return network


def test_a_linear_classifier_stays_below_92_percent(exhaustive: bool) -> None:
    pyconv.set_seed(0)
    linear = pyconv.Sequential(
        [pyconv.Input(shape=(28, 28, 1)), Flatten(), Dense(10, activation="softmax")]
    )
    trained(linear, *((20_000, 12) if exhaustive else (10_000, 5)))
    images, labels = generated_digits(3000, seed=2)
    _, accuracy = linear.evaluate(pictures(images), labels, 500, verbose=0)
    assert 0.80 < accuracy < 0.92


def test_a_small_network_learns_to_read_mnist_from_them(
    data_folder: Callable[[str], Path], exhaustive: bool
) -> None:
    (_, _), (x_test, y_test) = mnist.load_data(data_folder("mnist"))
    pyconv.set_seed(0)
    network = pyconv.Sequential(
        [
            pyconv.Input(shape=(28, 28, 1)),
            Conv2D(30, 5, activation="relu"),
            MaxPooling2D(2),
            Flatten(),
            Dense(100, activation="relu"),
            Dense(10, activation="softmax"),
        ]
    )
    trained(network, *((20_000, 8) if exhaustive else (6_000, 2)))
    _, accuracy = network.evaluate(pictures(x_test), y_test, 500, verbose=0)
    assert accuracy >= (0.85 if exhaustive else 0.75)
    if exhaustive:
        images, labels = generated_digits(5000, seed=2)
        assert network.evaluate(pictures(images), labels, 500, verbose=0)[1] >= 0.97
