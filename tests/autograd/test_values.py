# SPDX-License-Identifier: BSD-3-Clause
"""Functions that NumPy computes: the same values as NumPy, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from compare import assert_same

import pyconv
from pyconv import GradientTape, Tensor
from pyconv import autograd as ag

X = np.random.default_rng(5).normal(size=(2, 3, 4))
Y = np.random.default_rng(6).normal(size=(3, 1))

SAME: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "maximum": (lambda x: ag.maximum(x, Y), lambda x: np.maximum(x, Y)),
    "minimum of a number": (lambda x: ag.minimum(0.5, x), lambda x: np.minimum(0.5, x)),
    "square": (ag.square, np.square),
    "min": (lambda x: x.min(1), lambda x: x.min(1)),
    "argmax": (lambda x: x.argmax(-1), lambda x: x.argmax(-1)),
    "argmax of all": (ag.argmax, np.argmax),
    "where": (lambda x: ag.where(x > 0, x, Y), lambda x: np.where(x > 0, x, Y)),
    "split": (lambda x: ag.split(x, [1, 3], 2)[1], lambda x: np.split(x, [1, 3], 2)[1]),
    "split in equal parts": (lambda x: ag.split(x, 2, -1)[1], lambda x: np.split(x, 2, -1)[1]),
    "pad": (lambda x: ag.pad(x, 1), lambda x: np.pad(x, 1)),
    "pad with a value": (
        lambda x: ag.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=-1),
        lambda x: np.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=-1),
    ),
    "tile": (lambda x: ag.tile(x, (2, 1, 1, 3)), lambda x: np.tile(x, (2, 1, 1, 3))),
    "broadcast_to": (
        lambda x: ag.broadcast_to(x, (5, 2, 3, 4)),
        lambda x: np.broadcast_to(x, (5, 2, 3, 4)),
    ),
    "expand_dims": (lambda x: ag.expand_dims(x, -1), lambda x: x[..., None]),
    "squeeze": (lambda x: ag.squeeze(x[:1, :, :1]), lambda x: x[0, :, 0]),
    "flip": (ag.flip, np.flip),
    "flip of an axis": (lambda x: ag.flip(x, 1), lambda x: np.flip(x, 1)),
    "matmul": (lambda x: x @ X.transpose(0, 2, 1), lambda x: x @ X.transpose(0, 2, 1)),
}


@pytest.mark.parametrize("name", SAME)
def test_values_equal_numpy(name: str) -> None:
    ours, numpys = SAME[name]
    assert_same(ours(Tensor(X)).numpy(), np.array(numpys(X)))


def test_variance_is_of_the_population() -> None:
    x = Tensor([[1.0, 2.0, 3.0, 4.0]])
    assert x.var().item() == 1.25
    assert x.var(1, keepdims=True).shape == (1, 1)
    assert ag.var(np.array([1, 3])).dtype == np.float32


def test_l2_normalize_divides_by_the_length() -> None:
    np.testing.assert_array_equal(pyconv.l2_normalize([[3.0, 4.0]]), np.float32([[0.6, 0.8]]))
    rows = pyconv.l2_normalize(Tensor(np.array([[3.0, 4.0], [0.0, 0.0]])), -1)
    np.testing.assert_array_equal(rows, [[0.6, 0.8], [0, 0]])


def test_equals_share_the_gradient() -> None:
    for function in (ag.maximum, ag.minimum):
        a, b = Tensor([1.0, 2.0, 3.0]), Tensor([3.0, 2.0, 1.0])
        with GradientTape() as tape:
            tape.watch([a, b])
            y = function(a, b)
        da, db = tape.gradient(y, [a, b])
        assert da is not None
        assert db is not None
        assert da.numpy()[1] == db.numpy()[1] == 0.5
        np.testing.assert_array_equal(da.numpy() + db.numpy(), np.ones(3))


def test_nan_goes_through_the_extremes() -> None:
    x = Tensor([np.nan, 1.0])
    assert np.isnan(ag.maximum(x, 0.0).numpy()[0])
    assert np.isnan(x.min().item())


def test_comparisons_and_argmax_have_no_gradient() -> None:
    x = Tensor([1.0, 3.0, 2.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ag.cast(x.argmax(), np.float32) * 2.0
        z = ag.cast(x > 1.5, np.float32) * 2.0
    assert tape.gradient(y, x) is None
    assert tape.gradient(z, x) is None


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: ag.split(X, 5, 2), "split: indices_or_sections=5; must divide 4"),
    (lambda: ag.split(X, "ab", 2), "split: indices_or_sections='ab'; must be a list"),
    (lambda: ag.split(X, 1.5, 2), "split: indices_or_sections=1.5; must be a list"),
    (lambda: ag.split(X, [None], 2), "split: indices_or_sections=None; must be an int"),
    (lambda: ag.flip(X, 1.5), "flip: axis=1.5; must be a list"),
    (lambda: ag.squeeze(X, ["a"]), "squeeze: axis='a'; must be an int"),
    (lambda: ag.split(X, 2, 3), r"split: axis=3; must be in \[-3, 3\)"),
    (lambda: ag.squeeze(X, 1), r"squeeze: axis=1 of shape \(2, 3, 4\); sizes must be 1"),
    (lambda: ag.expand_dims(X, 9), "expand_dims: axis=9"),
    (lambda: ag.flip(X, -4), "flip: axis=-4"),
    (lambda: ag.tile(X, -1), r"tile: repeats=\(-1,\); must be >= 0"),
    (lambda: ag.pad(X, ((1, 1), (1, 1))), "pad: pad_width=.*; must be"),
    (lambda: ag.pad(X, -1), "pad: pad_width=-1; must be integers >= 0"),
    (lambda: ag.pad(X, 0.5), "pad: pad_width=0.5; must be integers"),
]


@pytest.mark.parametrize(("call", "text"), REFUSED)
def test_refuses_what_does_not_fit(call: Callable[[], Any], text: str) -> None:
    with pytest.raises((TypeError, ValueError), match=text):
        call()
