# SPDX-License-Identifier: BSD-3-Clause
"""Functions, small tools and gradients by differences."""

from __future__ import annotations

import numpy as np
import pytest
import tolerances
from arrays import normal

from pyconv.scratch import functions, gradient, util

X = np.array([-2.0, -0.0, 0.0, 0.5, 3.0])


def test_steps_and_rectifiers() -> None:
    assert functions.identity_function(X) is X
    np.testing.assert_array_equal(functions.step_function(X), [0, 0, 0, 1, 1])
    assert functions.step_function(X).dtype.kind == "i"
    np.testing.assert_array_equal(functions.relu(X), [0, 0, 0, 0.5, 3])
    np.testing.assert_array_equal(functions.relu_grad(X), [0, 1, 1, 1, 1])
    assert functions.relu(np.array([-1, 2])).dtype.kind == "i"


def test_sigmoid_and_its_gradient() -> None:
    y = functions.sigmoid(X)
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-X)), rtol=tolerances.FORMULA)
    np.testing.assert_allclose(functions.sigmoid_grad(X), y * (1 - y), rtol=tolerances.FORMULA)


@pytest.mark.parametrize("number", [1, 1.0, np.float64(1.0), np.float32(1.0)])
def test_functions_take_numbers(number) -> None:
    assert functions.sigmoid(number) == pytest.approx(0.7310585786300049)
    assert functions.step_function(number) == functions.relu(number) == 1
    assert functions.relu_grad(number) == 1
    assert functions.mean_squared_error(number, 3) == 2


def test_softmax_of_one_and_of_many_rows() -> None:
    rows = normal((3, 4), np.float64, "x")
    expected = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(functions.softmax(rows), expected, rtol=tolerances.FORMULA)
    np.testing.assert_allclose(functions.softmax(rows[1]), expected[1], rtol=tolerances.FORMULA)
    np.testing.assert_allclose(functions.softmax([1, 1]), [0.5, 0.5])


def test_losses_of_many_rows_and_of_scores() -> None:
    scores, t = normal((3, 4), np.float64, "x"), np.array([3, 0, 1])
    y = functions.softmax(scores)
    expected = -np.log(y[np.arange(3), t] + 1e-7).mean()
    for labels in (t, t[:, None], np.eye(4)[t], np.eye(4, dtype=int)[t]):
        assert functions.cross_entropy_error(y, labels) == pytest.approx(expected)
        assert functions.softmax_loss(scores, labels) == pytest.approx(expected)
    assert functions.softmax_loss(scores[0], np.array([3])) == pytest.approx(
        -np.log(y[0, 3] + 1e-7)
    )
    assert functions.mean_squared_error is functions.sum_squared_error


def test_gradients_by_differences() -> None:
    x = np.array([[3.0, 4.0], [0.0, 2.0], [3.0, 0.0]])
    kept = x.copy()
    found = gradient.numerical_gradient(lambda a: np.sum(a**2), x)
    np.testing.assert_allclose(found, 2 * kept, atol=tolerances.BOOK_GRADIENT_CHECK)
    np.testing.assert_array_equal(x, kept)
    rows = gradient.numerical_gradient_2d(lambda row: np.sum(row**2), x)
    np.testing.assert_allclose(rows, 2 * kept, atol=tolerances.BOOK_GRADIENT_CHECK)
    one = gradient.numerical_gradient_2d(lambda row: np.sum(row**2), x[0])
    np.testing.assert_allclose(one, 2 * kept[0], atol=tolerances.BOOK_GRADIENT_CHECK)


def test_differences_change_the_array_itself_and_put_it_back() -> None:
    x, seen = np.array([1.0, 2.0]), []
    gradient.numerical_gradient(lambda a: seen.append((a is x, *x)) or 0.0, x)
    h = 1e-4
    assert seen == [(True, 1 + h, 2), (True, 1 - h, 2), (True, 1, 2 + h), (True, 1, 2 - h)]

    def fails(a: np.ndarray) -> float:
        raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        gradient.numerical_gradient(fails, x)
    np.testing.assert_array_equal(x, [1.0, 2.0])
    x.flags.writeable = False
    with pytest.raises(ValueError, match="x is read-only"):
        gradient.numerical_gradient(np.sum, x)


def test_smooth_curves_keep_length_and_level() -> None:
    flat = util.smooth_curve([2.0] * 11)
    np.testing.assert_allclose(flat, np.full(11, 2.0))
    rough = np.sin(np.arange(60) / 9) + 0.3 * normal((60,), np.float64, "noise")
    smooth = util.smooth_curve(rough)
    assert smooth.shape == rough.shape
    assert np.abs(np.diff(smooth)).sum() < 0.5 * np.abs(np.diff(rough)).sum()
    window = np.kaiser(11, 2)
    assert smooth[30] == pytest.approx((rough[25:36] * window).sum() / window.sum())


@pytest.mark.parametrize("shape", [(7, 3), (7, 1, 4, 4)])
def test_shuffling_keeps_samples_and_labels_together(shape) -> None:
    x = np.broadcast_to(np.arange(7.0).reshape(7, *[1] * (len(shape) - 1)), shape)
    np.random.seed(2)
    mixed, labels = util.shuffle_dataset(x, np.arange(7) * 10)
    np.random.seed(2)
    np.testing.assert_array_equal(labels, np.random.permutation(7) * 10)
    np.testing.assert_array_equal(mixed.reshape(7, -1)[:, 0] * 10, labels)


def test_the_squared_error_does_not_repeat_one_shape_over_another() -> None:
    with pytest.raises(ValueError, match=r"mean_squared_error: t.shape=\(4,\); must be \(4, 1\)"):
        functions.mean_squared_error(np.ones((4, 1)), np.zeros(4))
    with pytest.raises(TypeError, match="mean_squared_error: y is NoneType"):
        functions.mean_squared_error(None, 0.0)
    assert functions.mean_squared_error([1.0, 2.0], 0.0) == 2.5
