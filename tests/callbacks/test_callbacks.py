# SPDX-License-Identifier: BSD-3-Clause
"""Callbacks of Keras's names: what they do, and beside Keras 3 when."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

import pyconv
from pyconv import callbacks, layers
from pyconv.models import Sequential, load_model

GENERATOR = np.random.default_rng(5)
X = GENERATOR.random((40, 3), np.float32)
Y = GENERATOR.integers(0, 2, 40)


def network(rate: float = 0.01) -> Any:
    pyconv.set_seed(3)
    model = Sequential([layers.Dense(2, activation="softmax", input_shape=(3,))])
    model.compile(
        pyconv.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def fit(*given: Any, model: Any = None, **options: Any) -> Any:
    model = network() if model is None else model
    options = {"epochs": 4, "batch_size": 20, "verbose": 0, "validation_data": (X, Y), **options}
    return model.fit(X, Y, callbacks=list(given), **options)


class Script(callbacks.Callback):
    """Puts values of one's own into the logs before other callbacks see them."""

    def __init__(self, name: str, values: list[float]) -> None:
        self.name, self.values = name, values

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs[self.name] = self.values[epoch]


class KerasStand:
    """As much of a model as Keras's callbacks look at."""

    def __init__(self, keras: Any, rate: float) -> None:
        self.stop_training = False
        self.metrics: list[Any] = []
        self.optimizer = keras.optimizers.Adam(rate)
        self.weights = [np.zeros(1)]

    def get_weights(self) -> Any:
        return [w.copy() for w in self.weights]

    def set_weights(self, weights: Any) -> None:
        self.weights = weights


def both(keras: Any, name: str, values: list[float], **options: Any) -> tuple[Any, Any]:
    """Return ours and theirs after the same values, with the epochs they ran to and the rates."""
    ours = getattr(callbacks, name)(monitor="value", **options)
    model = network(0.5)
    rates: list[float] = []

    class Rates(callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            rates.append(self.model.optimizer.learning_rate)

    history = fit(
        Script("value", values), ours, Rates(), model=model, epochs=len(values), verbose=0
    )
    theirs = getattr(keras.callbacks, name)(monitor="value", **options)
    stand = KerasStand(keras, 0.5)
    theirs.set_model(stand)
    theirs.on_train_begin()
    expected = []
    for epoch, value in enumerate(values):
        theirs.on_epoch_end(epoch, {"value": value})
        expected.append(float(stand.optimizer.learning_rate))
        if stand.stop_training:
            break
    assert len(history.epoch) == len(expected)
    np.testing.assert_allclose(rates, expected, rtol=KERAS)
    return ours, theirs


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"patience": 2},
        {"patience": 2, "min_delta": 0.15},
        {"patience": 1, "mode": "max"},
        {"patience": 1, "baseline": 0.5},
        {"patience": 1, "start_from_epoch": 3},
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_early_stopping_stops_when_keras_does(
    keras: Any, options: dict[str, Any], seed: int
) -> None:
    values = np.random.default_rng(seed).random(12).round(2).tolist()
    ours, theirs = both(keras, "EarlyStopping", values, **{"mode": "min", **options})
    for name in ("wait", "best", "best_epoch", "stopped_epoch"):
        assert getattr(ours, name) == getattr(theirs, name), name


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "options",
    [
        {"patience": 1},
        {"patience": 2, "factor": 0.5, "cooldown": 2},
        {"patience": 0, "factor": 0.5, "min_lr": 0.1},
        {"patience": 1, "mode": "max", "min_delta": 0.3},
    ],
)
def test_learning_rates_fall_when_keras_lets_them(keras: Any, options: dict[str, Any]) -> None:
    values = np.random.default_rng(7).random(12).round(2).tolist()
    both(keras, "ReduceLROnPlateau", values, **{"mode": "min", **options})


def test_early_stopping_brings_the_best_weights_back(capsys: pytest.CaptureFixture[str]) -> None:
    kept: list[Any] = []

    class Keep(callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            kept.append(self.model.get_weights())

    stopping = callbacks.EarlyStopping("value", patience=2, mode="min", restore_best_weights=True)
    stopping.verbose = 1
    model = network()
    fit(Script("value", [3, 1, 2, 2, 0]), Keep(), stopping, model=model, epochs=5)
    assert len(kept) == 4
    np.testing.assert_array_equal(model.get_weights()[0], kept[1][0])
    assert "Epoch 4: early stopping" in capsys.readouterr().out


def test_auto_asks_the_metric_and_says_so_when_it_cannot() -> None:
    model = network()
    loss, accuracy = callbacks.EarlyStopping(), callbacks.EarlyStopping("val_accuracy")
    fit(loss, accuracy, model=model)
    assert (loss._direction(), accuracy._direction()) == ("min", "max")
    with pytest.raises(ValueError, match="monitor='val_f1'; say mode='min' or mode='max'"):
        fit(callbacks.EarlyStopping("val_f1"))
    with pytest.warns(UserWarning, match="monitor='val_loss' is not in the logs"):
        fit(callbacks.EarlyStopping(), validation_data=None, epochs=1)


def test_a_scheduler_sets_the_rate_and_logs_it(capsys: pytest.CaptureFixture[str]) -> None:
    halves = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1)
    history = fit(halves, model=network(0.5), epochs=3)
    assert history.history["learning_rate"] == [0.25, 0.125, 0.0625]
    assert "Epoch 3: LearningRateScheduler setting learning rate to 0.0625" in (
        capsys.readouterr().out
    )
    history = fit(callbacks.LearningRateScheduler(lambda epoch: 0.1 / (1 + epoch)), epochs=2)
    assert history.history["learning_rate"] == [0.1, 0.05]
    with pytest.raises(ValueError, match="learning_rate=nan"):
        fit(callbacks.LearningRateScheduler(lambda epoch: math.nan))


def test_a_csv_file_holds_a_line_per_epoch_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    history = fit(callbacks.CSVLogger(path, separator=";")).history
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert list(rows[0]) == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2, 3]
    assert [float(row["val_loss"]) for row in rows] == history["val_loss"]
    fit(callbacks.CSVLogger(path, separator=";", append=True), epochs=1)
    lines = path.read_text().splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("epoch;")
    fit(callbacks.CSVLogger(path), epochs=1, validation_data=None)
    header, line = path.read_text().splitlines()
    assert header == "epoch,accuracy,loss,val_accuracy,val_loss"
    assert line.endswith(",NA,NA")


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_csv_file_has_keras_form(keras: Any, tmp_path: Path) -> None:
    logs = {"loss": 0.5, "f1": np.array([0.25, 1.0]), "val_loss": 0.75}
    for library, name in ((callbacks, "ours"), (keras.callbacks, "theirs")):
        logger = library.CSVLogger(str(tmp_path / name))
        logger.on_train_begin()
        logger.on_epoch_end(0, dict(logs))
        logger.on_epoch_end(1, {"loss": 0.25})
        logger.on_train_end()
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


def test_nan_ends_training(capsys: pytest.CaptureFixture[str]) -> None:
    x = X.copy()
    x[25] = np.nan
    model = network()
    with pytest.warns(RuntimeWarning, match="loss of batch 2 is nan"):
        history = model.fit(
            *(x, Y),
            **{"batch_size": 10, "epochs": 5, "verbose": 0, "shuffle": False},
            callbacks=[callbacks.TerminateOnNaN()],
        )
    assert model.optimizer.iterations == 3
    assert len(history.epoch) == 1
    assert "Batch 2: Invalid loss, terminating training" in capsys.readouterr().out
    with (
        pytest.warns(RuntimeWarning),
        pytest.raises(RuntimeError, match="the loss of batch 2 is nan"),
    ):
        network().fit(
            *(x, Y),
            **{"batch_size": 10, "verbose": 0, "shuffle": False},
            callbacks=[callbacks.TerminateOnNaN(raise_error=True)],
        )


def test_functions_run_at_their_events() -> None:
    seen: list[Any] = []
    one = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((epoch, sorted(logs))),
        on_batch_end=lambda batch, logs: seen.append(batch),
        on_test_begin=lambda logs: seen.append("test"),
        on_train_end=lambda logs: seen.append(sorted(logs)),
    )
    fit(one, epochs=1)
    names = ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert seen == [0, 1, "test", (0, names), names]
    with pytest.raises(TypeError, match="on_epoch_end=3; must be a function"):
        callbacks.LambdaCallback(on_epoch_end=3)  # type: ignore[arg-type]


def test_hooks_run_in_keras_order() -> None:
    seen: list[str] = []

    class All(callbacks.Callback):
        pass

    for name in vars(callbacks.Callback):
        if name.startswith("on_"):
            setattr(All, name, lambda self, *args, name=name: seen.append(name[3:]))
    model = network()
    fit(All(), model=model, epochs=1, batch_size=40)
    assert seen == [
        *("train_begin", "epoch_begin", "train_batch_begin", "train_batch_end"),
        *("test_begin", "test_batch_begin", "test_batch_end", "test_end"),
        *("epoch_end", "train_end"),
    ]
    seen.clear()
    model.predict(X, batch_size=40, verbose=0, callbacks=[All()])
    assert seen == ["predict_begin", "predict_batch_begin", "predict_batch_end", "predict_end"]


def test_checkpoints_are_named_by_epoch_and_values(tmp_path: Path) -> None:
    model = network()
    history = fit(
        callbacks.ModelCheckpoint(tmp_path / "new" / "{epoch:02d}-{val_loss:.2f}.npz"),
        model=model,
        epochs=3,
    )
    losses = history.history["val_loss"]
    expected = [f"{i + 1:02d}-{loss:.2f}.npz" for i, loss in enumerate(losses)]
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == expected
    loaded = load_model(tmp_path / "new" / expected[-1])
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
    with pytest.raises(KeyError, match=r"names 'val_f1'; there are \['epoch', 'loss'"):
        fit(callbacks.ModelCheckpoint(tmp_path / "{val_f1}.npz"))


def test_only_the_best_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved: list[int] = []

    class Saves(Sequential):
        def save(self, filepath: Any) -> None:
            saved.append(self.optimizer.iterations)

    model = Saves([layers.Dense(2, activation="softmax", input_shape=(3,))])
    model.compile("adam", "sparse_categorical_crossentropy")
    best = callbacks.ModelCheckpoint(
        tmp_path / "best.npz", "value", verbose=1, save_best_only=True, mode="max"
    )
    fit(Script("value", [1, 3, 2, 4]), best, model=model)
    assert saved == [2, 4, 8]
    text = capsys.readouterr().out
    assert "Epoch 2: value improved from 1.00000 to 3.00000" in text
    assert "Epoch 3: value did not improve from 3.00000" in text
    saved.clear()
    threshold = callbacks.ModelCheckpoint(
        *(tmp_path / "best.npz", "value"),
        **{"save_best_only": True, "mode": "min", "initial_value_threshold": 2.5},
    )
    fit(Script("value", [3, 4, 2, 5]), threshold, model=model)
    assert len(saved) == 1


@pytest.mark.parametrize("name", [None, 3])
def test_what_is_no_path_is_told_by_the_callback_s_name(name: Any) -> None:
    with pytest.raises(TypeError, match=rf"CSVLogger: filename={name}; must be a path"):
        callbacks.CSVLogger(name)
    with pytest.raises(TypeError, match=rf"BackupAndRestore: backup_dir={name}; must be a path"):
        callbacks.BackupAndRestore(name)


def test_a_format_that_a_value_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ModelCheckpoint: filepath=.*code 'q'"):
        fit(callbacks.ModelCheckpoint(tmp_path / "{epoch:q}.npz"))


def test_a_place_for_backups_that_is_a_file_is_refused_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of the user's")
    epochs: list[int] = []
    count = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(epoch))
    with pytest.raises(FileExistsError, match="file"):
        fit(count, callbacks.BackupAndRestore(tmp_path / "file"))
    assert epochs == []


def test_nan_does_not_stay_the_best(tmp_path: Path) -> None:
    values = [math.nan, 3.0, 4.0, 2.0]
    best = callbacks.ModelCheckpoint(
        tmp_path / "{epoch}.npz", "val_x", save_best_only=True, mode="min"
    )
    stop = callbacks.EarlyStopping("val_x", patience=3, mode="min")
    fit(Script("val_x", values), best, stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.npz", "2.npz", "4.npz"]
    assert (best.best, stop.best, stop.best_epoch) == (2, 2, 3)


def test_a_csv_file_keeps_its_columns_when_other_logs_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("epoch,accuracy,loss\n0,0.5,1.25\n1,0.75,1.0")  # killed while writing
    with pytest.warns(UserWarning, match=r"no columns for \['x'\]; they are left out"):
        fit(
            Script("x", [1, 2]),
            callbacks.CSVLogger(path, append=True),
            epochs=2,
            validation_data=None,
        )
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1", "0", "1"]
    assert all(set(row) == {"epoch", "accuracy", "loss"} for row in rows)
    assert rows[1]["loss"] == "1.0"


def test_a_csv_file_of_another_kind_is_not_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("name;age\nA;3\n")
    with pytest.raises(ValueError, match=r"notes\.csv: begins with \['name;age'\]; must be a CSVL"):
        fit(callbacks.CSVLogger(path, append=True))
    assert path.read_text() == "name;age\nA;3\n"


def test_checkpoints_after_batches(tmp_path: Path) -> None:
    every = callbacks.ModelCheckpoint(tmp_path / "{epoch}-{batch}.npz", save_freq=3)
    fit(every, epochs=2, batch_size=10)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1-3.npz", "2-2.npz"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: callbacks.EarlyStopping(mode="least"), "EarlyStopping: mode='least'"),
        (lambda: callbacks.EarlyStopping(patience=-1), "EarlyStopping: patience=-1"),
        (lambda: callbacks.ReduceLROnPlateau(factor=1.0), r"ReduceLROnPlateau: factor=1\.0"),
        (lambda: callbacks.ReduceLROnPlateau(cooldown=0.5), r"cooldown=0\.5"),  # type: ignore[arg-type]
        (lambda: callbacks.ModelCheckpoint("a.npz", save_freq=0), "save_freq=0"),
        (lambda: callbacks.ModelCheckpoint(""), "filepath=''"),
        (lambda: callbacks.BackupAndRestore("a", save_freq="batch"), "save_freq='batch'"),
        (lambda: callbacks.BackupAndRestore(""), "backup_dir is empty"),
        (lambda: callbacks.ModelCheckpoint("a.txt"), r"filepath='a.txt'; must end in .keras or"),
        (lambda: callbacks.ModelCheckpoint("{epoch}.weights.h5"), "must end in .keras or"),
        (lambda: callbacks.ModelCheckpoint("a.keras", save_weights_only=True), "in .weights.h5 or"),
        (lambda: callbacks.ModelCheckpoint("{epoch.npz"), r"ModelCheckpoint: filepath=.*expected"),
        (lambda: callbacks.ModelCheckpoint("{loss[0]}.npz"), r"holds {loss\[0\]}; must be epoch"),
        (lambda: callbacks.CSVLogger("a", separator=", "), "separator=', '"),
        (lambda: callbacks.CSVLogger("a", separator="\n"), "no quote or line end"),
        (lambda: callbacks.CSVLogger(""), "filename is empty"),
        (lambda: callbacks.BackupAndRestore("a\0"), "without zero bytes"),
    ],
)
def test_what_does_not_fit_is_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
