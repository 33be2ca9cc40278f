# SPDX-License-Identifier: BSD-3-Clause
"""Smoothed curves: by the book's Kaiser window, and by an exponential mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import normal
from tolerances import FORMULA

from pyconv.visualization import curves, exponential_mean, kaiser_mean

NOISE = normal((40,), np.float64, "noise")


def test_the_kaiser_window_as_the_book_writes_it() -> None:
    """The book puts mirrored values at both ends, convolves, and cuts half a window off."""
    window = np.kaiser(11, 2)
    long = np.r_[NOISE[10:0:-1], NOISE, NOISE[-1:-11:-1]]
    book = np.convolve(window / window.sum(), long, mode="valid")[5 : 5 + 40]
    found = kaiser_mean(NOISE)
    assert found.shape == (40,)
    np.testing.assert_allclose(found[:35], book[:35], rtol=FORMULA, atol=FORMULA)
    weights = np.kaiser(5, 3.0) / np.kaiser(5, 3.0).sum()
    expected = weights @ [3, 2, 1, 2, 3]  # around the first value, mirrored
    np.testing.assert_allclose(kaiser_mean([1, 2, 3.0], 5, 3.0)[0], expected, rtol=FORMULA)


def test_even_and_straight_series_stay_as_they_are() -> None:
    np.testing.assert_allclose(kaiser_mean(np.full(12, 3.0)), 3, rtol=FORMULA)
    straight = np.arange(30.0)
    np.testing.assert_allclose(kaiser_mean(straight)[5:25], straight[5:25], rtol=FORMULA)
    np.testing.assert_array_equal(kaiser_mean(NOISE, window=1), NOISE)
    assert kaiser_mean(NOISE).std() < NOISE.std()


def test_the_exponential_mean_by_hand() -> None:
    np.testing.assert_allclose(exponential_mean([0, 10, 10]), [0, 2, 3.6], rtol=FORMULA)
    np.testing.assert_array_equal(exponential_mean(NOISE, 0), NOISE)
    assert exponential_mean([]).shape == (0,)
    assert exponential_mean([5]).tolist() == [5]


@pytest.mark.parametrize(
    ("function", "options", "kind", "said"),
    [
        (kaiser_mean, {"window": 4}, ValueError, "window=4 over 40 values; must be odd"),
        (kaiser_mean, {"window": 81}, ValueError, "window=81 over 40 values"),
        (kaiser_mean, {"window": 0}, ValueError, "window=0; must be >= 1"),
        (kaiser_mean, {"beta": float("nan")}, ValueError, "beta=nan; must be finite"),
        (exponential_mean, {"factor": 1}, ValueError, "factor=1.0; must be < 1"),
        (exponential_mean, {"factor": -0.1}, ValueError, "factor=-0.1; must be finite and >= 0"),
        (exponential_mean, {"factor": "much"}, TypeError, "factor='much'; must be a number"),
    ],
)
def test_smoothing_without_sense_is_refused(
    function: Any, options: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=f"{function.__name__}: {said}"):
        function(NOISE, **options)
    with pytest.raises(ValueError, match=rf"{function.__name__}: values.shape=\(2, 20\)"):
        function(NOISE.reshape(2, 20))
    with pytest.raises(TypeError, match=f"{function.__name__}: values"):
        function(["much"])


def test_curves_return_what_they_draw_smoothed(tmp_path: Any) -> None:
    pytest.importorskip("matplotlib")
    history = {"loss": NOISE.tolist(), "val_loss": (NOISE * 2).tolist()}
    drawn = curves(history, tmp_path / "curves.png", smoothing=0.8)
    np.testing.assert_array_equal(drawn, [exponential_mean(NOISE), exponential_mean(NOISE * 2)])
    drawn = curves(history, tmp_path / "curves.png", smoothing="kaiser")
    np.testing.assert_array_equal(drawn[0], kaiser_mean(NOISE))
    with pytest.raises(ValueError, match="curves: smoothing='spline'; must be 'kaiser' or"):
        curves(history, tmp_path / "x.png", smoothing="spline")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="exponential_mean: factor"):
        curves(history, tmp_path / "x.png", smoothing=1.5)
