# SPDX-License-Identifier: BSD-3-Clause
"""Optimizers on dictionaries: their formulas over steps, whatever stands in the dictionaries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tolerances
from arrays import normal

from pyconv.scratch import optimizer

NAMES = ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop", "Adam"]
TINY = 1e-7


def step_of_the_book(name: str, w: Any, g: Any, state: dict[str, Any], t: int) -> Any:
    """Return the weight after one step of the book's formula, the state updated."""
    if name == "SGD":
        return w - 0.01 * g
    if name in ("Momentum", "Nesterov"):
        v = state.get("v", 0.0)
        state["v"] = 0.9 * v - 0.01 * g
        return w + (state["v"] if name == "Momentum" else 0.9 * 0.9 * v - 1.9 * 0.01 * g)
    if name == "AdaGrad":
        state["h"] = state.get("h", 0.0) + g * g
        return w - 0.01 * g / (np.sqrt(state["h"]) + TINY)
    if name == "RMSprop":
        state["h"] = 0.99 * state.get("h", 0.0) + 0.01 * g * g
        return w - 0.01 * g / (np.sqrt(state["h"]) + TINY)
    state["m"] = 0.9 * state.get("m", 0.0) + 0.1 * g
    state["v"] = 0.999 * state.get("v", 0.0) + 0.001 * g * g
    rate = 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - rate * state["m"] / (np.sqrt(state["v"]) + TINY)


def parameters() -> dict[str, Any]:
    """Arrays that a kernel takes, arrays that it does not, and plain numbers."""
    plain = normal((4, 3, 2, 2), np.float64, "W")
    return {
        "W1": plain,
        "b1": normal((7,), np.float64, "b"),
        "float32": normal((5,), np.float32, "f"),
        "transposed": normal((3, 4), np.float64, "t").T,
        "every second": normal((10,), np.float64, "s")[::2],
        "zero axes": np.array(2.0),
        "number": 3.0,
        "NumPy number": np.float64(-1.5),
        "W1 again": plain,
    }


@pytest.mark.parametrize("name", NAMES)
def test_steps_follow_the_formula_whatever_the_parameters_are(name: str) -> None:
    moving, params = getattr(optimizer, name)(), parameters()
    expected = {key: np.array(value, np.float64) for key, value in params.items()}
    states: dict[str, dict[str, Any]] = {key: {} for key in params}
    arrays = {key: value for key, value in params.items() if type(value) is np.ndarray}
    for t in range(1, 6):
        grads = {key: normal(np.shape(value), np.float64, key, t) for key, value in params.items()}
        grads["number"] = float(grads["number"])
        grads["every second"][0] = 0.0
        moving.update(params, grads)
        for key in expected:
            expected[key] = step_of_the_book(name, expected[key], grads[key], states[key], t)
        # One array under two names moves by both gradients.
        shared = expected["W1"] + expected["W1 again"] - before_shared(t, expected, states)
        states["W1"]["shared"] = shared
        expected["W1"] = expected["W1 again"] = shared
    for key, value in params.items():
        precision = tolerances.KERAS if key == "float32" else tolerances.FORMULA
        np.testing.assert_allclose(value, expected[key], rtol=precision, atol=precision)
    for key, array in arrays.items():
        if array.ndim:
            assert params[key] is array


def before_shared(t: int, expected: dict[str, Any], states: dict[str, dict[str, Any]]) -> Any:
    """Return the shared weight before this step."""
    return states["W1"].get("shared", parameters()["W1"]) if t > 1 else parameters()["W1"]


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_of_zero_moves_nothing_at_first(name: str) -> None:
    params = {"w": np.ones(3)}
    getattr(optimizer, name)().update(params, {"w": np.zeros(3)})
    np.testing.assert_array_equal(params["w"], 1)


def test_states_bear_the_names_of_the_book() -> None:
    params, grads = {"w": np.ones(3)}, {"w": np.full(3, 0.5)}
    momentum, ada, rms, adam = (
        *(optimizer.Momentum(), optimizer.AdaGrad()),
        *(optimizer.RMSprop(), optimizer.Adam()),
    )
    assert momentum.v is ada.h is rms.h is adam.m is adam.v is None
    for moving in (momentum, ada, rms, adam):
        moving.update(params, grads)
    np.testing.assert_allclose(momentum.v["w"], -0.005)
    np.testing.assert_allclose(ada.h["w"], 0.25)
    np.testing.assert_allclose(rms.h["w"], 0.0025)
    np.testing.assert_allclose(adam.m["w"], 0.05)
    np.testing.assert_allclose(adam.v["w"], 0.00025)
    assert adam.iter == 1
    assert (rms.decay_rate, adam.beta1, adam.beta2, momentum.momentum) == (0.99, 0.9, 0.999, 0.9)


def test_rates_may_change_between_steps() -> None:
    moving, params = optimizer.SGD(lr=0.1), {"w": np.ones(1)}
    moving.update(params, {"w": np.ones(1)})
    moving.lr = 0.5
    moving.update(params, {"w": np.ones(1)})
    np.testing.assert_allclose(params["w"], [0.4])
    still = optimizer.Momentum(lr=0.1, momentum=0.0)
    still.update(params, {"w": np.ones(1)})
    np.testing.assert_allclose(still.v["w"], [-0.1])


@pytest.mark.parametrize("name", NAMES)
def test_gradients_that_do_not_fit_change_nothing(name: str) -> None:
    moving = getattr(optimizer, name)()
    params = {"a": np.ones(3), "W": np.ones((2, 3))}
    moving.update(params, {"a": np.ones(3), "W": np.ones((2, 3))})
    before = {key: value.copy() for key, value in params.items()}
    with pytest.raises(ValueError, match=rf"{name}.update: grads\['W'\].shape=\(3,\); must be \(2"):
        moving.update(params, {"a": np.ones(3), "W": np.ones(3)})
    with pytest.raises(KeyError, match=rf"{name}.update: grads has no 'W'"):
        moving.update(params, {"a": np.ones(3)})
    with pytest.raises(TypeError, match=rf"{name}.update: grads=None; must be a dictionary"):
        moving.update(params, None)
    for key, value in before.items():
        np.testing.assert_array_equal(params[key], value)
