# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of other kinds than training takes are refused at once, by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pyconv import callbacks, layers, losses, metrics, optimizers, schedules
from pyconv.models import Sequential

X, Y = np.ones((8, 4), np.float32), np.zeros((8, 3), np.float32)
SEVERAL = np.ones(2)
ODD = [None, "foo", b"x", [], {}, SEVERAL, 1j, object(), int]
HUGE = 10**400  # no float


def kind_of(value: Any) -> str:
    return type(value).__name__


def model() -> Any:
    network = Sequential([layers.Dense(3, input_shape=(4,))])
    network.compile("sgd", "mse")
    return network


def refused(message: str) -> Any:
    return pytest.raises((TypeError, ValueError), match=re.compile(message, re.DOTALL))


@pytest.mark.parametrize("value", [*ODD, True, HUGE, np.ones(8, "M8[s]")], ids=kind_of)
def test_a_validation_split_is_a_share(value: Any) -> None:
    with refused(r"fit: validation_split=.*; must be"):
        model().fit(X, Y, validation_split=value, verbose=0)


@pytest.mark.parametrize("value", [*ODD, 3], ids=kind_of)
def test_verbose_is_a_number(value: Any) -> None:
    network = model()
    for run in (network.fit, network.evaluate, lambda x, y, **o: network.predict(x, **o)):
        with refused(r"(fit|evaluate|predict): verbose=.*; must be"):
            run(X, Y, verbose=value)


@pytest.mark.parametrize("value", [*ODD[1:3], *ODD[6:], True, HUGE, float("nan")], ids=kind_of)
def test_loss_weights_are_finite_numbers(value: Any) -> None:
    for weights in (value, [value], {"dense": value}):
        with refused(r"compile: loss_weights=.*; must be (a number|finite)"):
            model().compile("sgd", "mse", loss_weights=weights)


NUMBERS: dict[str, Callable[[Any], Any]] = {
    "delta": lambda v: losses.Huber(v),
    "label_smoothing": lambda v: losses.CategoricalCrossentropy(label_smoothing=v),
    "axis": lambda v: losses.BinaryCrossentropy(axis=v),
    "threshold": lambda v: metrics.BinaryAccuracy(threshold=v),
    "beta": lambda v: metrics.FBetaScore(beta=v),
    "thresholds": lambda v: metrics.Precision([v, [v]]),
    "num_thresholds": lambda v: metrics.AUC(v),
    "min_delta": lambda v: callbacks.EarlyStopping(min_delta=v),
    "factor": lambda v: callbacks.ReduceLROnPlateau(factor=v),
    "min_lr": lambda v: callbacks.ReduceLROnPlateau(min_lr=v),
    "values": lambda v: schedules.PiecewiseConstantDecay([1], [v, v]),
}


@pytest.mark.parametrize("argument", NUMBERS)
@pytest.mark.parametrize("value", [*ODD, HUGE], ids=kind_of)
def test_numbers_are_numbers(argument: str, value: Any) -> None:
    with refused(rf"^\w+: .*{argument}=.*; must be"):
        NUMBERS[argument](value)


FLAGS: dict[str, Callable[[Any], Any]] = {
    "from_logits": lambda v: losses.SparseCategoricalCrossentropy(from_logits=v),
    "multi_label": lambda v: metrics.AUC(multi_label=v),
    "restore_best_weights": lambda v: callbacks.EarlyStopping(restore_best_weights=v),
    "save_best_only": lambda v: callbacks.ModelCheckpoint("net.npz", save_best_only=v),
    "save_weights_only": lambda v: callbacks.ModelCheckpoint("net.npz", save_weights_only=v),
    "amsgrad": lambda v: optimizers.Adam(amsgrad=v),
    "centered": lambda v: optimizers.RMSprop(centered=v),
    "nesterov": lambda v: optimizers.SGD(nesterov=v),
    "staircase": lambda v: schedules.ExponentialDecay(0.1, 10, 0.5, staircase=v),
    "cycle": lambda v: schedules.PolynomialDecay(0.1, 10, cycle=v),
}


@pytest.mark.parametrize("argument", FLAGS)
@pytest.mark.parametrize("value", [*ODD, "False"], ids=kind_of)
def test_flags_are_true_or_false(argument: str, value: Any) -> None:
    with refused(rf"{argument}=.*; must be True or False"):
        FLAGS[argument](value)
    FLAGS[argument](True)


NAMES: dict[str, Callable[[Any], Any]] = {
    "reduction": lambda v: losses.MeanSquaredError(reduction=v),
    "curve": lambda v: metrics.AUC(curve=v),
    "mode": lambda v: callbacks.EarlyStopping(mode=v),
    "monitor": lambda v: callbacks.EarlyStopping(monitor=v),
    "save_freq": lambda v: callbacks.ModelCheckpoint("net.npz", save_freq=v),
}


@pytest.mark.parametrize("argument", NAMES)
@pytest.mark.parametrize("value", [3.5, *ODD[2:]], ids=kind_of)
def test_names_are_names(argument: str, value: Any) -> None:
    with refused(rf"{argument}=.*; must be"):
        NAMES[argument](value)


@pytest.mark.parametrize("value", ODD[1:], ids=kind_of)
def test_the_first_best_is_a_number(value: Any) -> None:
    with refused(r"EarlyStopping: baseline=.*; must be a number"):
        callbacks.EarlyStopping(baseline=value)
    with refused(r"ModelCheckpoint: initial_value_threshold=.*; must be a number"):
        callbacks.ModelCheckpoint("net.npz", initial_value_threshold=value)


@pytest.mark.parametrize("value", [*ODD, -1, True], ids=kind_of)
def test_counts_and_lists_are_such(value: Any) -> None:
    with refused(r"EarlyStopping: start_from_epoch=.*; must be an integer >= 0"):
        callbacks.EarlyStopping(start_from_epoch=value)
    if not isinstance(value, (list, np.ndarray)):
        with refused(r"PiecewiseConstantDecay: boundaries=.*; must be a list of numbers"):
            schedules.PiecewiseConstantDecay(value, [0.1, 0.2])
