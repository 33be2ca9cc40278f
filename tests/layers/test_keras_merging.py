# SPDX-License-Identifier: BSD-3-Clause
"""Merging and reshaping layers beside Keras 3: results, gradients and configurations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

import pyconv
from pyconv import GradientTape, Tensor

S = (2, 3, 4)
LAYERS: dict[str, tuple[str, dict[str, Any], list[tuple[int, ...]]]] = {
    "add": ("Add", {}, [S, S, S]),
    "add of unequal rank": ("Add", {}, [S, (2, 4)]),
    "subtract": ("Subtract", {}, [S, S]),
    "multiply": ("Multiply", {}, [S, (2, 1, 4)]),
    "average": ("Average", {}, [S, S, S]),
    "maximum": ("Maximum", {}, [S, S]),
    "minimum": ("Minimum", {}, [S, S]),
    "concatenate": ("Concatenate", {"axis": 1}, [S, (2, 2, 4)]),
    "reshape": ("Reshape", {"target_shape": (2, -1)}, [S]),
    "permute": ("Permute", {"dims": (2, 1)}, [S]),
    "repeat": ("RepeatVector", {"n": 3}, [(2, 4)]),
}

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.mark.parametrize("name", LAYERS)
def test_results_and_gradients_equal_keras(keras: Any, name: str) -> None:
    kind, options, shapes = LAYERS[name]
    generator = np.random.default_rng(8)
    arrays = [generator.normal(size=shape).astype(np.float32).round(1) for shape in shapes]
    ours = getattr(pyconv.layers, kind)(**options)
    theirs = getattr(keras.layers, kind).from_config(ours.get_config())
    xs = [Tensor(x) for x in arrays]
    expected_xs = [keras.ops.convert_to_tensor(x).requires_grad_(True) for x in arrays]
    with GradientTape() as tape:
        tape.watch(xs)
        y = ours(xs if len(xs) > 1 else xs[0])
    expected = theirs(expected_xs if len(xs) > 1 else expected_xs[0])
    dy = generator.normal(size=y.shape).astype(np.float32)
    expected.backward(keras.ops.convert_to_tensor(dy))
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=KERAS)
    for gradient, x in zip(tape.gradient(y, xs, Tensor(dy)), expected_xs, strict=True):
        np.testing.assert_allclose(gradient, x.grad.numpy(), rtol=KERAS, atol=KERAS)
    config, twin = ours.get_config(), theirs.get_config()
    assert {k: v for k, v in config.items() if k != "dtype"} == {
        k: v for k, v in twin.items() if k != "dtype"
    }
