# SPDX-License-Identifier: BSD-3-Clause
"""Dot beside Keras 3, its gradient, its refusals, its configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tolerances

from pyconv import Input, layers
from pyconv.autograd import gradient_check

CASES: list[tuple[tuple[int, ...], tuple[int, ...], Any]] = [
    ((3, 4), (3, 4), 1),
    ((3, 4, 5), (3, 5, 6), (2, 1)),
    ((3, 4, 5), (3, 4, 6), 1),
    ((3, 4, 5, 2), (3, 7, 5), (2, -1)),
]


def inputs(*shapes: tuple[int, ...]) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.normal(0, 1, shape) for shape in shapes]


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(("a", "b", "axes"), CASES)
def test_gives_what_keras_gives(keras: Any, a: Any, b: Any, axes: Any, normalize: bool) -> None:
    x, z = (v.astype(np.float32) for v in inputs(a, b))
    layer = layers.Dot(axes, normalize)
    ours = layer([x, z]).numpy()
    theirs = keras.ops.convert_to_numpy(keras.layers.Dot(axes, normalize)([x, z]))
    assert ours.shape == theirs.shape == layer.compute_output_shape([a, b])
    np.testing.assert_allclose(ours, theirs, rtol=tolerances.KERAS, atol=tolerances.KERAS)
    again = keras.layers.Dot.from_config(layer.get_config())
    assert list(again.get_config()["axes"]) == layer.get_config()["axes"]


@pytest.mark.parametrize(("a", "b", "axes"), CASES)
def test_its_gradient_is_right(a: Any, b: Any, axes: Any) -> None:
    layer = layers.Dot(axes, normalize=True, dtype="float64")
    gradient_check(lambda x, z: layer([x, z]), inputs(a, b))


def test_open_sizes_stay_open() -> None:
    y = layers.dot([Input((None, 5)), Input((5, None))], (2, 1))
    assert y.shape == (None, None, None)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: layers.Dot(1.5), TypeError, "axes"),
        (lambda: layers.Dot((1, 2, 3)), ValueError, r"Dot: axes=\(1, 2, 3\); must be"),
        (lambda: layers.Dot(1, normalize=2), TypeError, "Dot: normalize=2; must be True or False"),
        (lambda: layers.dot(inputs((2, 3), (2, 4)), 1), ValueError, "sizes 3 and 4 of axes"),
        (lambda: layers.dot(inputs((2, 3), (2, 3)), 0), ValueError, "must not be the batch"),
        (lambda: layers.dot(inputs((2, 3)), 1), ValueError, "must be a list of 2"),
    ],
)
def test_what_does_not_fit_is_refused(
    make: Callable[[], object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        make()
