# SPDX-License-Identifier: BSD-3-Clause
"""An interrupted fit goes on to the same bits, whole epochs or not, in another process too."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import Tensor, callbacks, layers
from pyconv.callbacks import BackupAndRestore, Callback
from pyconv.models import Sequential

GENERATOR = np.random.default_rng(5)
X = GENERATOR.random((50, 3), np.float32)
Y = GENERATOR.integers(0, 2, 50)
EPOCHS = 5


class Noise(layers.Layer):
    """Draws from the process's generator in training, as dropout does."""

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training:
            return x
        return x * pyconv.random.generator().random(x.shape).astype(np.float32)


def network(seed: int) -> Any:
    pyconv.set_seed(seed)
    model = Sequential(
        [
            layers.Input(shape=(3,)),
            layers.Dense(6, activation="tanh"),
            Noise(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(
        pyconv.optimizers.Adam(0.02),
        "sparse_categorical_crossentropy",
        metrics=["accuracy", pyconv.metrics.SparseTopKCategoricalAccuracy(1, name="top")],
    )
    return model


class Stop(Callback):
    """Ends the program, as far as the model is concerned."""

    def __init__(self, step: int) -> None:
        self.left = step

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


class Shuffled:
    """An iterable that draws a new order each time it starts."""

    def __iter__(self) -> Iterator[Any]:
        order = pyconv.random.generator().permutation(50)
        return ((X[i], Y[i]) for i in (order[s : s + 16] for s in range(0, 50, 16)))


def helpers() -> list[Callback]:
    return [
        callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1),
        callbacks.EarlyStopping("loss", patience=4, restore_best_weights=True),
    ]


def train(seed: int, folder: Path, stop: int | None, options: dict[str, Any]) -> Any:
    model = network(seed)
    options = {**options, "epochs": EPOCHS, "verbose": 0}
    backup = BackupAndRestore(folder, save_freq=options.pop("save_freq", "epoch"))
    given = [backup, *helpers(), *([] if stop is None else [Stop(stop)])]
    data = options.pop("data", lambda: (X, Y))()
    model.fit(*data, callbacks=given, **options)
    return model


CASES: dict[str, dict[str, Any]] = {
    "epochs": {"batch_size": 16, "validation_split": 0.2},
    "batches": {"batch_size": 16, "save_freq": 1},
    "few-batches": {"batch_size": 16, "save_freq": 3, "validation_data": (X, Y)},
    "steps": {"batch_size": 16, "steps_per_epoch": 3, "save_freq": 2},
    "steps-epochs": {"batch_size": 8, "steps_per_epoch": 3},
    "iterable": {"data": lambda: (Shuffled(),), "save_freq": 1},
    "iterable-epochs": {"data": lambda: (Shuffled(),), "steps_per_epoch": 2},
}


@pytest.mark.filterwarnings("ignore:.*ended after")
@pytest.mark.parametrize("stop", [1, 5, 7, 9])
@pytest.mark.parametrize("case", CASES)
def test_the_end_is_the_same_bits(case: str, stop: int, tmp_path: Path) -> None:
    whole = train(1, tmp_path / "whole", None, CASES[case])
    assert not (tmp_path / "whole").exists(), "removed at the end"
    state = pyconv.random.get_state()
    with pytest.raises(KeyboardInterrupt):
        train(1, tmp_path / "cut", stop, CASES[case])
    started = (tmp_path / "cut").exists()
    resumed = train(99 if started else 1, tmp_path / "cut", None, CASES[case])
    for a, b in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert resumed.history.history == whole.history.history
    assert resumed.history.epoch == whole.history.epoch
    assert resumed.optimizer.iterations == whole.optimizer.iterations
    assert resumed.optimizer.learning_rate == whole.optimizer.learning_rate
    assert pyconv.random.get_state() == state


def test_a_stop_that_was_called_for_is_remembered(tmp_path: Path) -> None:
    class StopThenCut(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = epoch == 1

        def on_train_end(self, logs: Any = None) -> None:
            raise KeyboardInterrupt

    model = network(1)
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            *(X, Y), epochs=5, verbose=0, callbacks=[StopThenCut(), BackupAndRestore(tmp_path)]
        )
    again = network(2)
    history = again.fit(X, Y, epochs=5, verbose=0, callbacks=[BackupAndRestore(tmp_path)])
    assert history.epoch == [0, 1]


PROGRAM = """
import os, signal, sys
import numpy as np
import pyconv
from pyconv import callbacks, layers

class Kill(callbacks.Callback):
    left = int(sys.argv[2])
    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)

pyconv.set_seed(int(sys.argv[3]))
x = np.random.default_rng(0).random((90, 8, 8, 1), np.float32)
y = np.arange(90) % 3
model = pyconv.Sequential([
    layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)),
    layers.Flatten(),
    layers.Dense(3, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
backup = callbacks.BackupAndRestore(sys.argv[1], save_freq=2)
model.fit(x, y, batch_size=20, epochs=3, verbose=0, callbacks=[backup, Kill()])
sys.stdout.write(b"".join(w.tobytes() for w in model.get_weights()).hex())
sys.stdout.write(repr(model.history.history))
"""


def run(folder: Path, kill: int, seed: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(kill), str(seed)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_killed_program_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", 0, 1)
    assert whole.returncode == 0, whole.stderr
    assert run(tmp_path / "cut", 8, 1).returncode == -9
    resumed = run(tmp_path / "cut", 0, 2)
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout == whole.stdout


def cut(folder: Path, **options: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        network(1).fit(
            *(X, Y),
            **{"epochs": 5, "batch_size": 16, "verbose": 0},
            callbacks=[BackupAndRestore(folder, **options), Stop(11)],
        )


def test_a_backup_that_cannot_be_read_gives_way_to_the_one_before(tmp_path: Path) -> None:
    cut(tmp_path, double_checkpoint=True)
    path = tmp_path / "backup.npz"
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    model = network(2)
    seen: list[int] = []
    tell = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(epoch))
    model.fit(X, Y, epochs=5, verbose=0, callbacks=[BackupAndRestore(tmp_path), tell])
    assert seen[0] == 1
    assert not tmp_path.exists()


def test_backups_of_others_are_refused_and_change_nothing(tmp_path: Path) -> None:
    cut(tmp_path)
    other = Sequential([layers.Dense(2, activation="softmax", input_shape=(3,))])
    other.compile("adam", "sparse_categorical_crossentropy")
    before = other.get_weights()
    with pytest.raises(ValueError, match=r"resume: .*backup\.npz: its weights .* are not those"):
        other.fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path)])
    np.testing.assert_array_equal(other.get_weights()[0], before[0])
    with pytest.raises(ValueError, match="resumed with the callbacks"):
        network(1).fit(
            *(X, Y),
            **{"verbose": 0, "epochs": 5},
            callbacks=[BackupAndRestore(tmp_path), callbacks.EarlyStopping("loss")],
        )
    data = (tmp_path / "backup.npz").read_bytes()
    for size in (0, 10, len(data) // 2, len(data) - 1):
        (tmp_path / "backup.npz").write_bytes(data[:size])
        with pytest.raises(ValueError, match=r"resume: .*backup\.npz"):
            network(1).fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path)])
    assert tmp_path.exists(), "kept for the user to look at"


def test_a_folder_with_other_files_stays(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    network(1).fit(X, Y, epochs=2, verbose=0, callbacks=[BackupAndRestore(tmp_path)])
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
    kept = BackupAndRestore(tmp_path, delete_checkpoint=False)
    network(1).fit(X, Y, epochs=2, verbose=0, callbacks=[kept])
    assert (tmp_path / "backup.npz").exists()
    history = network(2).fit(X, Y, epochs=3, verbose=0, callbacks=[BackupAndRestore(tmp_path)])
    assert history.epoch == [0, 1, 2], "the third goes on after the two"


def test_back_up_and_resume_belong_into_a_fit(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="back_up: no fit is running"):
        network(1).back_up(tmp_path / "a.npz")
    with pytest.raises(RuntimeError, match="resume_from: no fit is running"):
        network(1).resume_from(tmp_path / "a.npz")
