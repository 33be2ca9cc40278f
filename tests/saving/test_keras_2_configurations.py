# SPDX-License-Identifier: BSD-3-Clause
"""Keras 2's configurations: lists of uses, old names of classes and arguments."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from compare import assert_same_bits

from pyconv.saving import deserialize_layer
from pyconv.saving.keras_configuration import current_form


def dense(name: str, units: int, *uses: Any) -> dict[str, Any]:
    config = {
        "name": name,
        "units": units,
        "kernel_initializer": {
            "class_name": "VarianceScaling",
            "config": {
                "scale": 1.0,
                "mode": "fan_avg",
                "distribution": "normal",
                "seed": None,
                "dtype": "float32",
            },
        },
    }
    return {"class_name": "Dense", "name": name, "config": config, "inbound_nodes": list(uses)}


def begin(name: str) -> dict[str, Any]:
    config = {"batch_input_shape": [None, 4], "sparse": False, "ragged": False, "name": name}
    return {"class_name": "InputLayer", "name": name, "config": config, "inbound_nodes": []}


def use(*names: str, number: int = 0, **options: Any) -> list[Any]:
    return [[name, number, 0, options] for name in names]


INSIDE = {
    "name": "inside",
    "layers": [begin("in_2"), dense("small", 4, use("in_2"))],
    "input_layers": [["in_2", 0, 0]],
    "output_layers": [["small", 0, 0]],
}
WHOLE = {
    "class_name": "Model",
    "config": {
        "name": "whole",
        "layers": [
            begin("in_1"),
            {
                "class_name": "Model",
                "name": "inside",
                "config": INSIDE,
                "inbound_nodes": [use("in_1"), use("twin")],
            },
            dense("twin", 4, use("inside", number=1)),
            {
                "class_name": "Add",
                "name": "sum",
                "config": {"name": "sum", "trainable": True},
                "inbound_nodes": [use("twin", "in_1")],
            },
            {
                "class_name": "Dropout",
                "name": "drop",
                "config": {"name": "drop", "rate": 0.5, "noise_shape": None, "seed": None},
                "inbound_nodes": [use("sum", training=False)],
            },
        ],
        "input_layers": [["in_1", 0, 0]],
        "output_layers": [["drop", 0, 0], ["inside", 2, 0]],
    },
}


def test_uses_of_models_inside_count_from_one() -> None:
    model = deserialize_layer(current_form(WHOLE))
    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    inside, twin = model.get_layer("inside"), model.get_layer("twin")
    first = twin(inside(x))
    found = model(x, training=True)
    assert_same_bits([y.numpy() for y in found], [(first + x).numpy(), inside(first).numpy()])
    assert current_form(current_form(WHOLE)) == current_form(WHOLE)


def test_a_list_of_layers_is_a_sequential() -> None:
    first = dense("a", 3)
    first["config"]["batch_input_shape"] = [None, 4]
    config = {"class_name": "Sequential", "config": [first, dense("b", 2)]}
    model = deserialize_layer(current_form(config))
    assert model.input_shape == (None, 4)
    assert model.count_params() == 23


@pytest.mark.parametrize(
    ("class_name", "given", "expected"),
    [
        ("LeakyReLU", {"alpha": 0.25}, {"negative_slope": 0.25}),
        ("DepthwiseConv2D", {"groups": 1}, {}),
        ("BatchNormalization", {"axis": [3], "renorm_momentum": 0.99}, {"axis": 3}),
        (
            "BatchNormalization",
            {"renorm": True, "renorm_momentum": 0.99},
            {"renorm": True, "renorm_momentum": 0.99},
        ),
        ("Dense", {"dtype": {"class_name": "Policy", "config": {"name": "float32"}}}, None),
    ],
)
def test_old_arguments_have_their_names_of_today(
    class_name: str, given: Any, expected: Any
) -> None:
    found = current_form({"class_name": class_name, "config": given})["config"]
    assert found == ({"dtype": "float32"} if expected is None else expected)


def test_every_value_may_be_replaced_without_another_error() -> None:
    def places(value: Any, path: tuple[Any, ...] = ()) -> Any:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            if isinstance(item, (dict, list)):
                yield from places(item, (*path, key))

    refused = 0
    for path in places(WHOLE):
        for odd in (None, -1, 2**40, 1.5, "x", [], {}, [[]], {"class_name": "Dense"}, True):
            config: Any = copy.deepcopy(WHOLE)
            place = config
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = odd
            try:
                deserialize_layer(current_form(config))
            except ValueError:
                refused += 1
    assert refused > 500
