# SPDX-License-Identifier: BSD-3-Clause
"""A policy of a GPU, once asked for, leaves the models of the host to their joined operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import GradientTape, Input, Model, Sequential, backend
from pyconv.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Layer,
    MaxPooling2D,
    ReLU,
    ZeroPadding2D,
)
from pyconv.mixed_precision import Policy
from pyconv.models.folding import inference

SHAPE = (8, 8, 3)
X = normal((2, *SHAPE), "float32", 0)


def residual() -> Model:
    x = Input(shape=SHAPE)
    return Model(x, Add()([x, Conv2D(3, 3, padding="same")(x)]))


def stack(*layers: Layer) -> Sequential:
    return Sequential([Input(shape=SHAPE), *layers])


# A model, the layer whose own `call` a join stands for, and whether the model predicts.
MODELS: dict[str, tuple[Callable[[], Model], type[Layer], bool]] = {
    "normalisation": (lambda: stack(Conv2D(4, 3), BatchNormalization(), ReLU()), ReLU, False),
    "zeros": (lambda: stack(ZeroPadding2D(1), Conv2D(4, 3)), ZeroPadding2D, False),
    "pooling": (lambda: stack(Conv2D(4, 3, activation="relu"), MaxPooling2D(2)), Conv2D, False),
    "sum": (residual, Add, True),
}


def results(model: Model, *, predicts: bool) -> list[Any]:
    if predicts:
        with inference():
            return [model(X).numpy()]
    with GradientTape() as tape:
        y = model(X, training=True)
    return [y.numpy(), *[dw.numpy() for dw in tape.gradient(y, model.trainable_weights)]]


@pytest.mark.parametrize("name", MODELS)
def test_joined_layers_stay_joined(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, kind, predicts = MODELS[name]
    model, calls = make(), []
    weights = model.get_weights()
    own = kind.call
    monkeypatch.setattr(kind, "call", lambda *a, **o: calls.append(1) or own(*a, **o))
    found = []
    for policy in ("float32", "tf32"):
        monkeypatch.setattr(backend.precision, "in_use", False)
        Policy(policy)
        assert backend.precision.in_use == (policy == "tf32")
        model.set_weights(weights)
        found.append(results(model, predicts=predicts))
    assert not calls
    assert_same_bits(*found)
    assert np.isfinite(found[0][0]).all()
