# SPDX-License-Identifier: BSD-3-Clause
"""Activations beside Keras, at their limits, and their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tolerances import GRADIENT_CHECK, KERAS, elementwise_factor

from pyconv import Tensor, activations, gradient_check, layers

CURVES = (
    *("celu", "exponential", "hard_shrink", "hard_tanh", "log_sigmoid", "mish", "soft_shrink"),
    *("softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "tanh_shrink"),
)
GIVEN: list[tuple[str, dict[str, float]]] = [
    *((name, {}) for name in CURVES),
    ("celu", {"alpha": 0.5}),
    ("hard_shrink", {"threshold": 1.0}),
    ("soft_shrink", {"threshold": 1.0}),
    ("squareplus", {"b": 1}),
    ("threshold", {"threshold": 0.5, "default_value": -3.0}),
]
X = np.linspace(-6, 6, 50).reshape(5, 10)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "given"), GIVEN)
def test_an_activation_is_that_of_keras(keras: Any, name: str, given: dict[str, float]) -> None:
    x = X.astype(np.float32)
    tensor = keras.ops.convert_to_tensor(x)
    theirs = keras.ops.convert_to_numpy(getattr(keras.activations, name)(tensor, **given))
    ours = getattr(activations, name)(x, **given)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=KERAS, atol=KERAS)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", CURVES)
def test_its_name_is_that_of_keras(keras: Any, name: str) -> None:
    theirs = keras.layers.Dense(2, activation=name).get_config()["activation"]
    assert layers.Dense(2, activation=name).get_config()["activation"] == theirs == name


@pytest.mark.parametrize(("name", "given"), GIVEN)
def test_its_gradient_is_its_slope(name: str, given: dict[str, float]) -> None:
    function: Callable[..., Tensor] = getattr(activations, name)
    gradient_check(lambda x: function(x, **given), [X], **GRADIENT_CHECK)


@pytest.mark.parametrize(("name", "given"), GIVEN)
def test_a_number_that_is_none_stays_none(name: str, given: dict[str, float]) -> None:
    y = getattr(activations, name)(np.array([np.nan, 1.0], np.float32), **given).numpy()
    assert np.isnan(y).tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("squareplus", -1e4, 1e-4),
        ("squareplus", 1e30, 1e30),
        ("celu", -1e6, -1.0),
        ("celu", 1e30, 1e30),
        ("log_sigmoid", -1e4, -1e4),
        ("log_sigmoid", 1e4, 0.0),
        ("mish", 1e6, 1e6),
        ("mish", -1e6, 0.0),
        ("softsign", 1e30, 1.0),
        ("sparse_plus", 1e30, 1e30),
        ("sparse_plus", -1e30, 0.0),
    ],
)
def test_large_numbers_neither_overflow_nor_cancel(name: str, x: float, expected: float) -> None:
    with np.errstate(all="raise", under="ignore"):
        y = getattr(activations, name)(np.float32([x])).numpy()
    np.testing.assert_allclose(y, [expected], rtol=elementwise_factor("float32"))


@pytest.mark.parametrize(
    ("name", "given", "rule"),
    [
        ("celu", {"alpha": 0}, "celu: alpha=0; must not be 0"),
        ("squareplus", {"b": 0}, "squareplus: b=0; must be finite and > 0"),
        ("soft_shrink", {"threshold": -1}, "soft_shrink: threshold=-1; must be finite and >= 0"),
        ("hard_shrink", {"threshold": -1}, "hard_shrink: threshold=-1; must be finite and >= 0"),
    ],
)
def test_settings_without_a_meaning_are_refused(
    name: str, given: dict[str, Any], rule: str
) -> None:
    with pytest.raises(ValueError, match=rule):
        getattr(activations, name)(X, **given)
