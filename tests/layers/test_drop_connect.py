# SPDX-License-Identifier: BSD-3-Clause
"""DropConnect: weights, not units, are left out, anew in each step and never outside training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import GradientTape, Input, Sequential, Tensor, layers, random, set_seed

X = np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32)


def built(**options: Any) -> Any:
    layer = layers.DropConnect(30, **options)
    layer.build((None, 40))
    return layer


def test_outside_training_it_is_dense_and_draws_nothing() -> None:
    layer, dense = built(activation="relu"), layers.Dense(30, activation="relu")
    dense.build((None, 40))
    dense.set_weights(layer.get_weights())
    state = random.get_state()
    np.testing.assert_array_equal(layer(X), dense(X))
    assert random.get_state() == state
    np.testing.assert_array_equal(built(rate=0)(X, training=True).shape, (5, 30))


def test_a_share_of_the_weights_is_left_out_and_the_others_are_scaled() -> None:
    layer = built(rate=0.25)
    left = layer(np.eye(40, dtype=np.float32), training=True).numpy() / layer.kernel.numpy()
    np.testing.assert_allclose(left[left > 0.5], 1 / 0.75, rtol=1e-6)
    assert (left == 0).mean() == pytest.approx(0.25, abs=0.05)
    assert 0 < (left == 0)[:, 0].sum() < 40  # single weights, not all of a unit
    other = layer(np.eye(40, dtype=np.float32), training=True).numpy() / layer.kernel.numpy()
    assert ((other == 0) != (left == 0)).any()


def test_weights_left_out_have_no_gradient() -> None:
    layer = built(rate=0.5)
    set_seed(4)
    kept = layer(np.eye(40, dtype=np.float32), training=True).numpy() != 0
    set_seed(4)
    with GradientTape() as tape:
        y = layer(Tensor(X), training=True).sum()
    gradient = tape.gradient(y, layer.kernel).numpy()
    expected = np.where(kept, 2 * X.sum(axis=0)[:, None], 0)
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)


def test_a_network_with_it_learns_and_comes_back_from_its_file(tmp_path: Path) -> None:
    set_seed(0)
    model = Sequential(
        [
            Input((40,)),
            layers.DropConnect(64, activation="relu", rate=0.3, seed=2, name="left_out"),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    losses = model.fit(X, X[:, :1], epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    model.save(tmp_path / "net.npz")
    again = pyconv.load_model(tmp_path / "net.npz")
    assert again.layers[0].get_config() == model.layers[0].get_config()
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rate": 1.5}, ValueError, r"DropConnect: rate=1\.5; must be >= 0 and <= 1"),
        ({"rate": "0.5"}, TypeError, "DropConnect: rate='0.5'; must be a number"),
        ({"seed": -1}, ValueError, "DropConnect: seed=-1; must be within"),
    ],
)
def test_refuses(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        layers.DropConnect(3, **options)
