# SPDX-License-Identifier: BSD-3-Clause
"""k-fold cross-validation: a new model for every fold, tested on what it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pyconv.arguments import checked_function, items_of
from pyconv.autograd import Variable
from pyconv.callbacks import Callback, History
from pyconv.evaluation.splitting import KFold, Pair, as_array
from pyconv.models import Model

Values = npt.NDArray[np.float64]
Fit = Callable[[Any, Pair, Pair], object]


class CrossValidation(NamedTuple):
    """What each fold's test part gave.

    values: (folds, names), the loss and the metrics. histories: what each fold's fit returned.
    """

    names: tuple[str, ...]
    values: Values
    histories: list[object]

    @property
    def mean(self) -> dict[str, float]:
        """The mean over the folds, by name."""
        return dict(zip(self.names, self.values.mean(axis=0).tolist(), strict=True))

    @property
    def std(self) -> dict[str, float]:
        """The standard deviation over the folds (division by their number), by name."""
        return dict(zip(self.names, self.values.std(axis=0).tolist(), strict=True))

    def of(self, name: str) -> Values:
        """Return the folds' values of one name, (folds,)."""
        if name not in self.names:
            raise ValueError(f"of: name={name!r}; must be one of {', '.join(self.names)}")
        return self.values[:, self.names.index(name)]


def cross_validate(
    build: Callable[[], Model],
    x: Any,
    y: Any,
    *,
    folds: Any = 5,
    epochs: int = 1,
    batch_size: int | None = None,
    callbacks: Callable[[], Sequence[Callback]] | None = None,
    fit: Fit | None = None,
    verbose: str | int = 0,
) -> CrossValidation:
    """Return loss and metrics on each fold's test part, of models trained on the rest.

    Args:
        build: returns a new compiled model each time.
        x, y: arrays with one entry per sample.
        folds: their number; what has `split(x, y)`, as KFold here or in scikit-learn; or pairs
            (train, test) of indices.
        epochs, batch_size, verbose: of fit.
        callbacks: returns the callbacks of one fold, new ones each time.
        fit: trains instead of model.fit: fit(model, (x_train, y_train), (x_test, y_test)). What
            augments data belongs here, so that it draws on the training part alone.
    Raises:
        ValueError: lengths differ; no fold; a fold whose parts overlap, are empty or reach beyond
            the samples; a model that shares weights with the one before. TypeError: build returns
            no model.
    """
    x, y = as_array("cross_validate: x", x), as_array("cross_validate: y", y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"cross_validate: x.shape={x.shape}, y.shape={y.shape}; must be (n, ...)")
    checked_function("cross_validate", "build", build)
    for name, given in (("callbacks", callbacks), ("fit", fit)):
        if given is not None:
            checked_function("cross_validate", name, given)
    found: list[dict[str, float]] = []
    histories: list[object] = []
    before: list[Variable] = []  # kept, so that no new Variable gets an old one's id
    for train, test in index_pairs("cross_validate", folds, x, y):
        model = _new_model(build, before)
        parts = (x[train], y[train]), (x[test], y[test])
        if fit is not None:
            histories.append(fit(model, *parts))
        else:
            made = None
            if callbacks is not None:
                made = items_of("cross_validate", "callbacks()", callbacks())
            histories.append(_fitted(model, *parts, epochs, batch_size, made, verbose))
        found.append(_tested(model, parts[1], batch_size))
        before = model.weights
    names = tuple(found[0])
    values = np.array([[fold[name] for name in names] for fold in found], np.float64)
    return CrossValidation(names, values, histories)


def index_pairs(
    function: str, folds: Any, x: npt.NDArray[Any], y: npt.NDArray[Any]
) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """Yield checked (train, test) indices of a number of folds, a splitter, or pairs."""
    if isinstance(folds, (int, np.integer)) and not isinstance(folds, bool):
        folds = KFold(int(folds))
    pairs: Iterable[Any] = folds.split(x, y) if _splits(folds) else folds
    if isinstance(pairs, str) or not isinstance(pairs, Iterable):
        raise TypeError(f"{function}: folds={folds!r}; must be an int, a splitter or index pairs")
    number = -1
    for number, pair in enumerate(pairs):
        parts = items_of(function, f"folds: pair {number}", pair)
        if len(parts) != 2:
            raise ValueError(f"{function}: folds: pair {number} has {len(parts)} parts; must be 2")
        train, test = (_indices(function, number, part, len(x)) for part in parts)
        if np.intersect1d(train, test).size:
            raise ValueError(f"{function}: fold {number} tests on samples that it trains on")
        yield train, test
    if number < 0:
        raise ValueError(f"{function}: folds is empty; must have a fold")


def _splits(folds: Any) -> bool:
    return hasattr(folds, "split") and not isinstance(folds, str)


def _indices(function: str, fold: int, part: Any, count: int) -> npt.NDArray[Any]:
    indices = as_array(f"{function}: fold {fold}", part)
    if indices.dtype == np.bool_ and indices.shape == (count,):
        indices = np.flatnonzero(indices)
    inside = indices.dtype.kind in "iu" and ((indices >= 0) & (indices < count)).all()
    if indices.ndim != 1 or not indices.size or not inside:
        raise ValueError(
            f"{function}: fold {fold} has no or wrong indices; must be 0 to {count - 1}"
        )
    return indices


def _new_model(build: Callable[[], Model], before: list[Variable]) -> Model:
    model = build()
    if not isinstance(model, Model):
        raise TypeError(f"cross_validate: build returned {model!r}; must be a compiled Model")
    old = {id(variable) for variable in before}
    if any(id(variable) in old for variable in model.weights):
        raise ValueError(
            "cross_validate: build returned a model with weights of the fold before; must make "
            "new layers each time"
        )
    return model


def _fitted(
    model: Model,
    train: Pair,
    test: Pair,
    epochs: int,
    batch_size: int | None,
    callbacks: list[Callback] | None,
    verbose: str | int,
) -> History:
    return model.fit(
        *train,
        batch_size=batch_size,
        epochs=epochs,
        verbose=verbose,
        callbacks=callbacks,
        validation_data=test,
    )


def _tested(model: Model, test: Pair, batch_size: int | None) -> dict[str, float]:
    logs = model.evaluate(*test, batch_size=batch_size, verbose=0, return_dict=True)
    assert isinstance(logs, dict)
    return {name: float(value) for name, value in logs.items()}
