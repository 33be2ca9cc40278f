# SPDX-License-Identifier: BSD-3-Clause
"""Activations by name: found, written down, and the functions that they are."""

from __future__ import annotations

import numpy as np
import pytest

import pyconv
from pyconv import activations, layers

NAMES = (
    "celu",
    "elu",
    "exponential",
    "gelu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_finds_the_function_and_the_function_its_name(name: str) -> None:
    function = activations.get(name)
    assert function is getattr(activations, name)
    first = {"swish": "silu", "hard_swish": "hard_silu"}.get(name, name)
    assert activations.serialize(function) == first
    assert layers.Activation(name).get_config()["activation"] == first
    x = np.linspace(-4, 4, 9, dtype=np.float32)[:, None]
    y = layers.Dense(1, activation=name, kernel_initializer="ones")(x)
    np.testing.assert_array_equal(y, function(x))


def test_an_unknown_name_is_answered_by_all_that_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"identifier='rleu'; must be one of \['celu', .*'tanh_shrink'\]"
    ):
        activations.get("rleu")


def test_results_of_integers_are_float32() -> None:
    assert pyconv.relu(np.array([-1, 2])).dtype == np.float32
    assert pyconv.softplus([1, 2]).dtype == np.float32
