# SPDX-License-Identifier: BSD-3-Clause
"""Optimizers: options, refusals, schedules, constraints after the step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pyconv import GradientTape, Variable, constraints, optimizers, schedules


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam", "adamw", "adagrad", "SGD", "AdamW"])
def test_names_give_optimizers(name: str) -> None:
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: optimizers.SGD(-1.0), ValueError, "SGD: learning_rate=-1.0; must be finite"),
        (lambda: optimizers.SGD("fast"), TypeError, "SGD: learning_rate='fast'; must be a number"),
        (lambda: optimizers.SGD(momentum=1.0), ValueError, r"SGD: momentum=1.0; must be in \[0, 1"),
        (lambda: optimizers.SGD(speed=1), TypeError, "SGD: unexpected argument 'speed'"),
        (lambda: optimizers.Adam(beta_1=-0.1), ValueError, "Adam: beta_1=-0.1"),
        (lambda: optimizers.Adam(epsilon=float("nan")), ValueError, "Adam: epsilon=nan"),
        (lambda: optimizers.AdamW(weight_decay=-1), ValueError, "AdamW: weight_decay=-1"),
        (lambda: optimizers.AdamW(weight_decay=None), ValueError, "AdamW: weight_decay=None"),
        (lambda: optimizers.RMSprop(rho=2.0), ValueError, "RMSprop: rho=2.0"),
        (lambda: optimizers.SGD(clipnorm=0.0), ValueError, "SGD: clipnorm=0.0; must be finite and"),
        (lambda: optimizers.SGD(clipvalue="1"), TypeError, "SGD: clipvalue='1'; must be a number"),
        (
            lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0),
            ValueError,
            "clipnorm and clipvalue are given; at most one",
        ),
        (lambda: optimizers.SGD(use_ema=1), TypeError, "SGD: use_ema=1; must be"),
        (lambda: optimizers.SGD(ema_momentum=2), ValueError, "SGD: ema_momentum=2; must be in"),
        (
            lambda: optimizers.SGD(ema_overwrite_frequency=0),
            ValueError,
            "SGD: ema_overwrite_frequency=0; must be >= 1",
        ),
        (
            lambda: optimizers.SGD(gradient_accumulation_steps=1),
            ValueError,
            "SGD: gradient_accumulation_steps=1; must be >= 2",
        ),
        (lambda: optimizers.SGD(0.1, lr=0.2), ValueError, "SGD: lr and learning_rate are given"),
        (lambda: optimizers.Nadam(beta_2=1), ValueError, r"Nadam: beta_2=1; must be in \[0, 1"),
        (lambda: optimizers.Adadelta(rho=-1), ValueError, "Adadelta: rho=-1; must be finite"),
        (lambda: optimizers.Adamax(lr="1"), TypeError, "Adamax: learning_rate='1'; must be"),
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.9), ValueError, "decay_steps=0; must be"),
        (lambda: schedules.ExponentialDecay(-0.1, 1, 0.9), ValueError, "must be >= 0"),
        (lambda: schedules.CosineDecay(0.1, "5"), TypeError, "CosineDecay: decay_steps='5'"),
        (
            lambda: schedules.PiecewiseConstantDecay([1], [0.1]),
            ValueError,
            "1 values for 1 boundaries; must be 2",
        ),
        (lambda: schedules.PiecewiseConstantDecay([2, 1], [3, 2, 1]), ValueError, "must rise"),
    ],
)
def test_bad_options_are_named(
    make: Callable[[], object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        make()


def test_a_schedule_gives_the_rate_of_each_step() -> None:
    optimizer = optimizers.SGD(schedules.PiecewiseConstantDecay([0], [1.0, 0.5]))
    weight = Variable(np.zeros(1, np.float64))
    moves = []
    for _ in range(3):
        before = weight.numpy()
        optimizer.apply([np.ones(1)], [weight])
        moves.append(float((before - weight.numpy())[0]))
    assert moves == [1.0, 0.5, 0.5]
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()


def test_the_rate_can_be_set_at_any_time() -> None:
    optimizer = optimizers.Adam(schedules.CosineDecay(0.1, 10))
    optimizer.learning_rate = 0.01
    assert optimizer.lr == optimizer.learning_rate == 0.01


def test_a_constraint_holds_after_every_step() -> None:
    weight = Variable(np.ones((3, 2), np.float32))
    weight.constraint = constraints.NonNeg()
    optimizer = optimizers.SGD(1.0)
    optimizer.apply([np.array([[2, 0], [0, 2], [0, 0]], np.float32)], [weight])
    assert weight.numpy().tolist() == [[0, 1], [1, 0], [1, 1]]


def test_clipping_leaves_the_given_gradients_alone() -> None:
    gradient = np.full(4, 10.0, np.float32)
    weight = Variable(np.zeros(4, np.float32))
    optimizers.SGD(1.0, clipnorm=2.0).apply([gradient], [weight])
    assert gradient.tolist() == [10.0] * 4
    np.testing.assert_allclose(weight.numpy(), -1.0, rtol=1e-6)


def test_a_list_of_weights_may_grow_and_shrink() -> None:
    one, other = (Variable(np.ones(3, np.float32)) for _ in range(2))
    optimizer, weights, gradient = optimizers.SGD(1.0), [one], np.ones(3, np.float32)
    optimizer.apply([gradient], weights)
    weights.append(other)
    optimizer.apply([gradient, gradient.copy()], weights)
    weights.pop(0)
    optimizer.apply([gradient], weights)
    assert one.numpy().tolist() == other.numpy().tolist() == [-1.0] * 3


def test_weights_of_one_sum_share_a_gradient() -> None:
    one, other = (Variable(np.ones(3, np.float32)) for _ in range(2))
    with GradientTape() as tape:
        loss = (one + other).sum()
    gradients = tape.gradient(loss, [one, other])
    optimizers.Adam(0.5).apply(gradients, [one, other])
    np.testing.assert_array_equal(one.numpy(), other.numpy())
    np.testing.assert_allclose(one.numpy(), 0.5, rtol=1e-5)
