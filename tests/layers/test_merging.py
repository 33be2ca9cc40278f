# SPDX-License-Identifier: BSD-3-Clause
"""Layers that combine several inputs, and layers that give samples another shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pyconv import Input, layers
from pyconv.autograd import gradient_check
from pyconv.layers import Layer
from pyconv.saving import deserialize_layer, serialize_layer

A, B, C = (np.random.default_rng(seed).normal(size=(2, 3, 4)) for seed in (1, 2, 3))
ROW, VECTOR = A[:, :1], A[:, 0]

MERGED: dict[str, tuple[Callable[[], Layer], list[Any], Any]] = {
    "add": (lambda: layers.Add(dtype="float64"), [A, B, C], A + B + C),
    "add one": (lambda: layers.Add(dtype="float64"), [A], A),
    "add rows": (lambda: layers.Add(dtype="float64"), [ROW, B], ROW + B),
    "add of unequal rank": (lambda: layers.Add(dtype="float64"), [A, VECTOR], A + VECTOR[:, None]),
    "subtract": (lambda: layers.Subtract(dtype="float64"), [A, B], A - B),
    "multiply": (lambda: layers.Multiply(dtype="float64"), [A, B, C], A * B * C),
    "average": (lambda: layers.Average(dtype="float64"), [A, B, C], (A + B + C) / 3),
    "maximum": (
        lambda: layers.Maximum(dtype="float64"),
        [A, B, C],
        np.maximum(np.maximum(A, B), C),
    ),
    "minimum": (lambda: layers.Minimum(dtype="float64"), [A, B], np.minimum(A, B)),
    "concatenate": (
        lambda: layers.Concatenate(dtype="float64"),
        [A, B[..., :1]],
        np.concatenate([A, B[..., :1]], -1),
    ),
    "concatenate rows": (
        lambda: layers.Concatenate(axis=1, dtype="float64"),
        [A, ROW, C],
        np.concatenate([A, ROW, C], 1),
    ),
}
ALONE: dict[str, tuple[Callable[[], Layer], Any, Any]] = {
    "reshape": (lambda: layers.Reshape((6, 2), dtype="float64"), A, A.reshape(2, 6, 2)),
    "reshape open": (lambda: layers.Reshape((-1, 3), dtype="float64"), A, A.reshape(2, 4, 3)),
    "permute": (lambda: layers.Permute((2, 1), dtype="float64"), A, A.transpose(0, 2, 1)),
    "repeat": (
        lambda: layers.RepeatVector(3, dtype="float64"),
        VECTOR,
        np.repeat(VECTOR[:, None], 3, 1),
    ),
}
ALL = {**MERGED, **{name: (make, x, y) for name, (make, x, y) in ALONE.items()}}


def shapes_of(inputs: Any, batch: int | None = None) -> Any:
    if isinstance(inputs, list):
        return [(batch, *x.shape[1:]) for x in inputs]
    return (batch, *inputs.shape[1:])


@pytest.mark.parametrize("name", ALL)
def test_values_shapes_and_gradients(name: str) -> None:
    make, inputs, expected = ALL[name]
    layer = make()
    np.testing.assert_array_equal(layer(inputs), expected)
    assert layer.compute_output_shape(shapes_of(inputs)) == (None, *expected.shape[1:])
    assert layer.compute_output_shape(shapes_of(inputs, 2)) == expected.shape
    if isinstance(inputs, list):
        gradient_check(lambda *xs: layer(list(xs)), inputs)
        gradient_check(lambda *xs: layer(xs), inputs)
    else:
        gradient_check(layer, [inputs])


@pytest.mark.parametrize("name", ALL)
def test_equal_layers_come_from_configurations(name: str) -> None:
    make, inputs, expected = ALL[name]
    again = deserialize_layer(serialize_layer(make()))
    np.testing.assert_array_equal(again(inputs), expected)


def test_lower_case_forms_are_the_layers_called() -> None:
    x, y = Input(shape=(3,)), Input(shape=(3,))
    for name in ("add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate"):
        result = getattr(layers, name)([x, y], name=f"{name}_here")
        assert result.name == f"{name}_here"
        assert result.shape == (None, 6 if name == "concatenate" else 3)
        assert type(result.node.layer).__name__.lower() == name
    assert layers.concatenate([x, y], 0).shape == (None, 3)
    np.testing.assert_array_equal(layers.add([A, B], dtype="float64"), A + B)


def test_open_sizes_stay_open() -> None:
    x, y = Input(shape=(None, 4)), Input(shape=(None, 4))
    assert layers.add([x, y]).shape == (None, None, 4)
    assert layers.add([x, Input(shape=(5, 1))]).shape == (None, 5, 4)
    assert layers.concatenate([x, y], axis=1).shape == (None, None, 4)
    assert layers.concatenate([x, y]).shape == (None, None, 8)
    assert layers.Reshape((2, -1))(x).shape == (None, 2, None)
    assert layers.Permute((2, 1))(x).shape == (None, 4, None)


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: layers.Add(name="a")(A), ValueError, "a: input shape .*; must be a list of 1 or more"),
    (lambda: layers.Add(name="a")([A, B[:, :2]]), ValueError, "a: input shapes .* do not fit"),
    (lambda: layers.Add(name="a")([A, B[:1]]), ValueError, "batches must be equal"),
    (lambda: layers.Subtract(name="s")([A, B, C]), ValueError, "s: 3 inputs; must be 2"),
    (lambda: layers.Subtract(name="s")([A]), ValueError, "must be a list of 2"),
    (
        lambda: layers.Concatenate(name="c")([A, B[:, :2]]),
        ValueError,
        "c: input shapes .*; must agree on all axes but -1",
    ),
    (lambda: layers.Concatenate(name="c")([A, VECTOR]), ValueError, "must agree on all axes"),
    (lambda: layers.Concatenate(3, name="c")([A, B]), ValueError, r"axis=3; must be in \[-3, 3\)"),
    (lambda: layers.Concatenate("last"), TypeError, "Concatenate: axis='last'; must be an int"),
    (lambda: layers.Reshape((5, 2), name="r")(A), ValueError, "does not fill target_shape"),
    (lambda: layers.Reshape((-1, 5), name="r")(A), ValueError, "does not fill target_shape"),
    (lambda: layers.Reshape((-1, -1)), ValueError, "Reshape: target_shape=.*one may be -1"),
    (lambda: layers.Reshape((2.5,)), ValueError, "must be integers"),
    (lambda: layers.Reshape(7), TypeError, "Reshape: target_shape=7; must be a tuple"),
    (lambda: layers.Permute((0, 1)), ValueError, r"Permute: dims=\(0, 1\); must be 1 to 2"),
    (lambda: layers.Permute((1, 2, 3), name="p")(A), ValueError, "must have 4 axes"),
    (lambda: layers.Permute("21"), TypeError, "Permute: dims='21'"),
    (lambda: layers.RepeatVector(0), ValueError, "RepeatVector: n=0; must be >= 1"),
    (lambda: layers.RepeatVector(2, name="v")(A), ValueError, "must have 2 axes"),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refuses_what_does_not_fit(
    call: Callable[[], Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        call()
