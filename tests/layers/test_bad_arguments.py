# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of other kinds than layers take are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pyconv import layers, random
from pyconv.preprocessing.image import ImageDataGenerator

SEVERAL = np.ones(2)
HUGE = 10**400


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Conv2D(2, 3, data_format=SEVERAL), "Conv2D: data_format=array"),
        (lambda: layers.Flatten(SEVERAL), "Flatten: data_format=array"),
        (lambda: layers.RandomFlip(SEVERAL), "RandomFlip: mode=array.*must be a name"),
        (lambda: layers.RandomFlip(["vertical"]), "RandomFlip: mode=.*must be a name"),
        (lambda: layers.Resizing(2, 2, fill_mode=SEVERAL), "Resizing: fill_mode=array"),
        (lambda: layers.Resizing(2, 2, fill_mode="wrap"), "fill_mode='wrap'; must be 'constant'"),
        (lambda: layers.ELU(HUGE), "ELU: alpha=1000.*must be finite"),
        (lambda: layers.Dropout(-HUGE), "Dropout: rate=-1000.*must be >= 0"),
    ],
)
def test_a_layer_names_a_bad_argument(make: Callable[[], Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        make()


@pytest.mark.parametrize(
    "dtype",
    [-1, 1.5, np.float32(2), True, b"x", (), (None, None), [1], {"a": 1}, SEVERAL, object()],
    ids=repr,
)
def test_what_only_numpy_takes_for_a_dtype_is_refused(dtype: Any) -> None:
    for name, make in (
        ("Dense", lambda: layers.Dense(2, dtype=dtype)),
        ("uniform", lambda: random.uniform((2,), dtype=dtype)),
        ("ImageDataGenerator", lambda: ImageDataGenerator(dtype=dtype)),
    ):
        with pytest.raises(TypeError, match=rf"{name}: dtype=.*; must be one of float32, float64"):
            make()


def test_a_dtype_is_a_name_or_numpy_s() -> None:
    for dtype in ("float64", np.float64, np.dtype("float64")):
        assert layers.Dense(2, dtype=dtype).dtype == "float64"
    for other in ("float", int, np.dtype("int8")):
        with pytest.raises(ValueError, match=r"Dense: dtype=.*; must be one of float32, float64"):
            layers.Dense(2, dtype=other)
