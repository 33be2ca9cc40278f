# SPDX-License-Identifier: BSD-3-Clause
"""Plans of predictions: the bits of the ordinary way, never of another model or other weights."""

import copy
import threading

import numpy as np
import pytest
from arrays import normal
from planned import SHAPE, assert_follows, ordinary, picture, planned, small_model

from pyconv import Input, Model, Sequential
from pyconv.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
)
from pyconv.layers.running import observing, structure
from pyconv.models.folding import inference
from pyconv.models.plan import LARGEST_BYTES, MOST_SHAPES, SIGHTINGS


def test_a_plan_gives_the_bits_of_the_ordinary_way():
    model = small_model()
    assert planned(model, picture())
    for seed in range(5):
        assert_follows(model, picture(seed))
    assert_follows(model, picture(1)[:, :, ::-1])
    assert_follows(model, picture(1).astype(np.float64).astype(np.float32))


def test_every_call_returns_an_array_of_its_own():
    model = small_model()
    assert planned(model, picture())
    first = model.predict(picture(1), verbose=0)
    kept = first.copy()
    second = model.predict(picture(2), verbose=0)
    np.testing.assert_array_equal(first, kept)
    first[...] = 0
    np.testing.assert_array_equal(second, ordinary(model, picture(2)))


def test_a_plan_does_not_write_to_its_input():
    model, x = small_model(), picture()
    assert planned(model, x)
    np.testing.assert_array_equal(x, picture())


def test_new_weights_count_at_once():
    model, x = small_model(), picture()
    assert planned(model, x)
    model.set_weights([w + 1 for w in model.get_weights()])
    assert_follows(model, x)
    model.layers[0].kernel.array[...] = 0.5  # behind the library's back
    assert_follows(model, x)


def test_training_counts_at_once():
    model = Sequential(
        [Input(shape=SHAPE), Conv2D(4, 3), BatchNormalization(), Flatten(), Dense(3)]
    )
    model.compile("sgd", "mean_squared_error")
    x = picture(n=2)
    planned(model, x)
    for seed in range(3):
        model.train_on_batch(picture(seed, n=2), normal((2, 3), "float32", seed))
        for _ in range(SIGHTINGS + 2):
            assert_follows(model, x)


def test_a_changed_layer_counts_at_once():
    model, x = small_model(), picture()
    assert planned(model, x)
    model.layers[0].strides = (2, 2)
    model.layers[1].pool_size = model.layers[1].strides = (1, 1)
    np.testing.assert_array_equal(
        Model(model.inputs, model.layers[0].output).predict(x, verbose=0),
        model.layers[0](x).numpy(),
    )
    with pytest.raises(ValueError, match="dense"):
        model.predict(x, verbose=0)


def test_a_layer_taken_off_or_put_on_counts_at_once():
    model, x = small_model(), picture()
    assert planned(model, x)
    model.pop()
    assert_follows(model, x)
    assert planned(model, x)
    model.add(Dense(2))
    assert model.predict(x, verbose=0).shape == (1, 2)


def test_a_copy_of_a_model_has_weights_of_its_own():
    model, x = small_model(), picture()
    assert planned(model, x)
    twin = copy.deepcopy(model)
    twin.set_weights([w * 2 for w in model.get_weights()])
    for _ in range(SIGHTINGS + 2):
        assert_follows(twin, x)
        assert_follows(model, x)


class Picky(Layer):
    """A layer that decides by what it sees."""

    def call(self, x):
        return x * 2 if float(x.numpy().mean()) > 0 else x


def test_layers_of_the_user_are_not_planned():
    model = Sequential([Input(shape=SHAPE), Conv2D(2, 3), Picky()])
    assert not planned(model, picture())
    for seed in range(6):
        assert_follows(model, picture(seed))
    model = Sequential([Input(shape=SHAPE), Conv2D(2, 3, activation=lambda x: x * x)])
    assert not planned(model, picture())
    assert_follows(model, picture(3))


def test_several_outputs_keep_their_form():
    x = Input(shape=SHAPE)
    a = Conv2D(3, 3)(x)
    model = Model(x, {"a": a, "b": Activation("tanh")(a)})
    assert planned(model, picture())
    found, expected = model.predict(picture(4), verbose=0), model(picture(4))
    assert found.keys() == {"a", "b"}
    for key in found:
        np.testing.assert_array_equal(found[key], expected[key].numpy())


def test_large_results_are_not_kept():
    model = Sequential([Input(shape=(300, 300, 1)), Conv2D(200, 3)])
    x = normal((1, 300, 300, 1), "float32", 0)
    assert LARGEST_BYTES < 298 * 298 * 200 * 4
    assert not planned(model, x)
    assert_follows(model, x)


def test_all_plans_of_a_model_share_one_room():
    model = Sequential([Input(shape=(None, 300, 1)), Conv2D(100, 3)])
    first, second = (normal((1, height, 300, 1), "float32", 0) for height in (300, 301))
    assert LARGEST_BYTES < 2 * 298 * 298 * 100 * 4
    assert planned(model, first)
    assert not planned(model, second)
    assert_follows(model, first)
    assert_follows(model, second)


def test_a_plan_that_another_thread_runs_takes_room_too():
    model = Sequential([Input(shape=(None, 300, 1)), Conv2D(100, 3)])
    first, second = (normal((1, height, 300, 1), "float32", 0) for height in (300, 301))
    assert planned(model, first)
    del model._plans._plans[first.shape, first.dtype]  # as a thread does meanwhile
    assert not planned(model, second)


def test_a_plan_that_is_out_of_date_takes_no_room():
    model = Sequential([Input(shape=(None, 300, 1)), Conv2D(100, 3)])
    first, second = (normal((1, height, 300, 1), "float32", 0) for height in (300, 301))
    assert planned(model, first)
    model.layers[0].trainable = False
    model.predict(first, verbose=0)
    assert planned(model, second)


def test_a_plan_of_a_deep_model_is_as_large_as_what_is_needed_at_a_time():
    model = Sequential([Input(shape=(16, 16, 8))])
    for _ in range(12):
        model.add(Conv2D(8, 3, padding="same", activation="relu"))
    x = normal((1, 16, 16, 8), "float32", 0)
    assert planned(model, x)
    _, made = model._plans._plans[x.shape, x.dtype]
    assert made.memory.nbytes == 2 * 16 * 16 * 8 * 4
    assert_follows(model, normal((1, 16, 16, 8), "float32", 1))


def test_threads_do_not_meet_in_one_plan():
    model = small_model()
    assert planned(model, picture())
    expected = [ordinary(model, picture(seed)) for seed in range(8)]
    wrong = []

    def predict(seed):
        for _ in range(200):
            if not np.array_equal(model.predict(picture(seed), verbose=0), expected[seed]):
                wrong.append(seed)

    threads = [threading.Thread(target=predict, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_batches_of_an_epoch_go_by_a_plan_too():
    model, x = small_model(), picture(n=50)
    got = model.predict(x, batch_size=4, verbose=0)
    assert ((4, *SHAPE), x.dtype) in model._plans._plans
    np.testing.assert_array_equal(
        got, np.concatenate([ordinary(model, x[i : i + 4]) for i in range(0, 50, 4)])
    )


def test_layers_that_train_whenever_they_run_are_not_planned():
    x = Input(shape=SHAPE)
    dropped = Dropout(0.1)(Dense(3)(Flatten()(x)), training=True)
    assert not any(planned(Model(x, dropped), picture()) for _ in range(10))
    norm = BatchNormalization(momentum=0.5)
    model = Model(x, Sequential([Input(shape=SHAPE), norm, Conv2D(2, 3)])(x, training=True))
    for seen in range(1, SIGHTINGS + 3):
        model.predict(np.ones((1, *SHAPE), np.float32), verbose=0)
        np.testing.assert_allclose(norm.moving_mean.numpy(), 1 - 0.5**seen, rtol=1e-6)


def test_another_call_of_a_layer_counts_at_once():
    model, x = small_model(), picture()
    assert planned(model, x)
    convolution = model.layers[0]
    convolution.call = lambda x: Conv2D.call(convolution, x) * 2
    assert not planned(model, x)
    assert_follows(model, x)
    del convolution.call
    assert_follows(model, x)


def test_another_array_of_a_variable_counts_at_once():
    model, x = small_model(), picture()
    assert planned(model, x)
    bias = model.layers[-1].bias
    bias.array = bias.array + np.float32([3, 0, 0, 0, 0])
    assert_follows(model, x)


def test_a_weight_shared_with_a_layer_outside_counts_at_once():
    outside, model = Conv2D(4, 3), Sequential([Input(shape=SHAPE), Conv2D(4, 3)])
    model.add(BatchNormalization())
    outside.build((None, *SHAPE))
    model.layers[0].kernel = outside.kernel
    assert planned(model, picture())
    outside.kernel.assign(outside.kernel.numpy() * 2)
    assert_follows(model, picture())


def test_an_observer_sees_the_layers_of_a_planned_model():
    model, x = small_model(), picture()
    assert planned(model, x)
    seen = []

    def watch(layer, inputs, run):
        seen.append(layer)
        return run()

    with inference(), observing(watch):
        model.predict(x, verbose=0)
    assert set(model.layers) <= set(seen)


def test_host_kernels_of_another_module_count_at_once():
    model, x = small_model(), picture()
    assert planned(model, x)
    guard, _ = model._plans._plans[x.shape, x.dtype]
    assert guard.holds()
    assert not guard._replace(module=np).holds()


def test_a_model_keeps_a_limited_number_of_plans():
    model = Sequential([Input(shape=(None, None, 2)), Conv2D(2, 3)])
    for height in range(3, MOST_SHAPES + 8):
        x = np.ones((1, height, 3, 2), np.float32)
        planned(model, x)
        assert_follows(model, x)
    assert len(model._plans._plans) == MOST_SHAPES


def test_threads_that_count_changes_never_return_to_a_number():
    seen = []

    def change():
        for _ in range(2000):
            structure.changed()
            seen.append(structure.changes)

    before = structure.changes
    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    structure.changed()
    assert structure.changes == before + 8001
    assert structure.changes not in seen
