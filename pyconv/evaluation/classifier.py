# SPDX-License-Identifier: BSD-3-Clause
"""Classifier: a network behind scikit-learn's fit, predict and score, without scikit-learn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv import random
from pyconv.callbacks import Callback, History
from pyconv.models import Model

PARAMETERS = ("build", "options", "epochs", "batch_size", "callbacks", "seed", "verbose")
OPTION = "options__"


class Classifier:
    """An estimator by scikit-learn's conventions around a model that is built anew at each fit.

    Args:
        build: build(**options) returns a compiled model that ends in one probability per class
            with a loss of integer labels, or in the probability of the second of two classes.
        options: arguments of build; get_params and set_params know each as options__<name>.
        epochs, batch_size, verbose: of fit.
        callbacks: returns new callbacks for a fit.
        seed: given to pyconv.set_seed before each fit, if any.

    After fit: `classes_`, the sorted labels; `model_`; `history_`; `n_features_in_`.
    """

    _estimator_type = "classifier"

    model_: Model
    classes_: npt.NDArray[Any]
    history_: History

    def __init__(
        self,
        build: Callable[..., Model],
        *,
        options: Mapping[str, Any] | None = None,
        epochs: int = 1,
        batch_size: int | None = None,
        callbacks: Callable[[], Sequence[Callback]] | None = None,
        seed: int | None = None,
        verbose: str | int = 0,
    ) -> None:
        # Kept as given and unchecked until fit: so scikit-learn can copy it.
        self.build, self.options, self.epochs, self.batch_size = build, options, epochs, batch_size
        self.callbacks, self.seed, self.verbose = callbacks, seed, verbose

    def fit(self, x: Any, y: Any) -> Classifier:
        """Build a model and train it; returns self.

        Args:
            x: (n, ...) samples. y: (n,) labels of any kind that sorts, names too.
        Raises:
            ValueError: lengths differ, fewer than two classes, or outputs of another number.
            TypeError: build returns no model.
        """
        x, y = np.asarray(x), np.asarray(y)
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        if y.ndim != 1 or x.ndim < 2 or len(x) != len(y):
            raise ValueError(
                f"Classifier: x.shape={x.shape}, y.shape={y.shape}; must be (n, ...) and (n,)"
            )
        classes, numbers = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"Classifier: y has {len(classes)} classes; must have two at least")
        if self.seed is not None:
            random.set_seed(self.seed)
        model = self.build(**dict(self.options or {}))
        if not isinstance(model, Model):
            raise TypeError(f"Classifier: build returned {model!r}; must be a compiled Model")
        units = np.shape(model.predict(x[:1], verbose=0))[1:]
        if units != (len(classes),) and not (units == (1,) and len(classes) == 2):
            raise ValueError(f"Classifier: y has {len(classes)} classes; the model gives {units}")
        self.history_ = model.fit(
            x,
            numbers,
            epochs=self.epochs,
            batch_size=self.batch_size,
            callbacks=None if self.callbacks is None else list(self.callbacks()),
            verbose=self.verbose,
        )
        self.model_, self.classes_ = model, classes
        self.n_features_in_ = int(np.prod(x.shape[1:]))
        return self

    def predict_proba(self, x: Any) -> npt.NDArray[Any]:
        """Return the probability of each class, (n, classes), in the order of `classes_`."""
        self._check_fitted("predict_proba")
        found: npt.NDArray[Any] = self.model_.predict(x, batch_size=self.batch_size, verbose=0)
        return np.concatenate([1 - found, found], axis=1) if found.shape[1] == 1 else found

    def predict(self, x: Any) -> npt.NDArray[Any]:
        """Return the most probable label of each sample, (n,)."""
        self._check_fitted("predict")
        labels: npt.NDArray[Any] = self.classes_[self.predict_proba(x).argmax(axis=1)]
        return labels

    def score(self, x: Any, y: Any) -> float:
        """Return the accuracy on samples x with labels y."""
        self._check_fitted("score")
        labels, found = np.asarray(y).reshape(-1), self.predict(x)
        if len(labels) != len(found) or not len(labels):
            raise ValueError(f"score: {len(labels)} labels for {len(found)} samples; must be equal")
        return float(np.mean(labels == found))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments of the constructor, with `deep` also those of build."""
        found = {name: getattr(self, name) for name in PARAMETERS}
        inner = {f"{OPTION}{name}": v for name, v in (self.options or {}).items()}
        return {**found, **inner} if deep else found

    def set_params(self, **parameters: Any) -> Classifier:
        """Set arguments of the constructor, or of build as options__<name>; returns self.

        Raises:
            ValueError: an unknown name.
        """
        for name in parameters:
            if name not in PARAMETERS and not (name.startswith(OPTION) and name != OPTION):
                known = ", ".join(PARAMETERS)
                raise ValueError(f"set_params: {name!r}; must be one of {known}, {OPTION}<name>")
        for name in PARAMETERS:
            if name in parameters:
                setattr(self, name, parameters[name])
        inner = {n.removeprefix(OPTION): v for n, v in parameters.items() if n.startswith(OPTION)}
        if inner:
            self.options = {**(self.options or {}), **inner}
        return self

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in PARAMETERS)
        return f"Classifier({shown})"

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn, which alone asks and is loaded then, that this is a classifier."""
        tools: Any = sys.modules["sklearn.utils"]
        return tools.Tags(
            estimator_type="classifier",
            target_tags=tools.TargetTags(required=True),
            classifier_tags=tools.ClassifierTags(),
            input_tags=tools.InputTags(two_d_array=True, three_d_array=True),
        )

    def _check_fitted(self, function: str) -> None:
        if not hasattr(self, "model_"):
            raise RuntimeError(f"{function}: the classifier is not fitted; call fit first")
