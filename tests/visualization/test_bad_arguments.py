# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of other kinds are refused by function and argument, and no file is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import visualization
from pyconv.layers import Conv2D, Dense, Flatten, Input

X, Y = np.zeros((4, 5, 5)), np.zeros(4, int)


def small() -> Any:
    return pyconv.Sequential(
        [Input((5, 5, 1)), Conv2D(2, 3, name="first"), Flatten(), Dense(2, activation="softmax")]
    )


@pytest.mark.parametrize(
    ("name", "arguments", "options", "message"),
    [
        ("box_plot", (3,), {}, "scores=3; must be a dictionary"),
        ("curves", (None,), {}, "history=None; must be what fit returns"),
        ("curves", ([1, 2],), {}, r"history=\[1, 2\]; must be what fit returns"),
        ("curves", ({"a": 1},), {}, r"history\['a'\]=1; must be one number per epoch"),
        ("curves", ({"a": ["x"]},), {}, r"history\['a'\] .* must be numbers"),
        ("curves", ({1: [1]},), {}, "history has the name 1; must be text"),
        ("confusion_matrix", (Y, Y), {"class_names": 3}, "class_names=3; must be a list"),
        ("misclassified", (np.float32(1), Y, Y), {}, r"images.shape=\(\) with 4 labels"),
        ("augmented_samples", (lambda x: 3, X[..., None]), {}, r"source\(images\).shape=\(\)"),
        ("layer_kernels", (small(),), {"layers": 3}, "layers=3; must be a list"),
        ("filter_patterns", (small(), "first"), {"filters": 0.5}, "filters=0.5; must be a list"),
        ("layer_depth", (small(), 3), {}, "layers=3; must be a list"),
    ],
)
def test_arguments_of_other_kinds_are_named(
    tmp_path: Path, name: str, arguments: Any, options: dict[str, Any], message: str
) -> None:
    path = tmp_path / "a.png"
    with pytest.raises((TypeError, ValueError), match=f"{name}: {message}"):
        getattr(visualization, name)(*arguments, path=path, **options)
    assert not path.exists()


@pytest.mark.parametrize("path", [3, 1.5, True, ["a.png"]])
def test_a_path_is_a_path(path: Any) -> None:
    with pytest.raises(TypeError, match=r"box_plot: path=.*; must be a path"):
        visualization.box_plot({"a": [1, 2]}, path)


def test_a_border_is_a_name() -> None:
    with pytest.raises(TypeError, match=r"apply_image_kernel: border=.*; must be a name"):
        visualization.apply_image_kernel(X[0], "blur", border=np.array([1, 2]))  # type: ignore[arg-type]


def test_more_filters_than_there_are_take_no_memory(tmp_path: Path) -> None:
    patterns = visualization.filter_patterns(
        small(), "first", tmp_path / "a.png", filters=2**31 - 1, steps=1
    )
    assert patterns.shape == (5, 5 + 5 + 5)  # two of 5 x 5, and the gap
