# SPDX-License-Identifier: BSD-3-Clause
"""Layers that know who holds them: as in Keras they count once, and nothing goes round for ever."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from pyconv import layers
from pyconv.models import Model, Sequential

X = np.random.default_rng(4).random((8, 4), np.float32)
Y = np.arange(8) % 3


class Block(layers.Layer):
    def __init__(self, parent: Any) -> None:
        super().__init__()
        self.parent, self.inner = parent, layers.Dense(5)

    def call(self, x: Any) -> Any:
        return self.inner(x)


class Round(Model):
    def __init__(self) -> None:
        super().__init__()
        self.me, self.block, self.out = self, Block(self), layers.Dense(3, activation="softmax")

    def call(self, x: Any) -> Any:
        return self.out(self.block(x))


def test_a_layer_may_hold_the_model_that_holds_it(tmp_path: Any) -> None:
    model = Round()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, Y, verbose=0)
    assert [layer.name[:5] for layer in model.layers] == ["block", "dense"]
    assert [v.shape for v in model.weights] == [(4, 5), (5,), (5, 3), (3,)]
    shown: list[str] = []
    model.summary(print_fn=shown.append, expand_nested=True)
    assert "Total params: 43" in "\n".join(shown)
    for name in ("w.npz", "w.weights.h5"):
        before = model.predict(X, verbose=0)
        model.save_weights(tmp_path / name)
        model.set_weights([w * 0 for w in model.get_weights()])
        model.load_weights(tmp_path / name)
        np.testing.assert_array_equal(model.predict(X, verbose=0), before)
    np.testing.assert_array_equal(copy.deepcopy(model).predict(X, verbose=0), before)
    model.trainable = False
    assert model.trainable_weights == []


def test_a_sequential_does_not_take_what_holds_it() -> None:
    first, second = Sequential(), Sequential()
    second.add(first)
    for add in (lambda: first.add(first), lambda: first.add(second)):
        with pytest.raises(ValueError, match="holds the model that it is to be added to"):
            add()
    assert first.layers == []


def test_arguments_of_models_are_named() -> None:
    with pytest.raises(TypeError, match="Sequential: layers=3; must be a list"):
        Sequential(3)  # type: ignore[arg-type]
    model = Sequential([layers.Dense(2, input_shape=(4,))])
    with pytest.raises(TypeError, match="get_layer: index='x'; must be an int"):
        model.get_layer(index="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="set_weights: weights=3; must be a list"):
        model.set_weights(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"set_weights: weights\[1\] has dtype object"):
        model.set_weights([np.ones((4, 2)), np.array([None, None])])
    with pytest.raises(ValueError, match="predict: x has no more batches"):
        model.predict(iter([]), verbose=0)
