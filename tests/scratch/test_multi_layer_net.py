# SPDX-License-Identifier: BSD-3-Clause
"""MultiLayerNet and MultiLayerNetExtend: layers, gradients by differences, chapter 6 in short."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tolerances
from arrays import normal

from pyconv.scratch import optimizer
from pyconv.scratch.multi_layer_net import MultiLayerNet
from pyconv.scratch.multi_layer_net_extend import MultiLayerNetExtend

X, T = normal((6, 5), np.float64, "x"), np.array([0, 2, 1, 1, 0, 2])


def test_layers_stand_in_the_order_and_by_the_names_of_the_book() -> None:
    net = MultiLayerNet(5, [4, 3], 3)
    assert list(net.layers) == [
        *("Affine1", "Activation_function1", "Affine2", "Activation_function2", "Affine3")
    ]
    assert list(net.params) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    extended = MultiLayerNetExtend(5, [4], 3, use_dropout=True, use_batchnorm=True)
    assert list(extended.layers) == [
        *("Affine1", "BatchNorm1", "Activation_function1", "Dropout1", "Affine2")
    ]
    assert set(extended.params) == {"W1", "b1", "W2", "b2", "gamma1", "beta1"}
    plain = MultiLayerNetExtend(5, [4], 3)
    assert list(plain.layers) == ["Affine1", "Activation_function1", "Affine2"]
    assert extended.layers["BatchNorm1"].gamma is extended.params["gamma1"]
    assert extended.layers["Dropout1"].dropout_ratio == 0.5


NETS: dict[str, Any] = {
    "relu": lambda: MultiLayerNet(5, [4, 4], 3),
    "sigmoid": lambda: MultiLayerNet(5, [4], 3, activation="sigmoid", weight_init_std="xavier"),
    "decay": lambda: MultiLayerNet(5, [4], 3, weight_decay_lambda=0.3),
    "number": lambda: MultiLayerNet(5, (4,), 3, activation="Sigmoid", weight_init_std=0.5),
    "batchnorm": lambda: MultiLayerNetExtend(
        5, [4, 4], 3, activation="sigmoid", use_batchnorm=True, weight_decay_lambda=0.1
    ),
}


@pytest.mark.parametrize("labels", [T, T[:, None], np.eye(3)[T]], ids=["n", "n-1", "one-hot"])
@pytest.mark.parametrize("name", NETS)
def test_gradients_are_those_of_differences(name: str, labels: np.ndarray) -> None:
    net = NETS[name]()
    for key, value in net.params.items():
        if key.startswith("b"):  # where all inputs are 0, so that no sum stands at a kink of ReLU
            value[...] = normal(value.shape, np.float64, key)
    exact, numerical = net.gradient(X, labels), net.numerical_gradient(X, labels)
    assert set(exact) == set(numerical) == set(net.params)
    for key, value in exact.items():
        error = np.abs(value - numerical[key]).mean()
        assert error < tolerances.BOOK_GRADIENT_CHECK, key
        # With batch normalisation the bias before it has no effect at all.
        assert np.abs(value).max() > 0 or key == "b1"


def test_weight_decay_adds_half_lambda_times_the_squares() -> None:
    np.random.seed(1)
    plain = MultiLayerNet(5, [4], 3)
    np.random.seed(1)
    decayed = MultiLayerNet(5, [4], 3, weight_decay_lambda=0.2)
    squares = sum(np.sum(plain.params[key] ** 2) for key in ("W1", "W2"))
    assert decayed.loss(X, T) == pytest.approx(plain.loss(X, T) + 0.1 * squares)
    grads, expected = decayed.gradient(X, T), plain.gradient(X, T)
    np.testing.assert_allclose(grads["W1"], expected["W1"] + 0.2 * plain.params["W1"])
    np.testing.assert_array_equal(grads["b1"], expected["b1"])


@pytest.mark.parametrize(
    ("scale", "expected"),
    [("relu", 2 / 400), ("He", 2 / 400), ("sigmoid", 1 / 400), ("Xavier", 1 / 400), (0.3, 0.09)],
)
def test_scales_of_weights(scale, expected) -> None:
    W = MultiLayerNet(400, [300], 2, weight_init_std=scale).params["W1"]
    assert W.var() == pytest.approx(expected, rel=0.05)
    assert abs(W.mean()) < 0.01


def test_train_flg_reaches_dropout_and_batch_normalization() -> None:
    net = MultiLayerNetExtend(5, [40], 3, use_dropout=True, dropout_ration=0.9, use_batchnorm=True)
    quiet = net.predict(X)
    np.testing.assert_array_equal(net.predict(X), quiet)
    assert (net.predict(X, train_flg=True) != quiet).any()
    assert (net.layers["Dropout1"].mask == 0).any()
    net.gradient(X, T)
    assert net.accuracy(X, T) == pytest.approx(float((net.predict(X).argmax(axis=1) == T).mean()))


def learned(net: Any, x: Any, t: Any, steps: int, lr: float = 0.01) -> float:
    """Return the accuracy on the training data after steps of SGD on all of it."""
    moving = optimizer.SGD(lr)
    for _ in range(steps):
        moving.update(net.params, net.gradient(x, t))
    return net.accuracy(x, t)


@pytest.fixture(scope="module")
def blobs() -> tuple[np.ndarray, np.ndarray]:
    """300 samples of 10 classes around random centres."""
    rng = np.random.default_rng(0)
    t = rng.integers(0, 10, 300)
    return rng.normal(0, 1, (10, 64))[t] + rng.normal(0, 0.7, (300, 64)), t


def test_small_weights_stand_still_where_he_learns(blobs) -> None:
    x, t = blobs
    assert learned(MultiLayerNet(64, [50] * 4, 10, weight_init_std=0.01), x, t, 60, 0.1) < 0.3
    assert learned(MultiLayerNet(64, [50] * 4, 10, weight_init_std="he"), x, t, 60, 0.1) > 0.9


@pytest.mark.parametrize("scale", [0.3, 0.05, 0.01])
def test_batch_normalization_learns_at_least_as_fast_at_every_scale(scale, blobs) -> None:
    x, t = blobs
    options = {"weight_init_std": scale}
    plain = learned(MultiLayerNetExtend(64, [50] * 3, 10, **options), x, t, 60, 0.1)
    normalised = learned(
        MultiLayerNetExtend(64, [50] * 3, 10, use_batchnorm=True, **options), x, t, 60, 0.1
    )
    assert normalised > 0.9
    assert normalised >= plain - 0.02


@pytest.mark.parametrize("options", [{"use_dropout": True, "dropout_ration": 0.2}, {"decay": 0.1}])
def test_dropout_and_weight_decay_narrow_the_gap_to_test_data(options) -> None:
    rng = np.random.default_rng(1)
    centres = rng.normal(0, 1, (4, 30))
    t, t_test = rng.integers(0, 4, 40), rng.integers(0, 4, 500)
    x = centres[t] + rng.normal(0, 2.5, (40, 30))
    x_test = centres[t_test] + rng.normal(0, 2.5, (500, 30))
    settings = dict(options)
    decay = settings.pop("decay", 0)

    def gap(**extra: Any) -> float:
        gaps = []
        for seed in range(3):
            np.random.seed(seed)
            net = MultiLayerNetExtend(30, [40, 40], 4, **extra)
            gaps.append(learned(net, x, t, 150, 0.1) - net.accuracy(x_test, t_test))
        return float(np.mean(gaps))

    assert gap(weight_decay_lambda=decay, **settings) < gap()
