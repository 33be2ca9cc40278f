# SPDX-License-Identifier: BSD-3-Clause
"""What fit and evaluate write, on a terminal and into a file."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import layers
from pyconv.callbacks import ProgressLine
from pyconv.callbacks import progress as module
from pyconv.models import Sequential

RATE = r"[\d,]+ images/s"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def fit(**options: Any) -> Sequential:
    pyconv.set_seed(2)
    model = Sequential([layers.Dense(2, activation="softmax", input_shape=(3,))])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).random((50, 3), np.float32)
    model.fit(x, np.arange(50) % 2, batch_size=20, **options)
    return model


def test_verbose_0_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    model = fit(verbose=0)
    x = np.ones((3, 3))
    model.evaluate(x, np.zeros(3), verbose=0)
    model.predict(x, verbose=0)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("verbose", ["auto", 1, 2])
def test_into_a_file_an_epoch_is_a_line(verbose: Any, capsys: pytest.CaptureFixture[str]) -> None:
    fit(verbose=verbose, epochs=2, validation_split=0.2)
    text, errors = capsys.readouterr()
    values = r"loss \d\.\d{4}  accuracy \d\.\d{4}  val_loss \d\.\d{4}  val_accuracy \d\.\d{4}"
    one, two = (rf"Epoch {i}/2  2/2  \d\.\d s  {RATE}  {values}\n" for i in (1, 2))
    assert re.fullmatch(one + two, text), text
    assert errors == ""
    assert "\r" not in text


def test_on_a_terminal_the_line_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr(module, "TERMINAL_PAUSE", 0.0)
    monkeypatch.setenv("COLUMNS", "100")
    fit(verbose=1)
    states = terminal.getvalue().split("\r")
    assert states[0] == ""
    number = r"\d\.\d{4}"
    expected = rf"Epoch 1/1  1/3 \[=+\.+\]  0\.\d s left  {RATE}  loss {number}  accuracy {number}"
    assert re.fullmatch(expected, states[1].rstrip()), states
    assert len(states[1]) < 100
    assert states[-1].startswith("Epoch 1/1  3/3  ")
    assert states[-1].endswith("\n")
    assert terminal.getvalue().count("\n") == 1


def test_a_narrow_terminal_cuts_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr(module, "TERMINAL_PAUSE", 0.0)
    monkeypatch.setenv("COLUMNS", "50")
    fit(verbose=1)
    *living, last = terminal.getvalue().split("\r")
    assert len(living) == 4
    assert all(len(state) < 50 and "[" not in state for state in living)
    assert len(last) > 50, "the line that stays is whole"


def test_an_interruption_ends_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupt(pyconv.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            raise KeyboardInterrupt

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr(module, "TERMINAL_PAUSE", 0.0)
    with pytest.raises(KeyboardInterrupt):
        fit(verbose=1, callbacks=[Interrupt()])
    assert terminal.getvalue().endswith("\n")


def test_evaluate_and_predict_tell_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    model = fit(verbose=0)
    model.evaluate(np.ones((40, 3)), np.zeros(40), verbose=2)
    model.predict(np.ones((40, 3)), verbose=1)
    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"Evaluate  2/2  \S+ s  {RATE}  loss \S+  accuracy \S+", first)
    assert re.fullmatch(rf"Predict  2/2  \S+ s  {RATE}", second)


def test_numbers_and_durations_read_well() -> None:
    assert [module._seconds(s) for s in (0.04, 9.96, 59, 185, 3723)] == [
        "0.0 s",
        "10.0 s",
        "59 s",
        "3:05",
        "1:02:03",
    ]
    assert [module._number(v) for v in (0.0, 0.98765, 12.5, 3e-5, 1e6)] == [
        "0.0000",
        "0.9877",
        "12.5000",
        "3.0000e-05",
        "1.0000e+06",
    ]


def test_a_stream_of_ones_own() -> None:
    stream = io.StringIO()
    fit(verbose=0, callbacks=[ProgressLine(verbose=2, stream=stream)], validation_split=0.5)
    assert stream.getvalue().startswith("Epoch 1/1  2/2")
    assert stream.getvalue().count("\n") == 1
