# SPDX-License-Identifier: BSD-3-Clause
"""Regularizers and constraints: formulas, names, where layers and training use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pyconv import Input, Sequential, constraints, layers, regularizers
from pyconv.autograd import GradientTape, Tensor, gradient_check

W = np.array([[3.0, -0.1], [4.0, 0.2]])


@pytest.mark.parametrize(
    ("regularizer", "value"),
    [
        (regularizers.l1(), 0.01 * 7.3),
        (regularizers.L2(0.5), 0.5 * 25.05),
        (regularizers.l1_l2(0.1, 0.2), 0.1 * 7.3 + 0.2 * 25.05),
        (regularizers.L1L2(), 0.0),
        (regularizers.get("l2"), 0.01 * 25.05),
        (regularizers.get("l1_l2"), 0.01 * 7.3 + 0.01 * 25.05),
    ],
)
def test_a_regularizer_is_its_formula(regularizer: regularizers.Regularizer, value: float) -> None:
    assert float(regularizer(W)) == pytest.approx(value)
    again = regularizers.deserialize(regularizers.serialize(regularizer))
    assert type(again) is type(regularizer)
    assert again.get_config() == regularizer.get_config()
    gradient_check(regularizer, [W])


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.MaxNorm(2.5), [[1.5, -0.1], [2.0, 0.2]]),
        (constraints.max_norm(1, axis=1), [[0.999445, -0.033315], [0.998752, 0.049938]]),
        (constraints.NonNeg(), [[3.0, 0.0], [4.0, 0.2]]),
        (constraints.UnitNorm(), [[0.6, -0.447214], [0.8, 0.894427]]),
        (constraints.MinMaxNorm(1.0, 2.0), [[1.2, -0.447214], [1.6, 0.894427]]),
        (constraints.MinMaxNorm(1.0, 2.0, rate=0.5), [[2.1, -0.273607], [2.8, 0.547214]]),
        (constraints.UnitNorm(axis=[0, 1]), [[0.599401, -0.01998], [0.799202, 0.03996]]),
    ],
)
def test_a_constraint_is_its_formula(constraint: constraints.Constraint, expected: Any) -> None:
    np.testing.assert_allclose(constraint(W), expected, rtol=1e-5, atol=1e-6)
    again = constraints.deserialize(constraints.serialize(constraint))
    np.testing.assert_array_equal(again(W), constraint(W))


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: regularizers.L2(-1.0), ValueError, "L2: l2=-1.0; must be finite and >= 0"),
        (lambda: regularizers.L1("1"), TypeError, "L1: l1='1'; must be a number"),
        (lambda: regularizers.get("l3"), ValueError, "regularizers.get: identifier='l3'"),
        (lambda: constraints.MaxNorm(-1), ValueError, "MaxNorm: max_value=-1; must be finite"),
        (lambda: constraints.MaxNorm(axis=0.5), TypeError, "MaxNorm: axis=0.5"),
        (lambda: constraints.MinMaxNorm(2, 1), ValueError, "MinMaxNorm: min_value=2; must be <= 1"),
        (lambda: constraints.MinMaxNorm(rate=2), ValueError, "MinMaxNorm: rate=2; must be within"),
        (lambda: constraints.get(5), TypeError, "constraints.get: identifier=5"),
        (lambda: layers.Dense(2, kernel_regularizer="l9"), ValueError, "identifier='l9'"),
        (lambda: layers.Conv2D(2, 1, bias_constraint="l1"), ValueError, "identifier='l1'"),
    ],
)
def test_bad_options_are_named(
    make: Callable[[], object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        make()


def regularised() -> Sequential:
    return Sequential(
        [
            Input((6, 6, 1)),
            layers.Conv2D(2, 3, kernel_regularizer="l2", bias_regularizer="l1"),
            layers.Flatten(),
            layers.Dense(3, activity_regularizer=regularizers.L1(0.1), kernel_constraint="non_neg"),
            layers.ActivityRegularization(l2=0.5),
        ]
    )


def test_losses_are_what_weights_and_results_cost() -> None:
    model = regularised()
    conv, dense = model.layers[0], model.layers[2]
    x = np.random.default_rng(0).normal(size=(4, 6, 6, 1)).astype(np.float32)
    y = model(x).numpy()
    activity = [0.1 * abs(y).sum() / 4, 0.5 * (y * y).sum() / 4]
    weights = [0.01 * (conv.kernel.numpy() ** 2).sum(), 0.0]
    np.testing.assert_allclose([float(v) for v in model.losses], activity + weights, rtol=1e-5)
    assert [float(v) for v in dense.losses] == []  # the model was called, not the layer
    model(x[:2])
    assert len(model.losses) == 4  # those of the last call alone
    conv.trainable = False
    assert len(model.losses) == 2


def test_training_pays_for_them_and_keeps_constraints() -> None:
    model = regularised()
    x = np.random.default_rng(0).normal(size=(8, 6, 6, 1)).astype(np.float32)
    y = np.zeros((8, 3), np.float32)
    model.compile("sgd", "mse")
    penalised = model.evaluate(x, y, verbose=0, batch_size=8)
    plain = float(np.mean(model.predict(x, verbose=0) ** 2))
    assert penalised > plain + 0.01
    model.fit(x, y, epochs=2, verbose=0)
    assert (model.layers[2].kernel.numpy() >= 0).all()


def test_gradients_include_the_losses() -> None:
    model = regularised()
    x = Tensor(np.random.default_rng(0).normal(size=(4, 6, 6, 1)).astype(np.float32))
    with GradientTape() as tape:
        model(x)
        loss = sum(model.losses[1:], model.losses[0])
    gradients = tape.gradient(loss, model.trainable_weights)
    assert all(gradient is not None for gradient in gradients)


def test_a_layer_adds_losses_of_its_own() -> None:
    class Charging(layers.Layer):
        def call(self, x: Tensor) -> Tensor:
            self.add_loss(x.sum() * 2.0)
            return x

    layer = Charging()
    layer(np.ones((2, 3), np.float32))
    assert [float(loss) for loss in layer.losses] == [12.0]
    with pytest.raises(RuntimeError, match="add_loss belongs inside call"):
        layer.add_loss(1.0)


def test_options_survive_the_configuration() -> None:
    model = regularised()
    again = Sequential.from_config(model.get_config())
    for one, other in zip(model.layers, again.layers, strict=True):
        assert one.get_config() == other.get_config()
    kernel = again.layers[2].kernel
    assert isinstance(kernel.constraint, constraints.NonNeg)
