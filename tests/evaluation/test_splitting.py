# SPDX-License-Identifier: BSD-3-Clause
"""Samples in parts: nothing is lost, nothing is in two parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv.evaluation import KFold, train_validation_test_split

X = np.arange(60)[:, None] * 10
Y = np.repeat([0, 1, 2], [30, 20, 10])


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(("count", "folds"), [(10, 5), (11, 4), (3, 3), (2, 2)])
def test_every_sample_is_tested_once(count: int, folds: int, shuffle: bool) -> None:
    pairs = list(KFold(folds, shuffle=shuffle, seed=1).split(range(count)))
    assert len(pairs) == folds
    tested = np.concatenate([test for _, test in pairs])
    assert sorted(tested.tolist()) == list(range(count))
    for train, test in pairs:
        assert sorted([*train, *test]) == list(range(count))
    sizes = [len(test) for _, test in pairs]
    assert sizes == [count // folds + (i < count % folds) for i in range(folds)]


def test_folds_repeat_with_their_seed_and_follow_the_process_otherwise() -> None:
    def tests(**options: Any) -> list[list[int]]:
        return [t.tolist() for _, t in KFold(3, shuffle=True, **options).split(range(30))]

    assert tests(seed=4) == tests(seed=4) != tests(seed=5)
    pyconv.set_seed(8)
    first = tests()
    assert tests() != first
    pyconv.set_seed(8)
    assert tests() == first


def test_folds_agree_with_scikit_learn() -> None:
    theirs = pytest.importorskip("sklearn.model_selection").KFold(4).split(X)
    for (train, test), (expected_train, expected_test) in zip(
        KFold(4).split(X), theirs, strict=True
    ):
        np.testing.assert_array_equal(train, expected_train)
        np.testing.assert_array_equal(test, expected_test)


def test_folds_refuse_what_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="KFold: n_splits=1; must be >= 2"):
        KFold(1)
    with pytest.raises(TypeError, match="KFold: shuffle=1; must be True or False"):
        KFold(2, shuffle=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="KFold: 2 samples; must be at least n_splits=3"):
        list(KFold(3).split([1, 2]))


@pytest.mark.parametrize("options", [{}, {"shuffle": False}, {"stratify": True}])
def test_parts_hold_every_sample_once_with_its_label(options: dict[str, Any]) -> None:
    parts = train_validation_test_split(X, Y, validation=0.2, test=0.1, seed=0, **options)
    assert [len(x) for x, _ in parts] == [42, 12, 6]
    joined = np.concatenate([x for x, _ in parts])[:, 0]
    assert sorted(joined.tolist()) == X[:, 0].tolist()
    for x, y in parts:
        np.testing.assert_array_equal(Y[x[:, 0] // 10], y)


def test_without_shuffling_the_last_samples_are_held_out() -> None:
    (x, _), (held, _), (tested, _) = train_validation_test_split(
        X, Y, validation=5, test=3, shuffle=False
    )
    np.testing.assert_array_equal(np.concatenate([x, held, tested]), X)
    assert (len(held), len(tested)) == (5, 3)


def test_stratified_parts_have_the_shares_of_the_whole() -> None:
    parts = train_validation_test_split(X, Y[:, None], validation=0.2, test=0.2, stratify=True)
    counts = [np.bincount(y[:, 0]).tolist() for _, y in parts]
    assert counts == [[18, 12, 6], [6, 4, 2], [6, 4, 2]]
    assert (np.diff(parts[0][1][:, 0]) < 0).any(), "classes are mixed"


def test_a_seed_repeats_the_parts() -> None:
    one, two, other = (train_validation_test_split(X, Y, seed=s)[0][0] for s in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"validation": 1.0}, ValueError, "validation=1.0; must be in"),
        ({"test": -0.1}, ValueError, "test=-0.1; must be in"),
        ({"test": float("nan")}, ValueError, "test=nan; must be in"),
        ({"test": "few"}, TypeError, "test='few'; must be a share"),
        ({"test": True}, TypeError, "test=True; must be a share"),
        ({"test": 40, "validation": 20}, ValueError, "must leave one to train with"),
        ({"test": 0.6, "validation": 0.4}, ValueError, "must leave one to train with"),
        ({"stratify": True, "test": 3}, ValueError, "stratify=True; needs"),
        ({"stratify": True, "shuffle": False}, ValueError, "stratify=True; needs"),
    ],
)
def test_impossible_parts_are_refused(
    options: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=f"train_validation_test_split: .*{said}"):
        train_validation_test_split(X, Y, **options)


def test_samples_and_labels_must_be_as_many() -> None:
    with pytest.raises(ValueError, match=r"x.shape=\(60, 1\), y.shape=\(59,\)"):
        train_validation_test_split(X, Y[1:])
    with pytest.raises(ValueError, match=r"stratify=True with y.shape=\(60, 3\)"):
        train_validation_test_split(X, np.eye(3)[Y], stratify=True)


@pytest.mark.parametrize("seed", [-1, 1.5, "a"])
def test_a_seed_that_is_none_is_named(seed: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="KFold: seed="):
        list(KFold(2, shuffle=True, seed=seed).split(X))
    with pytest.raises((ValueError, TypeError), match="train_validation_test_split: seed="):
        train_validation_test_split(X, Y, seed=seed)


def test_masks_would_be_lost_and_ragged_lists_are_no_arrays() -> None:
    y = np.arange(10)
    with pytest.raises(TypeError, match="train_validation_test_split: x is a masked array"):
        train_validation_test_split(np.ma.masked_array(y, y > 4), y)
    with pytest.raises(ValueError, match="train_validation_test_split: x has items of several"):
        train_validation_test_split([[1], [1, 2]], [0, 1])
