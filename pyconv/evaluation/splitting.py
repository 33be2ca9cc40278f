# SPDX-License-Identifier: BSD-3-Clause
"""Samples in parts: for training, validation and test, or in folds that are tested in turn."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv import random
from pyconv.arguments import checked_flag, whole_number

Indices = npt.NDArray[np.int64]
Pair = tuple[npt.NDArray[Any], npt.NDArray[Any]]


class KFold:
    """Cuts n samples into folds; each is the test part once, the others train.

    The first n % n_splits folds have one sample more.

    Args:
        n_splits: folds, >= 2.
        shuffle: whether the samples are mixed first; neighbours stay together otherwise.
        seed: of a generator of its own; by default the process's one (pyconv.set_seed) is drawn
            from.
    Source: scikit-learn's KFold, which may be used in its place.

    >>> from pyconv.evaluation import KFold
    >>> [test.tolist() for _, test in KFold(2).split([10, 20, 30])]
    [[0, 1], [2]]
    """

    def __init__(
        self, n_splits: int = 5, *, shuffle: bool = False, seed: int | None = None
    ) -> None:
        self.n_splits = whole_number("KFold", "n_splits", n_splits, 2)
        self.shuffle = checked_flag("KFold", "shuffle", shuffle)
        self.seed = seed

    def split(self, x: Any, y: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield the indices (train, test) of each fold.

        Raises:
            ValueError: fewer samples than folds.
        """
        count = len(x)
        if count < self.n_splits:
            raise ValueError(f"KFold: {count} samples; must be at least n_splits={self.n_splits}")
        order = np.arange(count)
        if self.shuffle:
            order = _generator("KFold", self.seed).permutation(count)
        for test in np.array_split(order, self.n_splits):
            inside = np.zeros(count, bool)
            inside[test] = True
            yield np.flatnonzero(~inside), np.sort(test)


def as_array(what: str, value: object) -> npt.NDArray[Any]:
    """Return an array of any kind; lists of several lengths and masks are refused."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{what} is a masked array; fill it first, its mask would be lost")
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{what} has items of several lengths; must be an array") from None


def train_validation_test_split(
    x: Any,
    y: Any,
    *,
    validation: float | int = 0.2,
    test: float | int = 0.2,
    shuffle: bool = True,
    stratify: bool = False,
    seed: int | None = None,
) -> tuple[Pair, Pair, Pair]:
    """Return ((x, y) to train with, (x, y) to validate with, (x, y) to test with).

    No sample is in two parts, and none is lost.

    Args:
        x, y: arrays with one entry per sample.
        validation, test: a share in [0, 1), or a number of samples (int).
        shuffle: whether the samples are mixed first; else validation and test are the last ones.
        stratify: whether each class of y, (n,) or (n, 1), is cut by these shares by itself.
        seed: as of KFold.
    Raises:
        ValueError: lengths differ; parts that leave nothing to train with; stratify with numbers
            of samples or without shuffle. TypeError: a part that is no number.
    """
    function = "train_validation_test_split"
    x, y = as_array(f"{function}: x", x), as_array(f"{function}: y", y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"{function}: x.shape={x.shape}, y.shape={y.shape}; must be (n, ...) both")
    parts = [
        _checked_part(function, *part) for part in (("validation", validation), ("test", test))
    ]
    shuffle = checked_flag(function, "shuffle", shuffle)
    if checked_flag(function, "stratify", stratify):
        if not shuffle or any(isinstance(part, int) and part for part in parts):
            raise ValueError(f"{function}: stratify=True; needs shuffle=True and shares, no counts")
        groups = _classes(function, y)
    else:
        groups = [np.arange(len(x))]
    if shuffle:
        draw = _generator(function, seed)
        groups = [draw.permutation(group) for group in groups]
    cut = [_cut(function, group, *parts) for group in groups]
    train, held, tested = (np.concatenate([pieces[i] for pieces in cut]) for i in range(3))
    if stratify:
        train, held, tested = (draw.permutation(indices) for indices in (train, held, tested))
    return (x[train], y[train]), (x[held], y[held]), (x[tested], y[tested])


def _checked_part(function: str, name: str, part: object) -> float | int:
    if isinstance(part, (int, np.integer)) and not isinstance(part, bool):
        return whole_number(function, name, part, 0)
    if isinstance(part, bool) or not isinstance(part, Real):
        raise TypeError(f"{function}: {name}={part!r}; must be a share or a number of samples")
    if not 0 <= float(part) < 1:
        raise ValueError(f"{function}: {name}={part}; must be in [0, 1), or an int")
    return float(part)


def _classes(function: str, y: npt.NDArray[Any]) -> list[Indices]:
    flat = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if flat.ndim != 1:
        raise ValueError(f"{function}: stratify=True with y.shape={y.shape}; must be (n,)")
    return [np.flatnonzero(flat == label) for label in np.unique(flat)]


def _cut(
    function: str, order: Indices, validation: float | int, test: float | int
) -> tuple[Indices, Indices, Indices]:
    held, tested = (
        part if isinstance(part, int) else round(part * len(order)) for part in (validation, test)
    )
    train = len(order) - held - tested
    if train < 1:
        raise ValueError(
            f"{function}: validation={validation}, test={test} of {len(order)} samples; must leave "
            "one to train with"
        )
    return order[:train], order[train : train + held], order[train + held :]


def _generator(function: str, seed: int | None) -> np.random.Generator:
    if seed is None:
        return random.generator()
    return np.random.default_rng(whole_number(function, "seed", seed, 0))
