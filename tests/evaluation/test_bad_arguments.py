# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of other kinds are refused by function and argument before anything is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv.evaluation import (
    Ensemble,
    LayerCost,
    ablation,
    cost_lines,
    cross_validate,
    field_of_windows,
    layer_costs,
    mean_of_probabilities,
    vote,
)
from pyconv.layers import Dense, Flatten, Input

X, Y = np.zeros((4, 2)), np.zeros(4)


def unused(*arguments: Any) -> Any:
    raise AssertionError("must not be called")


def small() -> Any:
    return pyconv.Sequential([Input((2, 2, 1)), Flatten(), Dense(2)])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ablation(3, ["a"]), "ablation: score=3; must be a function"),
        (lambda: ablation(unused, 3), "ablation: switches=3; must be a list of names"),
        (lambda: ablation(unused, "ab"), "ablation: switches='ab'; must be a list of names"),
        (lambda: ablation(unused, [1]), r"ablation: switches=\[1\]; must be a list of names"),
        (lambda: ablation(unused, ["a"], 3), "ablation: trials=3; must be a list"),
        (lambda: cross_validate(3, X, Y), "cross_validate: build=3; must be a function"),
        (lambda: cross_validate(unused, X, Y, callbacks=[]), r"cross_validate: callbacks=\[\]"),
        (lambda: cross_validate(unused, X, Y, fit="fast"), "cross_validate: fit='fast'; must be"),
        (
            lambda: cross_validate(unused, [[1], [2, 3]], Y),
            "cross_validate: x has items of several",
        ),
        (lambda: cross_validate(unused, X, Y, folds=[1]), "folds: pair 0=1; must be a list"),
        (
            lambda: cross_validate(unused, X, Y, folds=[(X,)]),
            "folds: pair 0 has 1 parts; must be 2",
        ),
        (lambda: cost_lines(5), "cost_lines: costs=5; must be a list"),
        (lambda: cost_lines([1]), r"cost_lines: costs\[0\]=1; must be a LayerCost"),
        (
            lambda: cost_lines([LayerCost("a", "b", (1,), 3, "x")]),
            r"cost_lines: costs\[0\].multiply_adds='x'; must be an int",
        ),
        (lambda: Ensemble(3), "Ensemble: models=3; must be a list"),
        (lambda: Ensemble([small()], np.array([1, 2])), "Ensemble: rule=.*; must be a name"),
        (lambda: mean_of_probabilities(3), "mean_of_probabilities: outputs=3; must be a list"),
        (lambda: vote("ab"), "vote: outputs='ab'; must be a list"),
        (lambda: vote(np.array(3)), r"vote: outputs=array\(3\); must be a list"),
        (lambda: layer_costs(small(), 3), "layer_costs: input_shape=3; must be a list"),
        (lambda: field_of_windows(3), "field_of_windows: windows=3; must be a list"),
        (lambda: field_of_windows([3]), r"field_of_windows: windows\[0\]=3; must be a list"),
        (lambda: field_of_windows([(3,)]), r"windows\[0\]=\(3,\); must be \(kernel size, strides"),
        (lambda: field_of_windows([(3, 1, 1, 1)]), r"windows\[0\]=\(3, 1, 1, 1\); must be"),
    ],
)
def test_arguments_of_other_kinds_are_named(call: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        call()
