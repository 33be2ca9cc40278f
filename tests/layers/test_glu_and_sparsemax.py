# SPDX-License-Identifier: BSD-3-Clause
"""Activations along an axis, glu and sparsemax: beside Keras, their gradients, their limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import GRADIENT_CHECK, KERAS

from pyconv import activations, gradient_check, layers, models

NAMES = ("glu", "sparsemax")
X = np.random.default_rng(0).normal(0, 2, (4, 6, 8))


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("axis", [-1, 1, 2, -3])
def test_glu_is_that_of_keras_along_any_axis(keras: Any, axis: int) -> None:
    x = X.astype(np.float32)
    tensor = keras.ops.convert_to_tensor(x)
    theirs = keras.ops.convert_to_numpy(keras.activations.glu(tensor, axis=axis))
    ours = activations.glu(x, axis=axis)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=KERAS, atol=KERAS)


@pytest.mark.parametrize("axis", [-1, 1, 2, -3])
def test_sparsemax_is_the_nearest_point_of_the_simplex(axis: int) -> None:
    low, high = X.min(axis, keepdims=True) - 1, X.max(axis, keepdims=True)
    for _ in range(100):  # halving finds the t at which max(x - t, 0) sums to 1
        t = (low + high) / 2
        above = np.maximum(X - t, 0).sum(axis, keepdims=True) > 1
        low, high = np.where(above, t, low), np.where(above, high, t)
    found = activations.sparsemax(X, axis).numpy()
    np.testing.assert_allclose(found, np.maximum(X - low, 0), rtol=KERAS, atol=KERAS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("axis", [-1, 0])
def test_the_gradient_is_the_slope(name: str, axis: int) -> None:
    function = getattr(activations, name)
    gradient_check(lambda x: function(x, axis), [X], **GRADIENT_CHECK)


def test_sparsemax_gives_probabilities_of_which_some_are_zero() -> None:
    y = activations.sparsemax(X).numpy()
    np.testing.assert_allclose(y.sum(-1), 1)
    assert (y == 0).any()
    assert (y >= 0).all()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([1e8, 1e8 - 1, 0], [1, 0, 0]),
        ([3e38, -3e38, 3e38], [0.5, 0, 0.5]),
        ([0.25, -np.inf, 0.25], [0.5, 0, 0.5]),
        ([7.0], [1]),
        ([np.nan, 1, 2], [np.nan] * 3),
    ],
)
def test_large_numbers_do_not_cancel_and_nan_is_a_whole_row(
    row: list[float], expected: list[float]
) -> None:
    with np.errstate(all="raise", under="ignore"):
        y = activations.sparsemax(np.array([row]))
    np.testing.assert_array_equal(y.numpy(), [expected])


def test_no_sample_gives_no_sample() -> None:
    assert activations.sparsemax(np.zeros((0, 3), np.float32)).shape == (0, 3)
    assert activations.glu(np.zeros((0, 4), np.float32)).shape == (0, 2)


def test_a_model_with_both_is_saved_and_shapes_are_right(tmp_path: Path) -> None:
    model = models.Sequential(
        [layers.Input((4, 6)), layers.Activation("glu"), layers.Dense(5, activation="sparsemax")]
    )
    assert model.layers[0].output.shape == (None, 4, 3)
    assert model.output_shape == (None, 4, 5)
    x = X[:, :4, :6].astype(np.float32)
    model.save(tmp_path / "m.keras")
    again = models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_layer_with_a_kernel_refuses_what_halves_its_result() -> None:
    for make in (lambda own: layers.Dense(4, own), lambda own: layers.Conv2D(4, 3, activation=own)):
        for given in ("glu", activations.glu):
            with pytest.raises(ValueError, match=r"activation=.*; must keep the shape; use"):
                make(given)


def test_odd_sizes_and_absent_axes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"glu: x.shape=\(2, 3\); must be even along axis -1"):
        activations.glu(np.zeros((2, 3)))
    for name in NAMES:
        function = getattr(activations, name)
        with pytest.raises(ValueError, match=rf"{name}: axis=3; must be in \[-3, 3\)"):
            function(X, 3)
        with pytest.raises(TypeError, match=rf"{name}: axis='w'; must be an int"):
            function(X, "w")
        with pytest.raises(ValueError, match=rf"{name}: axis=-1; must be in \[0, 0\)"):
            function(1.0)
