# SPDX-License-Identifier: BSD-3-Clause
"""Traces of predictions: nothing that NumPy computed on the way is taken for fixed."""

import subprocess
import sys

import numpy as np
import pytest
from planned import SHAPE, assert_follows, ordinary, picture, planned, small_model

from pyconv import Input, Model, Sequential
from pyconv.initializers import Constant
from pyconv.layers import (
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    Maximum,
    MaxPooling2D,
    Permute,
    Rescaling,
)
from pyconv.layers.operation import Operation
from pyconv.models import plan
from pyconv.models.plan import SIGHTINGS


def test_inputs_too_large_for_a_plan_are_traced_once_until_a_layer_changes(monkeypatch):
    tries = []

    def drafted(model, x, weights):
        tries.append(x.shape)
        return ordinary(model, x), None

    monkeypatch.setattr(plan, "drafted", drafted)
    model, x = small_model(), picture(n=2)
    assert not planned(model, x)
    assert not planned(model, x)
    assert tries == [x.shape]
    model.layers[0].trainable = False
    assert not planned(model, x)
    assert tries == [x.shape] * 2


def test_what_numpy_computes_on_the_way_is_not_planned():
    model = Sequential([Input(shape=SHAPE), Conv2D(2, 3), Permute((2, 1, 3)), Conv2D(2, 3)])
    assert not planned(model, picture())
    for seed in range(4):
        assert_follows(model, picture(seed))


def test_saturated_outputs_do_not_make_a_plan_of_what_numpy_computes():
    model = Sequential(
        [Input(shape=SHAPE), Permute((2, 1, 3)), Flatten(), Dense(3, activation="softmax")]
    )
    kernel, bias = model.get_weights()
    bias[0] = 1e4
    model.set_weights([kernel, bias])
    planned(model, picture())
    assert_follows(model, picture(1) * 1e6)


@pytest.mark.parametrize(
    "kept",
    [
        lambda x, large: Maximum()([Conv2D(4, 3)(x), large]),
        lambda x, large: Operation("Absolute").apply(large),
    ],
)
def test_what_numpy_leaves_unchanged_on_some_numbers_is_not_planned(kept):
    x = Input(shape=SHAPE)
    model = Model(x, Conv2D(3, 1)(kept(x, Conv2D(4, 3, bias_initializer=Constant(100))(x))))
    planned(model, picture())
    assert_follows(model, picture(1) * 1e3)


def absolute_in_another_order(x):
    both = [Permute((3, 1, 2))(each) for each in (x, Rescaling(-1.0)(x))]
    return Permute((2, 3, 1))(Maximum()(both))  # lies as x does, its axes out of order


def transposed(x):
    ones = Conv2DTranspose(4, 3, kernel_initializer="ones", bias_initializer=Constant(100))
    return ones(x)  # which adds its bias in place


@pytest.mark.parametrize("inside", [absolute_in_another_order, transposed])
def test_saturated_outputs_hide_nothing_that_numpy_computes(inside):
    x = Input(shape=SHAPE)
    model = Model(x, Dense(2, "softmax")(Flatten()(inside(x))))
    kernel, bias = model.layers[-1].weights
    kernel.assign(np.broadcast_to([0, 1], kernel.shape))
    bias.assign([1e6, 0])
    planned(model, picture())
    for scale in np.geomspace(1, 1e5, 30, dtype=np.float32):
        assert_follows(model, np.abs(picture()) * scale)


def test_invented_numbers_give_no_warning():
    x = Input(shape=SHAPE)
    negative = Operation("Negative").apply(MaxPooling2D(1)(x))
    model = Model(x, MaxPooling2D(1)(Operation("Log").apply(negative)))
    with np.errstate(all="raise"):
        planned(model, np.full((1, *SHAPE), -0.1, np.float32))


def test_a_trace_lets_results_go_as_any_run_does():
    program = (
        "import numpy as np, pyconv\n"
        "from pyconv import backend, layers\n"
        "stack = [layers.Conv2D(8, 3, padding='same') for _ in range(20)]\n"
        "model = pyconv.Sequential([pyconv.Input((128, 128, 8)), *stack])\n"
        "x = np.ones((4, 128, 128, 8), np.float32)\n"
        "model.predict(x, verbose=0)\n"
        "ordinarily = backend.memory_info()['peak']\n"
        f"for _ in range({SIGHTINGS + 1}): model.predict(x, verbose=0)\n"
        "print(backend.memory_info()['peak'] - ordinarily)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert int(done.stdout) <= 3 * 4 * 128 * 128 * 8 * 4
