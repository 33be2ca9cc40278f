# SPDX-License-Identifier: BSD-3-Clause
"""Functions stand for initializers, regularizers and constraints, and are asked for what fits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

from pyconv import Tensor, autograd, layers, models

X, Y = np.ones((2, 3), np.float32), np.ones((2, 2), np.float32)


def counting(shape: tuple[int, ...], dtype: str | None = None) -> Any:
    return np.arange(np.prod(shape)).reshape(shape)


def one_dense(**options: Any) -> models.Sequential:
    model = models.Sequential([layers.Input((3,)), layers.Dense(2, name="d", **options)])
    model.compile("sgd", "mse")
    return model


def test_a_function_gives_the_first_values_in_the_weights_type() -> None:
    kernel = one_dense(kernel_initializer=counting).layers[0].kernel
    assert kernel.dtype == np.float32
    np.testing.assert_array_equal(kernel, [[0, 1], [2, 3], [4, 5]])


def test_what_a_function_costs_is_added_to_the_loss() -> None:
    def cost(w: Tensor) -> Tensor:
        return autograd.sum(w) * 2

    model = one_dense(kernel_initializer="ones", kernel_regularizer=cost)
    assert model.evaluate(X, Y, verbose=0) == 4 + 12
    model.fit(X, Y, verbose=0)
    expected = 1 - 0.01 * (2 + 2)  # both slopes are 2
    np.testing.assert_allclose(model.layers[0].kernel, np.full((3, 2), expected), rtol=KERAS)


def test_a_function_holds_the_weights() -> None:
    model = one_dense(kernel_constraint=lambda w: np.clip(w, 0.25, 0.5))
    model.fit(X, Y, verbose=0)
    kernel = model.layers[0].kernel.numpy()
    assert ((kernel >= 0.25) & (kernel <= 0.5)).all()


def test_a_model_with_a_function_is_not_written_down(tmp_path: Path) -> None:
    model = one_dense(kernel_initializer=counting)
    with pytest.raises(ValueError, match=r"initializers.serialize: <function counting"):
        model.save(tmp_path / "m.keras")


@pytest.mark.parametrize("module", ["initializers", "regularizers", "constraints"])
def test_what_is_neither_a_name_nor_a_function_is_refused(module: str) -> None:
    with pytest.raises(TypeError, match=rf"{module}.get: identifier=3; must be a name, a function"):
        layers.Dense(2, **{f"kernel_{module[:-1]}": 3})


@pytest.mark.parametrize(
    ("result", "error", "text"),
    [
        (np.zeros((2, 3)), ValueError, r"d: kernel: its initializer returned \(2, 3\); must be"),
        (1.0, ValueError, r"d: kernel: its initializer returned \(\); must be \(3, 2\)"),
        (None, TypeError, "d: kernel: what its initializer returned has dtype object"),
    ],
)
def test_first_values_that_do_not_fit_are_refused(
    result: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        one_dense(kernel_initializer=lambda shape, dtype: result)


def test_what_an_activity_regularizer_returns_is_one_number() -> None:
    for result, error in ((None, TypeError), (X, ValueError)):
        model = one_dense(activity_regularizer=lambda y, result=result: result)
        with pytest.raises(error, match="d: activity_regularizer"):
            model.train_on_batch(X, Y)


@pytest.mark.parametrize(
    ("option", "function", "error", "text"),
    [
        ("regularizer", lambda w: w, ValueError, r"d: the regularizer of 'kernel': shape \(3, 2\)"),
        ("regularizer", lambda w: None, TypeError, "d: the regularizer of 'kernel' has dtype obj"),
        ("constraint", lambda w: None, TypeError, "kernel: what its constraint returned has dtype"),
        ("constraint", lambda w: w[0], ValueError, r"kernel: its constraint returned \(2,\); must"),
    ],
)
def test_results_that_do_not_fit_are_refused(
    option: str, function: Callable[[Any], Any], error: type[Exception], text: str
) -> None:
    model = one_dense(**{f"kernel_{option}": function})
    before = model.get_weights()
    with pytest.raises(error, match=text):
        model.train_on_batch(X, Y)
    if option == "regularizer":
        for old, new in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)
    else:
        assert np.isfinite(model.layers[0].kernel).all()
