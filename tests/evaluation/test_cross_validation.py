# SPDX-License-Identifier: BSD-3-Clause
"""Cross-validation and ablation: new models, clean folds, means and spreads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from arrays import normal
from tolerances import FORMULA

import pyconv
from pyconv import Sequential, random
from pyconv.callbacks import LambdaCallback
from pyconv.evaluation import KFold, ablation, cross_validate
from pyconv.layers import Dense, Flatten, Input

X = normal((20, 3, 3, 1), np.float32, "cross")
Y = (X[:, 1, 1, 0] > 0).astype(np.int64)


def build() -> Sequential:
    model = Sequential([Input((3, 3, 1)), Flatten(), Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class TheirSplitter:
    """What scikit-learn's splitters look like from outside."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Any, Any]]:
        assert len(X) == len(y)
        for start in (0, 10):
            test = np.arange(start, start + 10)
            yield np.setdiff1d(np.arange(20), test), test


def test_each_fold_is_tested_by_a_model_that_never_saw_it() -> None:
    seen: list[np.ndarray] = []
    models: list[Any] = []

    def fit(model: Any, train: Any, test: Any) -> str:
        models.append(model)
        seen.append(np.concatenate([train[0], test[0]]))
        assert len(train[0]) == len(train[1]) == 16
        return f"fold {len(models)}"

    result = cross_validate(build, X, Y, folds=5, fit=fit)
    assert result.values.shape == (5, 2)
    assert result.histories == [f"fold {i}" for i in range(1, 6)]
    assert len({id(model) for model in models}) == 5
    for model, (_, test), order in zip(models, KFold(5).split(X), seen, strict=True):
        np.testing.assert_array_equal(order[16:], X[test])
        expected = model.evaluate(X[test], Y[test], verbose=0)
        fold = models.index(model)
        np.testing.assert_array_equal(result.values[fold], expected)
    np.testing.assert_allclose(result.mean["accuracy"], result.of("accuracy").mean(), rtol=FORMULA)
    np.testing.assert_allclose(result.std["loss"], result.of("loss").std(), rtol=FORMULA)


def test_folds_train_and_report_their_histories() -> None:
    epochs: list[int] = []
    result = cross_validate(
        build,
        X,
        Y,
        folds=2,
        epochs=3,
        batch_size=5,
        callbacks=lambda: [LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))],
    )
    assert epochs == [0, 1, 2] * 2
    assert result.names == ("loss", "accuracy")
    histories: list[Any] = result.histories
    assert [sorted(h.history) for h in histories] == [
        ["accuracy", "loss", "val_accuracy", "val_loss"]
    ] * 2
    assert [h.history["val_loss"][-1] for h in histories] == result.of("loss").tolist()


@pytest.mark.parametrize(
    "folds",
    [2, TheirSplitter(), KFold(2), [(list(range(10)), range(10, 20)), (range(10, 20), range(10))]],
)
def test_folds_come_in_every_form(folds: Any) -> None:
    assert cross_validate(build, X, Y, folds=folds).values.shape == (2, 2)


def test_scikit_learn_splitters_are_taken_as_they_are() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    folds = selection.StratifiedKFold(3, shuffle=True, random_state=0)
    assert cross_validate(build, X, Y, folds=folds).values.shape == (3, 2)


def test_masks_are_indices() -> None:
    test = np.arange(20) < 4
    assert cross_validate(build, X, Y, folds=[(~test, test)]).values.shape == (1, 2)


@pytest.mark.parametrize(
    ("folds", "kind", "said"),
    [
        (1, ValueError, "KFold: n_splits=1"),
        (30, ValueError, "20 samples; must be at least n_splits=30"),
        ([], ValueError, "cross_validate: folds is empty"),
        (2.5, TypeError, "cross_validate: folds=2.5; must be"),
        ([([0, 1], [1, 2])], ValueError, "fold 0 tests on samples that it trains on"),
        ([([0, 1], [20])], ValueError, "fold 0 has no or wrong indices; must be 0 to 19"),
        ([([0, 1], [-1])], ValueError, "fold 0 has no or wrong"),
        ([([], [1])], ValueError, "fold 0 has no or wrong"),
        ([([0.5], [1])], ValueError, "fold 0 has no or wrong"),
    ],
)
def test_folds_that_leak_or_miss_are_refused(folds: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        cross_validate(build, X, Y, folds=folds)


def test_one_model_for_all_folds_is_refused() -> None:
    model = build()
    with pytest.raises(ValueError, match="weights of the fold before; must make new layers"):
        cross_validate(lambda: model, X, Y, folds=2)
    with pytest.raises(TypeError, match="cross_validate: build returned None"):
        cross_validate(lambda: None, X, Y, folds=2)  # type: ignore[arg-type, return-value]
    with pytest.raises(ValueError, match=r"x.shape=\(20, 3, 3, 1\), y.shape=\(19,\)"):
        cross_validate(build, X, Y[1:])
    with pytest.raises(ValueError, match="of: name='f1'; must be one of loss, accuracy"):
        cross_validate(build, X, Y, folds=2).of("f1")


def test_ablation_tries_all_combinations_on_the_same_trials() -> None:
    calls: list[tuple[str, Any]] = []

    def score(on: dict[str, bool], trial: Any) -> float:
        calls.append(
            ("".join("01"[on[s]] for s in ("augment", "dropout", "l2")), trial[1].tolist())
        )
        return 4 * on["augment"] + 2 * on["dropout"] - on["l2"] + 0.5 * trial[1][0]

    folds = list(KFold(2).split(range(4)))
    table = ablation(score, ["augment", "dropout", "l2"], folds)
    assert table.labels == ("000", "001", "010", "011", "100", "101", "110", "111")
    assert calls == [(label, test.tolist()) for label in table.labels for _, test in folds]
    assert table.values.shape == (8, 2)
    assert table.values[5].tolist() == [3, 4]
    assert table.mean["101"] == 3.5
    assert table.std["101"] == 0.5
    assert [table.effect(s) for s in table.switches] == [4, 2, -1]


def test_seeds_start_every_run_alike() -> None:
    def score(on: dict[str, bool], seed: int) -> float:
        return float(random.generator().random())

    table = ablation(score, ["a", "b"], range(3))
    assert (table.values == table.values[0]).all()
    assert len(set(table.values[0])) == 3
    pyconv.set_seed(1)
    assert table.values[0, 1] == random.generator().random()


def test_the_table_of_an_ablation_shows_switches_means_and_effects() -> None:
    table = ablation(lambda on, trial: 0.9 if on["dropout"] else 0.8, ["dropout"])
    lines = table.lines()
    assert lines[0].split() == ["dropout", "mean", "spread"]
    assert lines[1].split() == ["-", "0.8000", "0.0000"]
    assert lines[2].split() == ["on", "0.9000", "0.0000"]
    assert lines[-1] == "effect of dropout: +0.1000"


@pytest.mark.parametrize(
    ("switches", "trials", "kind", "said"),
    [
        ([], (0,), ValueError, "must be 1 to 12 different names"),
        (["a", "a"], (0,), ValueError, "must be 1 to 12 different names"),
        ([f"s{i}" for i in range(13)], (0,), ValueError, "must be 1 to 12"),
        ("ab", (0,), TypeError, "switches='ab'; must be a list of names"),
        ([1], (0,), TypeError, r"switches=\[1\]; must be a list of names"),
        (["a"], (), ValueError, "trials is empty"),
    ],
)
def test_an_ablation_without_sense_is_refused(
    switches: Any, trials: Any, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=f"ablation: {said}|{said}"):
        ablation(lambda on, trial: 0.0, switches, trials)


def test_a_score_must_be_a_number() -> None:
    with pytest.raises(TypeError, match="ablation: score=None; must be a number"):
        ablation(lambda on, trial: None, ["a"])  # type: ignore[arg-type, return-value]
    with pytest.raises(ValueError, match="effect: switch='b'; must be one of a"):
        ablation(lambda on, trial: 1.0, ["a"]).effect("b")


def test_masks_over_data_and_callbacks_that_are_no_list_are_refused() -> None:
    with pytest.raises(TypeError, match="cross_validate: x is a masked array; fill it first"):
        cross_validate(build, np.ma.masked_array(X, X > 0), Y, folds=2)
    with pytest.raises(TypeError, match=r"cross_validate: callbacks\(\)=None; must be a list"):
        cross_validate(build, X, Y, folds=2, callbacks=lambda: None)  # type: ignore[arg-type, return-value]
