# SPDX-License-Identifier: BSD-3-Clause
"""Several models as one: the mean of their probabilities, or a vote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import items_of, one_of
from pyconv.evaluation.class_numbers import Classes
from pyconv.evaluation.numbers_of import numbers_of

Outputs = npt.NDArray[Any]

RULES = ("mean", "vote")


class Ensemble:
    """Models that were trained for the same classes and answer together.

    Args:
        models: what has `predict(x)` and returns probabilities (n, classes), or (n, 1) of class 1.
        rule: "mean" of the probabilities, or "vote", one per model.
    Raises:
        ValueError: no model, an unknown rule. TypeError: a model without predict.
    """

    def __init__(self, models: Sequence[Any], rule: str = "mean") -> None:
        self.models = items_of("Ensemble", "models", models)
        if not self.models:
            raise ValueError("Ensemble: models is empty; must have a model")
        for i, model in enumerate(self.models):
            if not callable(getattr(model, "predict", None)):
                raise TypeError(f"Ensemble: models[{i}]={model!r}; must have predict")
        self.rule = one_of("Ensemble", "rule", rule, RULES)

    def predict(self, x: Any, batch_size: int | None = None) -> Outputs:
        """Return the mean probabilities, or each class's share of the votes (n, classes)."""
        outputs = self._outputs(x, batch_size)
        return mean_of_probabilities(outputs) if self.rule == "mean" else _shares(outputs)

    def predict_classes(self, x: Any, batch_size: int | None = None) -> Classes:
        """Return the class numbers (n,); of classes with equal votes the more probable."""
        outputs = self._outputs(x, batch_size)
        if self.rule == "vote":
            return vote(outputs)
        columns = _columns(_stacked("Ensemble.predict_classes", outputs))
        likeliest: Classes = columns.mean(axis=0).argmax(axis=1)
        return likeliest

    def _outputs(self, x: Any, batch_size: int | None) -> list[Outputs]:
        return [model.predict(x, batch_size=batch_size, verbose=0) for model in self.models]


def mean_of_probabilities(outputs: Sequence[Any]) -> Outputs:
    """Return the mean of several models' outputs, each (n, classes) or (n, 1).

    Raises:
        ValueError: no outputs, or shapes that differ. TypeError: what is no number.

    >>> from pyconv.evaluation import mean_of_probabilities
    >>> mean_of_probabilities([[[0.25, 0.75]], [[0.75, 0.25]]]).tolist()
    [[0.5, 0.5]]
    """
    mean: Outputs = _stacked("mean_of_probabilities", outputs).mean(axis=0)
    return mean


def vote(outputs: Sequence[Any]) -> Classes:
    """Return for each sample the class that most models find most probable.

    Of classes with equally many votes the one with the larger mean probability wins.

    Args:
        outputs: of each model (n, classes), or (n, 1) probabilities of class 1.
    Returns:
        class numbers (n,).
    Raises:
        ValueError: no outputs, or shapes that differ. TypeError: what is no number.
    """
    columns = _ballots(outputs)
    shares, means = _votes(columns), columns.mean(axis=0)
    won = shares == shares.max(axis=1, keepdims=True)
    winners: Classes = np.where(won, means, -np.inf).argmax(axis=1)
    return winners


def _shares(outputs: Sequence[Any]) -> Outputs:
    return _votes(_ballots(outputs))


def _ballots(outputs: Sequence[Any]) -> Outputs:
    """Return outputs (models, n, classes) that can vote: NaN names no class."""
    columns = _columns(_stacked("vote", outputs))
    bad = np.argwhere(np.isnan(columns))
    if len(bad):
        raise ValueError(f"vote: outputs[{bad[0][0]}][{bad[0][1]}] holds NaN; must be numbers")
    return columns


def _votes(columns: Outputs) -> Outputs:
    """Return which share of the models votes for each class, (n, classes)."""
    choices = columns.argmax(axis=2)  # (models, n)
    votes: Outputs = (choices[..., None] == np.arange(columns.shape[2])).mean(axis=0)
    return votes


def _columns(outputs: Any) -> Outputs:
    """Return outputs (models, n, classes); one unit p becomes the two classes 1 - p and p."""
    stacked = np.asarray(outputs)
    return np.concatenate([1 - stacked, stacked], axis=2) if stacked.shape[2] == 1 else stacked


def _stacked(function: str, outputs: Sequence[Any]) -> Outputs:
    given = items_of(function, "outputs", outputs)
    arrays = [numbers_of(function, f"outputs[{i}]", a) for i, a in enumerate(given)]
    shapes = {a.shape for a in arrays}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise ValueError(
            f"{function}: outputs of shapes {[a.shape for a in arrays]}; must be (n, classes), "
            "the same of each model"
        )
    return np.stack(arrays)
