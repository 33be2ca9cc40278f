# SPDX-License-Identifier: BSD-3-Clause
"""Proofs of plans: whatever numbers come first, no plan is wrong, none is given up for good."""

import numpy as np
import pytest
from arrays import normal
from planned import SHAPE, assert_follows, ordinary, picture, planned, small_model

from pyconv import Input, Sequential, activations, autograd
from pyconv.layers import BatchNormalization, Conv2D, Conv2DTranspose, Flatten, Layer
from pyconv.models.plan import FREE_FAILURES, SIGHTINGS


@pytest.mark.parametrize("scale", [1e30, 1e8, 1.0])
def test_what_numpy_adds_in_place_is_seen_even_where_it_is_lost(scale):
    transposed = Conv2DTranspose(4, 3, bias_initializer="ones")  # NumPy adds its bias
    model = Sequential([Input(shape=SHAPE), transposed, Conv2D(2, 1)])
    for seed in range(SIGHTINGS + 1):
        assert_follows(model, picture(seed) * np.float32(scale))
    assert_follows(model, picture(1))


@pytest.mark.parametrize("first", [np.nan, np.inf, 3e38, 0.0, 1e-41, 1e9])
def test_no_numbers_keep_a_shape_from_a_plan(first):
    model = small_model()
    x = np.full((1, *SHAPE), first, np.float32)
    for _ in range(3 * SIGHTINGS):
        np.testing.assert_array_equal(model.predict(x, verbose=0), ordinary(model, x))
    assert planned(model, picture())
    assert_follows(model, picture(1))


def test_outputs_that_are_no_numbers_only_put_a_plan_off():
    model, x = small_model(), picture()
    weights = model.get_weights()
    model.set_weights([w * np.float32(np.nan) for w in weights])
    assert not planned(model, x)
    model.set_weights(weights)
    assert any(planned(model, x) for _ in range(3))


class Leaning(Layer):
    """A layer, taken for the library's, whose slope hangs on what it sees."""

    def call(self, x):
        return autograd.leaky_relu(x, 0.5 if float(x.numpy().max()) > 2 else 0.25)


def test_a_number_that_python_made_of_the_input_is_not_taken_for_fixed(monkeypatch):
    monkeypatch.setattr(Leaning, "__module__", "pyconv.layers.leaning")
    model = Sequential([Input(shape=(4,)), Leaning()])
    for x in ([1, 1, 1, 1], [1, 1, 1, 2], [1, 1, 2, 1], [1, 1, 1, 3], [1, 1, 1, 1]):
        model.predict(np.array([x], np.float32), verbose=0)
    assert_follows(model, np.array([[-1, 0, 0, 1]], np.float32))


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("alike", [True, False])
def test_no_prediction_runs_the_layers_more_than_once(n, alike, monkeypatch):
    model, runs, call = small_model(), [], Sequential.call
    monkeypatch.setattr(
        Sequential, "call", lambda self, x, training=None: runs.append(x) or call(self, x, training)
    )
    for seed in range(SIGHTINGS + 3):
        x, before = picture(0 if alike else seed, n), len(runs)
        found = model.predict(x, verbose=0)
        assert len(runs) - before == (1 if seed <= SIGHTINGS else 0)
        np.testing.assert_array_equal(found, ordinary(model, x))


def test_weights_that_change_between_a_draft_and_its_proof_count():
    model = small_model()
    for seed in range(SIGHTINGS):
        assert_follows(model, picture(seed))
    model.set_weights([w * 2 for w in model.get_weights()])
    for seed in range(3 * SIGHTINGS):
        assert_follows(model, picture(seed))
    assert model._plans._plans


def test_a_model_that_learns_for_long_has_plans_afterwards():
    model = Sequential([Input(shape=SHAPE), Conv2D(2, 3), BatchNormalization(), Flatten()])
    x = picture()
    for number in range(2 * FREE_FAILURES):
        planned(model, x)
        model.set_weights([w * np.float32(1 + number / 64) for w in model.get_weights()])
    assert any(planned(model, x) for _ in range(SIGHTINGS << FREE_FAILURES))
    assert_follows(model, picture(1))


def test_a_layer_that_can_be_planned_again_is():
    model, x = small_model(), picture()
    model.layers[0].activation = lambda x: x * x
    assert not planned(model, x)
    model.layers[0].activation = activations.relu
    assert any(planned(model, x) for _ in range(2))


def test_plans_that_hold_no_more_let_go_of_their_weights():
    model = Sequential([Input(shape=(None, None, 2)), Conv2D(2, 3), BatchNormalization()])
    shapes = [(1, 5, size, 2) for size in range(4, 8)]
    for shape in shapes:
        assert planned(model, normal(shape, "float32", 0))
    model.set_weights([w + 1 for w in model.get_weights()])
    model.predict(normal(shapes[0], "float32", 0), verbose=0)
    assert not model._plans._plans
    assert not model._plans._bytes
