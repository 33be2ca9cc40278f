# SPDX-License-Identifier: BSD-3-Clause
"""Model.profile: one row per use of a layer, with true counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pyconv import Input, Model, Sequential, layers


def small() -> Sequential:
    return Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(30, 5, activation="relu", name="conv"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(10, name="dense"),
        ]
    )


def test_each_layer_has_its_row() -> None:
    lines: list[str] = []
    rows = small().profile(np.zeros((4, 28, 28, 1), np.float32), repeats=3, print_fn=lines.append)
    assert [row.name for row in rows] == ["conv", "pool", "flat", "dense"]
    assert [row.kind for row in rows] == ["Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert [row.algorithm for row in rows] == ["direct", None, None, "gemm"]
    assert len(lines) == 6
    assert lines[1].startswith("conv (Conv2D)")
    assert "(4, 24, 24, 30)" in lines[1]
    assert lines[-1].startswith("in all ")
    for row in rows:
        assert row.milliseconds > 0
        assert (row.gflops is None) == (row.share is None) == (row.name in ("pool", "flat"))


def test_flop_and_bytes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(1000))
    monkeypatch.setattr("pyconv.models.profile.time.perf_counter", lambda: next(ticks))
    monkeypatch.setattr("pyconv.backend.peak_gflops", lambda dtype, milliseconds: 0.5)
    rows = small().profile(np.zeros((4, 28, 28, 1), np.float32), repeats=2, print_fn=lambda _: None)
    conv, _, flat, dense = rows
    seconds = conv.milliseconds / 1000  # the false clock's ticks
    assert conv.gflops == pytest.approx(2 * 4 * 24 * 24 * 30 * 25 / seconds * 1e-9)
    assert conv.share == pytest.approx(conv.gflops / 0.5)
    assert dense.gflops == pytest.approx(2 * 4 * 10 * 4320 * 1e-9 / (dense.milliseconds / 1000))
    assert conv.megabytes == pytest.approx(4 * (4 * 784 + 4 * 576 * 30 + 750 + 30) / 1e6)
    assert flat.megabytes == pytest.approx(4 * 2 * 4 * 4320 / 1e6)


def test_shared_layers_and_models_inside_are_shown_by_use() -> None:
    dense = layers.Dense(3, name="shared")
    inner = Sequential([Input((3,)), layers.Dense(5, name="inner")])
    a = Input((3,))
    model = Model(a, layers.Add(name="add")([inner(dense(a)), inner(dense(dense(a)))]))
    rows = model.profile(np.zeros((2, 3), np.float32), repeats=2, print_fn=lambda _: None)
    assert sorted(row.name for row in rows) == [
        "add",
        "inner",
        "inner",
        "shared",
        "shared",
        "shared",
    ]


@pytest.mark.parametrize(
    ("x", "repeats", "text"),
    [
        (np.zeros((2, 5), np.float32), 1, "shape"),
        (np.zeros((2, 28, 28, 1)), 0, "profile: repeats=0; must be >= 1"),
        ("picture", 1, "profile"),
    ],
)
def test_bad_input_is_named(x: Any, repeats: int, text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=text):
        small().profile(x, repeats=repeats, print_fn=lambda _: None)
