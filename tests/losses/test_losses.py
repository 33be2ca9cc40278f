# SPDX-License-Identifier: BSD-3-Clause
"""Losses against their formulas, their gradients, and Keras 3."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import FORMULA, GRADIENT_CHECK, KERAS

import pyconv
from pyconv import GradientTape, Tensor, gradient_check, losses
from pyconv.autograd import sigmoid, softmax

GENERATOR = np.random.default_rng(4)
BITS = GENERATOR.integers(0, 2, (5, 3))
NUMBERS = GENERATOR.normal(size=(5, 3))
LOGITS = GENERATOR.normal(size=(5, 3)) * 3
HALVES = GENERATOR.random((5, 3))
ROWS = GENERATOR.dirichlet(np.ones(3), 5)
LABELS = np.array([0, 2, 1, 1, 2])
WEIGHTS = np.array([0.5, 2.0, 0.0, 1.0, 3.0])
CASES = {
    "BinaryCrossentropy": (BITS, HALVES),
    "CategoricalCrossentropy": (np.eye(3)[LABELS], ROWS),
    "Huber": (NUMBERS, LOGITS),
    "KLDivergence": (np.roll(ROWS, 1, axis=0), ROWS),
    "MeanAbsoluteError": (NUMBERS, LOGITS),
    "MeanSquaredError": (NUMBERS, LOGITS),
    "SparseCategoricalCrossentropy": (LABELS, ROWS),
}


def host(value: Any) -> np.ndarray[Any, Any]:
    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)


@pytest.mark.parametrize("name", CASES)
def test_gradients_equal_finite_differences(name: str) -> None:
    y_true, y_pred = CASES[name]
    for reduction in ("none", "sum_over_batch_size"):
        loss = getattr(losses, name)(reduction=reduction)
        gradient_check(lambda p, loss=loss: loss(y_true, p, WEIGHTS), [y_pred], **GRADIENT_CHECK)


@pytest.mark.parametrize("name", ["BinaryCrossentropy", "CategoricalCrossentropy"])
def test_gradients_from_logits_equal_finite_differences(name: str) -> None:
    loss = getattr(losses, name)(from_logits=True, label_smoothing=0.1)
    targets = CASES[name][0]
    gradient_check(lambda x: loss(targets, x), [LOGITS], **GRADIENT_CHECK)


def test_the_gradient_of_a_logit_of_zero_is_a_half_minus_the_target() -> None:
    logits = Tensor(np.zeros((1, 2)))
    with GradientTape() as tape:
        tape.watch(logits)
        loss = losses.BinaryCrossentropy(from_logits=True, reduction="sum")([[0.0, 1.0]], logits)
    np.testing.assert_allclose(tape.gradient(loss, logits), [[0.25, -0.25]], rtol=FORMULA)


def test_after_sigmoid_or_softmax_the_loss_comes_from_the_logits() -> None:
    extreme = np.array([[500.0, -500.0]])
    found = losses.BinaryCrossentropy()(np.array([[0, 1]]), sigmoid(extreme))
    assert float(found) == pytest.approx(500, rel=FORMULA)
    found = losses.CategoricalCrossentropy()(np.array([[0, 1]]), softmax(extreme))
    assert float(found) == pytest.approx(1000, rel=FORMULA)
    plain = losses.BinaryCrossentropy()(np.array([[0, 1]]), sigmoid(extreme).numpy())
    assert float(plain) == pytest.approx(-np.log(1e-7), rel=KERAS), "clipped"


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", CASES)
def test_losses_and_gradients_equal_keras(keras: Any, name: str) -> None:
    torch = pytest.importorskip("torch")
    y_true, y_pred = (np.asarray(a, np.float32) for a in CASES[name])
    for reduction in ("sum_over_batch_size", "sum", None, "mean", "mean_with_sample_weight"):
        for weights in (None, WEIGHTS.astype(np.float32)):
            ours, theirs = (getattr(m.losses, name)(reduction=reduction) for m in (pyconv, keras))
            mine = Tensor(y_pred)
            with GradientTape() as tape:
                tape.watch(mine)
                found = ours(y_true, mine, weights)
            other = torch.tensor(y_pred, requires_grad=True)
            expected = theirs(torch.tensor(y_true), other, weights)
            np.testing.assert_allclose(found, host(expected), rtol=KERAS, atol=KERAS)
            expected.sum().backward()
            gradient = tape.gradient(found, mine)
            np.testing.assert_allclose(gradient, host(other.grad), rtol=KERAS, atol=KERAS)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("BinaryCrossentropy", {"label_smoothing": 0.2}),
        ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}),
        ("BinaryCrossentropy", {"axis": 0, "reduction": "none"}),
        ("CategoricalCrossentropy", {"axis": 0, "reduction": "none"}),
        ("CategoricalCrossentropy", {"from_logits": True}),
        ("Huber", {"delta": 0.3}),
        ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 2}),
        ("SparseCategoricalCrossentropy", {"ignore_class": 2, "reduction": "sum"}),
    ],
)
def test_options_mean_what_they_mean_in_keras(
    keras: Any, name: str, options: dict[str, Any]
) -> None:
    y_true, y_pred = CASES[name]
    if options.get("from_logits"):
        y_pred = LOGITS
    y_true, y_pred = np.asarray(y_true, np.float32), np.asarray(y_pred, np.float32)
    ours, theirs = (getattr(m.losses, name)(**options) for m in (pyconv, keras))
    np.testing.assert_allclose(
        ours(y_true, y_pred), host(theirs(y_true, y_pred)), rtol=KERAS, atol=KERAS
    )
    assert ours.get_config().items() >= theirs.get_config().items()
    twin = losses.get(losses.serialize(ours))
    assert twin.get_config() == ours.get_config()


@pytest.mark.oracle
@pytest.mark.parametrize("name", CASES)
def test_names_and_configurations_are_keras_own(keras: Any, name: str) -> None:
    ours, theirs = (getattr(m.losses, name)() for m in (pyconv, keras))
    assert ours.name == theirs.name
    config = ours.get_config()
    assert config.items() >= theirs.get_config().items()
    assert set(config) - set(theirs.get_config()) <= {"axis", "delta"}, "which Keras forgets"
    read = losses.get(keras.losses.serialize(theirs))
    assert read.get_config() == ours.get_config()


def test_every_name_of_keras_finds_its_loss() -> None:
    for names, cls in (
        (("mse", "MSE", "mean_squared_error", "MeanSquaredError"), losses.MeanSquaredError),
        (("mae", "MAE", "mean_absolute_error"), losses.MeanAbsoluteError),
        (("binary_crossentropy", "bce", "BinaryCrossentropy"), losses.BinaryCrossentropy),
        (("huber", "Huber"), losses.Huber),
        (("kl_divergence", "kld", "KLD", "KLDivergence"), losses.KLDivergence),
    ):
        for name in names:
            assert type(losses.get(name)) is cls
    for function, cls in losses.FUNCTIONS.items():
        assert type(losses.get(function)) is cls
        assert type(losses.get(function.__name__)) is cls
    assert losses.get(lambda t, p: p).reduction == "sum_over_batch_size"


def test_functions_return_a_value_per_sample() -> None:
    for name, function in (
        ("Huber", losses.huber),
        ("KLDivergence", losses.kl_divergence),
        ("MeanAbsoluteError", losses.mean_absolute_error),
        ("MeanSquaredError", losses.mean_squared_error),
        ("BinaryCrossentropy", losses.binary_crossentropy),
    ):
        found = function(*CASES[name])
        assert found.shape == (5,)
        expected = getattr(losses, name)(reduction="none")(*CASES[name])
        np.testing.assert_array_equal(found, expected)


def test_weights_of_samples_reach_pixels() -> None:
    y_true, y_pred = GENERATOR.random((2, 2, 3, 4)), GENERATOR.random((2, 2, 3, 4))
    weights = np.array([2.0, 3.0])
    found = losses.MeanSquaredError()(y_true, y_pred, weights)
    per_pixel = ((y_true - y_pred) ** 2).mean(-1) * weights[:, None, None]
    assert float(found) == pytest.approx(per_pixel.mean(), rel=FORMULA)
    same = losses.MeanSquaredError()(y_true, y_pred, weights[:, None])
    assert float(same) == float(found)


def test_an_ignored_class_changes_nothing_but_the_count() -> None:
    sparse = losses.SparseCategoricalCrossentropy
    void = np.array([0, 255, 1, 1, 255])
    kept = void != 255
    found = sparse(ignore_class=255)(void, ROWS)
    assert float(found) == pytest.approx(float(sparse()(void[kept], ROWS[kept])), rel=FORMULA)
    with pytest.raises(ValueError, match=r"labels\[1\]=254"):
        sparse(ignore_class=255)(np.array([0, 254, 1, 1, 255]), ROWS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.Huber(0.0), r"Huber: delta=0\.0; must be finite and > 0"),
        (lambda: losses.BinaryCrossentropy(label_smoothing=1.5), r"label_smoothing=1\.5"),
        (lambda: losses.MeanSquaredError("average"), "reduction='average'"),
        (lambda: losses.get("mean"), "identifier='mean'; must be one of"),
        (lambda: losses.MeanSquaredError()(np.ones((4, 1)), np.ones((4, 3))), r"shape \(4, 1\)"),
        (
            lambda: losses.MeanSquaredError()(np.ones((4, 3)), np.ones((4, 3)), np.ones(3)),
            r"mean_squared_error: sample_weight.shape=\(3,\); must be the first sizes of \(4,\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
