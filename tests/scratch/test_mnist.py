# SPDX-License-Identifier: BSD-3-Clause
"""load_mnist: shapes and dtypes of the book, from where the data set lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pyconv.datasets import generated_digits
from pyconv.scratch.mnist import load_mnist


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, np.ndarray]:
    """Thirty generated digits where MNIST is looked for, the last ten to test with."""
    images, labels = generated_digits(30, seed=1)
    (tmp_path / "mnist").mkdir()
    np.savez_compressed(
        tmp_path / "mnist" / "mnist.npz",
        x_train=images[:20], y_train=labels[:20], x_test=images[20:], y_test=labels[20:],
    )  # fmt: skip
    monkeypatch.setenv("PYCONV_DATA", str(tmp_path))
    return images, labels


def test_images_are_flat_and_between_0_and_1(digits) -> None:
    (x_train, t_train), (x_test, t_test) = load_mnist()
    assert x_train.shape == (20, 784)
    assert x_test.shape == (10, 784)
    assert x_train.dtype == np.float32
    np.testing.assert_array_equal(
        x_train.reshape(20, 28, 28), digits[0][:20].astype(np.float32) / 255
    )
    assert t_train.dtype == t_test.dtype == np.uint8
    np.testing.assert_array_equal(np.concatenate([t_train, t_test]), digits[1])


def test_images_for_convolutions_and_raw_pixels(digits) -> None:
    (x_train, _), (x_test, _) = load_mnist(flatten=False)
    assert (x_train.shape, x_test.shape) == ((20, 1, 28, 28), (10, 1, 28, 28))
    (raw, _), _ = load_mnist(normalize=False)
    assert (raw.shape, raw.dtype, raw.max()) == ((20, 784), np.uint8, 255)


def test_one_hot_labels(digits) -> None:
    (_, t_train), (_, t_test) = load_mnist(one_hot_label=True)
    assert (t_train.shape, t_test.shape) == ((20, 10), (10, 10))
    assert t_train.dtype == np.float64
    np.testing.assert_array_equal(t_train.argmax(axis=1), digits[1][:20])
    np.testing.assert_array_equal(t_train.sum(axis=1), 1)


def test_flags_must_be_flags() -> None:
    with pytest.raises(TypeError, match="load_mnist: flatten=1; must be True or False"):
        load_mnist(flatten=1)


def test_the_real_data_set(data_folder: Callable[[str], Path]) -> None:
    data_folder("mnist")
    (x_train, t_train), (x_test, t_test) = load_mnist(flatten=False)
    assert (x_train.shape, x_test.shape) == ((60000, 1, 28, 28), (10000, 1, 28, 28))
    assert t_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert t_test[:5].tolist() == [7, 2, 1, 0, 4]
