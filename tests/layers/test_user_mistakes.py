# SPDX-License-Identifier: BSD-3-Clause
"""Layers, activations and losses of a user's own that are wrong are told by their names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pyconv import layers
from pyconv.backend import precision
from pyconv.models import Model, Sequential

X = np.random.default_rng(3).random((8, 4), np.float32)
Y = np.eye(3, dtype=np.float32)[np.arange(8) % 3]


def test_a_forgotten_super_is_named() -> None:
    class Forgetful(Model):
        def __init__(self) -> None:
            self.dense = layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.dense(x)

    with pytest.raises(AttributeError, match=r"Forgetful: .* must first call super\(\)\.__init__"):
        Forgetful()(X)
    assert not hasattr(Forgetful(), "name")


@pytest.mark.parametrize("policies", [False, True])
def test_a_forgotten_return_is_named(policies: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "in_use", policies)

    class Silent(layers.Layer):
        def call(self, x: Any) -> Any:
            x + 1

    for use in (lambda: Silent(name="s")(X), lambda: Sequential([Silent(name="s")]).predict(X)):
        with pytest.raises(TypeError, match="s: call returned None; must return a tensor"):
            use()


@pytest.mark.parametrize(
    ("shape", "error", "text"),
    [
        ((-1, 2), ValueError, "w: shape=-1; must be >= 0"),
        ((1.5,), TypeError, r"w: shape=1\.5; must be an int"),
        (3, TypeError, "w: shape=3; must be a list"),
        ((2**30, 2**30), MemoryError, r"w: shape=\(.*\) has more than 281474976710656 numbers"),
    ],
)
def test_shapes_of_weights_are_sizes(shape: Any, error: type[Exception], text: str) -> None:
    class Own(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.w = self.add_weight(shape, "zeros", name="w")

        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(error, match=text):
        Own()(X)


def fitted(loss: Any = "mse", metrics: Any = None, **options: Any) -> Any:
    model = Sequential([layers.Dense(3, input_shape=(4,), **options)])
    model.compile("sgd", loss, metrics=metrics)
    return model.fit(X, Y, verbose=0)


def test_what_a_function_returns_is_told_by_its_user() -> None:
    def nothing(*_: Any) -> Any:
        return None

    with pytest.raises(TypeError, match=r"dense\w*: what its activation returned has dtype object"):
        fitted(activation=nothing)
    with pytest.raises(TypeError, match=r"activation.*: what its activation returned has dtype"):
        layers.Activation(nothing)(X)
    with pytest.raises(TypeError, match=r"nothing: what the loss function returned has dtype"):
        fitted(loss=nothing)
    with pytest.raises(TypeError, match=r"nothing: what the metric returned has dtype"):
        fitted(metrics=[nothing])


def test_a_loss_outside_the_tape_is_told() -> None:
    with pytest.raises(ValueError, match=r"fit: the loss of 'sequential\w*' depends on no train"):
        fitted(loss=lambda y, p: np.square(y - p.numpy()).mean(axis=-1))
