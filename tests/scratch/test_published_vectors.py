# SPDX-License-Identifier: BSD-3-Clause
"""Numbers printed in the book, and worked by hand from its formulas."""

from __future__ import annotations

import numpy as np
import pytest
import tolerances

from pyconv.scratch import functions, optimizer
from pyconv.scratch.layers import (
    BatchNormalization,
    Convolution,
    Pooling,
    SoftmaxWithLoss,
    col2im,
    im2col,
)
from pyconv.scratch.util import conv_output_size

PRINTED = tolerances.printed(np.float64)
X4 = [[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1]]
FILTER = [[2, 0, 1], [0, 1, 2], [1, 0, 2]]


def picture(rows: object) -> np.ndarray:
    return np.array(rows, np.float64)[None, None]


@pytest.mark.parametrize(
    ("b", "pad", "expected"),
    [
        (0, 0, [[15, 16], [6, 15]]),
        (3, 0, [[18, 19], [9, 18]]),
        (0, 1, [[7, 12, 10, 2], [4, 15, 16, 10], [10, 6, 15, 6], [8, 10, 4, 3]]),
    ],
)
def test_convolution(b: int, pad: int, expected: object) -> None:
    y = Convolution(picture(FILTER), b, pad=pad).forward(picture(X4))
    np.testing.assert_array_equal(y, picture(expected))


def test_gradients_of_a_convolution() -> None:
    layer = Convolution(picture(FILTER), np.zeros(1))
    layer.forward(picture(X4))
    dx = layer.backward(picture([[1, 2], [3, 4]]))
    expected = [[2, 4, 1, 2], [6, 9, 7, 8], [1, 5, 12, 12], [3, 4, 6, 8]]
    np.testing.assert_array_equal(dx, picture(expected))
    np.testing.assert_array_equal(layer.dW, picture([[9, 19, 21], [11, 9, 19], [21, 11, 9]]))
    np.testing.assert_array_equal(layer.db, [10.0])


def test_pooling() -> None:
    y = Pooling(2, 2).forward(picture([[1, 2, 1, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 4, 0, 1]]))
    np.testing.assert_array_equal(y, picture([[2, 3], [4, 2]]))


def test_shapes_of_im2col() -> None:
    assert im2col(np.ones((1, 3, 7, 7)), 5, 5).shape == (9, 75)
    assert im2col(np.ones((10, 3, 7, 7)), 5, 5).shape == (90, 75)


@pytest.mark.parametrize(
    ("size", "stride", "pad", "expected"),
    [
        (4, 1, 0, [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]),
        (5, 2, 1, [[1, 2, 1, 2, 1], [2, 4, 2, 4, 2]] * 2 + [[1, 2, 1, 2, 1]]),
    ],
)
def test_col2im_of_im2col_counts_the_windows_over_a_pixel(size, stride, pad, expected) -> None:
    ones = np.ones((1, 1, size, size))
    col = im2col(ones, 3, 3, stride, pad)
    np.testing.assert_array_equal(col2im(col, ones.shape, 3, 3, stride, pad), picture(expected))


def test_sizes() -> None:
    assert conv_output_size(28, 5) == 24
    assert conv_output_size(28, 5, stride=3, pad=2) == 10
    assert conv_output_size(31, 5, stride=3, pad=2) == 11
    assert conv_output_size(5, 3, pad=1) == 5
    assert isinstance(conv_output_size(7, 3, stride=2), int)


def test_softmax() -> None:
    y = functions.softmax(np.array([0.3, 2.9, 4.0]))
    np.testing.assert_allclose(y, [0.0182112733, 0.2451918129, 0.7365969138], **PRINTED)
    assert np.isfinite(functions.softmax(np.array([1010, 1000, 990]))).all()


@pytest.mark.parametrize("one_hot", [False, True])
def test_losses_of_chapter_4(one_hot: bool) -> None:
    y = np.array([0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0])
    other = np.array([0.1, 0.05, 0.1, 0, 0.05, 0.1, 0, 0.6, 0, 0])
    target = np.eye(10)[2]
    t = target if one_hot else np.array(2)
    assert functions.cross_entropy_error(y, t) == pytest.approx(
        0.510825457099338, rel=tolerances.FORMULA
    )
    assert functions.cross_entropy_error(other, t) == pytest.approx(
        2.302584092994546, rel=tolerances.FORMULA
    )
    assert functions.mean_squared_error(y, target) == pytest.approx(0.0975)
    assert functions.sum_squared_error(other, target) == pytest.approx(0.5975)


def test_softmax_with_loss() -> None:
    layer = SoftmaxWithLoss()
    loss = layer.forward(np.array([[1.0, 2, 3], [1, 2, 3]]), np.array([2, 0]))
    # The printed loss is of probabilities without the book's 1e-7 under the logarithm.
    assert loss == pytest.approx(1.4076059644, abs=tolerances.BOOK_LOGARITHM)
    expected = [
        [0.0450152866, 0.1223642355, -0.1673795221],
        [-0.4549847134, 0.1223642355, 0.3326204779],
    ]
    np.testing.assert_allclose(layer.backward(), expected, **PRINTED)


def test_batch_normalization() -> None:
    layer = BatchNormalization(np.ones(1), np.zeros(1))
    y = layer.forward(np.array([[1.0], [2], [3], [4]]))
    np.testing.assert_allclose(
        y[:, 0], [-1.3416402498, -0.4472134166, 0.4472134166, 1.3416402498], **PRINTED
    )
    np.testing.assert_allclose(layer.running_mean, [0.25], rtol=tolerances.FORMULA)
    np.testing.assert_allclose(layer.running_var, [0.125], rtol=tolerances.FORMULA)


STEPS = {
    "SGD": (0.995, 0.99, 0.985),
    "Momentum": (0.995, 0.9855, 0.97195),
    "Nesterov": (0.9905, 0.97695, 0.959755),
    "AdaGrad": (0.9900000020, 0.9829289352, 0.9771554332),
    "RMSprop": (0.9000002000, 0.8291121800, 0.7710873389),
    "Adam": (0.9990000063, 0.9980000108, 0.9970000145),
}


@pytest.mark.parametrize("make", [np.array, float], ids=["array", "number"])
@pytest.mark.parametrize("name", STEPS)
def test_three_steps_of_an_optimizer(name: str, make: type) -> None:
    moving = getattr(optimizer, name)()
    params, grads = {"w": make(1.0)}, {"w": make(0.5)}
    if make is np.array:
        params, grads = {"w": np.array([1.0])}, {"w": np.array([0.5])}
    for expected in STEPS[name]:
        moving.update(params, grads)
        np.testing.assert_allclose(params["w"], expected, rtol=0, atol=tolerances.BOOK)
