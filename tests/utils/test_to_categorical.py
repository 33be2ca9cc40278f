# SPDX-License-Identifier: BSD-3-Clause
"""One-hot rows and the seed of everything."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv.utils import set_random_seed, to_categorical


def test_rows_have_a_one_at_the_number() -> None:
    assert to_categorical([0, 2], 4).tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]
    assert to_categorical(np.array([1, 0])).tolist() == [[0, 1], [1, 0]]
    assert to_categorical(pyconv.Tensor(np.array([[1], [0]]))).shape == (2, 2)
    assert to_categorical([], 3).shape == (0, 3)


@pytest.mark.oracle
@pytest.mark.parametrize("shape", [(), (5,), (5, 1), (2, 3), (2, 3, 1), (1,)])
@pytest.mark.parametrize("classes", [None, 7])
@pytest.mark.parametrize("dtype", ["int64", "uint8", "float32", "bool"])
def test_equals_keras(keras: Any, shape: Any, classes: Any, dtype: str) -> None:
    x = np.random.default_rng(1).integers(0, 6, shape).astype(dtype)
    wanted, found = keras.utils.to_categorical(x, classes), to_categorical(x, classes)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("x", "classes", "message"),
    [
        ([0, -1], 3, r"x\[1\]=-1; must be 0 to 2"),
        ([[0], [3]], 3, r"x\[1, 0\]=3; must be 0 to 2"),
        ([0, 1.5], None, r"x\[1\]=1.5; must be a whole number"),
        ([0, float("nan")], None, r"x\[1\]=nan"),
        ([0, -1], None, r"x\[1\]=-1; must be 0 to 2147483646"),
        ([0, float("inf")], None, r"x\[1\]=inf; must be 0 to"),
        ([2**63], None, r"x\[0\]=9223372036854775808; must be 0 to"),
        (np.array([1e300]), 3, r"x\[0\]=1e\+300; must be 0 to 2"),
        ([], None, "needs num_classes"),
        ([1], 0, "num_classes=0"),
        (["a"], 2, "to_categorical: x has dtype <U1"),
        (None, 2, "to_categorical: x has dtype object"),
    ],
)
def test_numbers_that_are_no_classes_are_named(x: Any, classes: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        to_categorical(x, classes)


@pytest.mark.parametrize("seed", [2**32, -1, 1.5, None])
def test_a_seed_that_numpy_refuses_changes_no_generator(seed: Any) -> None:
    before = pyconv.random.get_state()
    with pytest.raises((ValueError, TypeError), match="set_random_seed: seed="):
        set_random_seed(seed)
    assert pyconv.random.get_state() == before


def test_one_seed_repeats_every_generator() -> None:
    def drawn() -> tuple[float, float, float]:
        set_random_seed(11)
        return pyconv.random.generator().random(), np.random.rand(), random.random()

    before = np.random.get_state(), random.getstate()
    assert drawn() == drawn()
    np.random.set_state(before[0])
    random.setstate(before[1])
