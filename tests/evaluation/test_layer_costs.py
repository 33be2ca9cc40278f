# SPDX-License-Identifier: BSD-3-Clause
"""Parameters and multiply-adds per layer, against counts by hand."""

from __future__ import annotations

import pytest

from pyconv import Model, Sequential, Tensor
from pyconv.applications import NETWORKS, mnist_convnet
from pyconv.evaluation import cost_lines, layer_costs
from pyconv.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input


def test_the_first_convnet_by_hand() -> None:
    costs = {c.name.split("_")[0] + str(i): c for i, c in enumerate(layer_costs(mnist_convnet()))}
    found = [(c.parameters, c.multiply_adds) for c in costs.values() if c.parameters]
    assert found == [
        (320, 26 * 26 * 9 * 32),
        (18_496, 11 * 11 * 9 * 32 * 64),
        (73_856, 3 * 3 * 9 * 64 * 128),
        (11_530, 1152 * 10),
    ]
    assert layer_costs(mnist_convnet())[0].output_shape == (1, 26, 26, 32)


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_sum_to_those_of_the_model(name: str) -> None:
    model = NETWORKS[name].new_model()
    assert sum(cost.parameters for cost in layer_costs(model)) == model.count_params()


def test_a_layer_used_twice_costs_time_twice_and_weights_once() -> None:
    inputs = Input((8, 8, 2))
    shared = Conv2D(2, 3, padding="same")
    costs = layer_costs(Model(inputs, shared(shared(inputs))))
    twice = [(c.parameters, c.multiply_adds) for c in costs if c.kind == "Conv2D"]
    assert twice == [(38, 64 * 9 * 4), (0, 64 * 9 * 4)]


def test_models_inside_and_layers_of_ones_own_count_as_they_are() -> None:
    class Own(Model):
        def __init__(self) -> None:
            super().__init__(name="own")
            self.conv = Conv2D(3, 3)
            self.scale = self.add_weight((), "ones", name="scale")

        def call(self, x: Tensor) -> Tensor:
            return self.conv(x) * self.scale

    base = Sequential([Input((10, 10, 1)), Own(), Conv2D(2, 1)])
    model = Sequential([Input((10, 10, 1)), base, GlobalAveragePooling2D(), Dense(4)])
    costs = layer_costs(model)
    assert [(c.kind, c.parameters) for c in costs] == [
        ("Conv2D", 30),
        ("Own", 1),
        ("Conv2D", 8),
        ("GlobalAveragePooling2D", 0),
        ("Dense", 12),
    ]
    assert sum(c.multiply_adds for c in costs) == 64 * 27 + 64 * 6 + 8


def test_open_sizes_must_be_given() -> None:
    model = Sequential([Input((None, None, 3)), Conv2D(4, 3)])
    assert layer_costs(model, (10, 12, 3))[0].multiply_adds == 8 * 10 * 27 * 4
    with pytest.raises(ValueError, match=r"takes \(None, None, None, 3\); must take one input of"):
        layer_costs(model)
    with pytest.raises(ValueError, match=r"layer_costs: input_shape\[0\]=0; must be >= 1"):
        layer_costs(model, (0, 12, 3))
    with pytest.raises(TypeError, match="layer_costs: model=None"):
        layer_costs(None)  # type: ignore[arg-type]


def test_several_inputs_are_refused() -> None:
    a, b = Input((2,)), Input((2,))
    with pytest.raises(ValueError, match="must take one input of known sizes"):
        layer_costs(Model([a, b], Dense(1)(a + b)))


def test_the_table_sums_up() -> None:
    model = Sequential([Input((4, 4, 1)), Flatten(name="flat"), Dense(1000, name="wide")])
    lines = cost_lines(layer_costs(model))
    assert lines[0].split()[:2] == ["Layer", "(type)"]
    assert lines[2].split() == ["wide", "(Dense)", "(1,", "1000)", "17,000", "16,000"]
    assert lines[-1].split() == ["in", "all", "17,000", "16,000"]
    assert len({len(line) for line in lines}) == 1
