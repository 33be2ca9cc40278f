# SPDX-License-Identifier: BSD-3-Clause
"""Optimizers and schedules beside Keras 3: the same steps, configurations and refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tolerances

from pyconv import Variable, optimizers, schedules

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.3}),
    ("RMSprop", {}),
    ("RMSprop", {"rho": 0.5, "momentum": 0.8, "epsilon": 1e-3}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "weight_decay": 0.01}),
    ("Adam", {}),
    ("Adam", {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-4}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1}),
    ("Adagrad", {}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 1e-3}),
    ("Adadelta", {}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.5, "epsilon": 1e-3, "weight_decay": 0.01}),
    ("Adamax", {}),
    ("Adamax", {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.9, "weight_decay": 0.01}),
    ("Nadam", {}),
    ("Nadam", {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True}),
    ("Adam", {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3}),
    ("Adam", {"gradient_accumulation_steps": 3}),
    ("Nadam", {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 4}),
    ("SGD", {"momentum": 0.9, "gradient_accumulation_steps": 2, "clipnorm": 0.5}),
]
IDS = [f"{name}-{','.join(options)}" for name, options in CASES]
SHAPES = [(3, 4), (4,), (2, 2, 3, 5)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_twenty_steps_are_keras_s(
    keras: Any, name: str, options: dict[str, Any], dtype: str
) -> None:
    rng = np.random.default_rng(0)
    first = [rng.normal(0, 1, shape).astype(dtype) for shape in SHAPES]
    ours = [Variable(value) for value in first]
    theirs = [keras.Variable(value, dtype=dtype) for value in first]
    one, other = getattr(optimizers, name)(**options), getattr(keras.optimizers, name)(**options)
    for _ in range(20):
        gradients = [rng.normal(0, 1, shape).astype(dtype) for shape in SHAPES]
        one.apply(gradients, ours)
        other.apply([keras.ops.convert_to_tensor(g) for g in gradients], theirs)
    one.finalize_variable_values(ours)
    other.finalize_variable_values(theirs)
    for mine, his in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(
            mine.numpy(), keras.ops.convert_to_numpy(his), **tolerances.KERAS_STEPS
        )


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_configurations_go_both_ways(keras: Any, name: str, options: dict[str, Any]) -> None:
    ours = getattr(optimizers, name)(**options)
    theirs = keras.optimizers.deserialize(optimizers.serialize(ours))
    assert type(theirs).__name__ == name
    again = optimizers.deserialize(keras.optimizers.serialize(theirs))
    mine, back = ours.get_config(), again.get_config()
    assert mine.keys() == back.keys()
    for key, value in mine.items():
        # Keras keeps the rate in float32.
        same = math.isclose(back[key], value, rel_tol=1e-6) if value and key != "name" else True
        assert same or back[key] == value, key


SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("ExponentialDecay", {"decay_steps": 7, "decay_rate": 0.9}),
    ("ExponentialDecay", {"decay_steps": 7, "decay_rate": 0.9, "staircase": True}),
    ("InverseTimeDecay", {"decay_steps": 7, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"decay_steps": 7, "decay_rate": 0.5, "staircase": True}),
    ("PolynomialDecay", {"decay_steps": 10}),
    ("PolynomialDecay", {"decay_steps": 10, "power": 2.0, "end_learning_rate": 0.01}),
    ("PolynomialDecay", {"decay_steps": 6, "cycle": True}),
    ("CosineDecay", {"decay_steps": 12, "alpha": 0.1}),
    ("CosineDecay", {"decay_steps": 12, "warmup_target": 0.5, "warmup_steps": 5}),
]


@pytest.mark.parametrize(("name", "options"), SCHEDULES)
def test_schedules_give_keras_s_rates(keras: Any, name: str, options: dict[str, Any]) -> None:
    ours = getattr(schedules, name)(0.1, **options)
    theirs = getattr(keras.optimizers.schedules, name)(0.1, **options)
    for step in range(25):
        assert ours(step) == pytest.approx(float(theirs(step)), rel=1e-5, abs=1e-7), step
    again = schedules.deserialize(keras.optimizers.schedules.serialize(theirs))
    assert again.get_config() == ours.get_config()


def test_a_piecewise_schedule_changes_after_its_boundaries(keras: Any) -> None:
    ours = schedules.PiecewiseConstantDecay([3, 5], [0.3, 0.2, 0.1])
    theirs = keras.optimizers.schedules.PiecewiseConstantDecay([3, 5], [0.3, 0.2, 0.1])
    rates = [ours(step) for step in range(8)]
    assert rates == pytest.approx([float(theirs(step)) for step in range(8)])


@pytest.mark.parametrize("accumulated", [None, 2])
def test_an_optimizer_follows_its_schedule(keras: Any, accumulated: int | None) -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(0, 1, 5).astype("float32")
    ours, theirs = Variable(first), keras.Variable(first)
    one, other = (
        lib.SGD(decays.ExponentialDecay(0.1, 3, 0.5), gradient_accumulation_steps=accumulated)
        for lib, decays in (
            (optimizers, schedules),
            (keras.optimizers, keras.optimizers.schedules),
        )
    )
    for _ in range(10):
        gradient = rng.normal(0, 1, 5).astype("float32")
        one.apply([gradient], [ours])
        other.apply([keras.ops.convert_to_tensor(gradient)], [theirs])
    np.testing.assert_allclose(
        ours.numpy(), keras.ops.convert_to_numpy(theirs), **tolerances.KERAS_STEPS
    )
    again = optimizers.deserialize(keras.optimizers.serialize(other))
    assert again.learning_rate == pytest.approx(0.1)
