# SPDX-License-Identifier: BSD-3-Clause
"""Folding: predict and evaluate give what layer after layer gives, whatever changes meanwhile."""

import copy
import pickle
import sys
import threading

import numpy as np
import pytest
import tolerances
from arrays import normal
from settling import settled

from pyconv import Input, Model, Sequential
from pyconv.autograd import Tensor
from pyconv.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    ReLU,
    ZeroPadding2D,
)
from pyconv.layers.running import observing, structure
from pyconv.models.folding import Folded, inference

SHAPE = (8, 7, 3)


def assert_follows(model, n=3, shape=SHAPE):
    x = normal((n, *shape), "float32", n)
    expected = model(x, training=False).numpy()
    got = model.predict(x, verbose=0)
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerances.FOLDED * abs(expected).max())


def folded_count(model):
    with inference():
        model(normal((1, *SHAPE), "float32", 0), training=False)
    steps = model._folded._made[1] if isinstance(model, Sequential) else model.graph._folded[0]
    joined = [
        getattr(step, "layer", step) if not isinstance(step, Folded) else step for step in steps
    ]
    parts = [part for step in joined for part in getattr(step, "parts", [step])]  # of separables
    folded = [getattr(part, "folded", part) for part in parts]  # of sums that one ends with
    return sum(isinstance(step, Folded) and step.norm is not None for step in folded)


def chain(*layers, shape=SHAPE):
    return settled(Sequential([Input(shape=shape), *layers]))


@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}, {"epsilon": 0.1}])
@pytest.mark.parametrize("use_bias", [True, False])
def test_a_normalisation_becomes_part_of_the_convolution(options, use_bias):
    model = chain(
        Conv2D(5, 3, use_bias=use_bias),
        BatchNormalization(**options),
        Activation("relu"),
        DepthwiseConv2D(3, depth_multiplier=2, use_bias=use_bias),
        BatchNormalization(**options),
        ReLU(6.0),
        Conv2D(4, 1, activation="relu"),
        BatchNormalization(),
    )
    assert folded_count(model) == 2
    assert_follows(model)


def test_channels_first_folds_along_its_own_axis():
    options = {"data_format": "channels_first"}
    model = chain(Conv2D(5, 3, **options), BatchNormalization(axis=1), shape=(3, 8, 7))
    assert_follows(model, shape=(3, 8, 7))
    model = chain(Conv2D(5, 3, **options), BatchNormalization(axis=-1), shape=(3, 8, 7))
    assert_follows(model, shape=(3, 8, 7))


def residual():
    x = Input(shape=SHAPE)
    y = Conv2D(3, 3, padding="same")(x)
    y = BatchNormalization()(y)
    y = Activation("relu")(y)
    z = Conv2D(3, 3, padding="same")(y)
    z = BatchNormalization()(z)
    return settled(Model(x, Activation("relu")(Add()([z, y]))))


def step_count(model):
    with inference():
        model(normal((1, *model.input_shape[1:]), "float32", 0), training=False)
    return len(model._folded._made[1])


@pytest.mark.parametrize("convolution", [Conv2D(4, 3, strides=2), DepthwiseConv2D(3, strides=2)])
def test_zeros_around_images_become_padding_of_the_convolution(convolution):
    zeros = ZeroPadding2D(((0, 1), (2, 1)))
    model = chain(zeros, convolution, BatchNormalization(), ReLU(6.0))
    assert step_count(model) == 1
    assert_follows(model)


@pytest.mark.parametrize("layer", [Conv2D, DepthwiseConv2D])
def test_of_a_convolution_that_ends_in_another_activation_too(layer):
    options = {"filters": 4} if layer is Conv2D else {}
    model = chain(ZeroPadding2D(1), layer(kernel_size=3, activation="gelu", **options))
    assert step_count(model) == 1
    assert_follows(model)


def test_zeros_may_make_an_image_as_large_as_the_window():
    model = chain(ZeroPadding2D(2), Conv2D(4, 5, activation="relu"), shape=(1, 2, 3))
    assert step_count(model) == 1
    assert_follows(model, shape=(1, 2, 3))


def test_zeros_stay_where_the_convolution_pads_or_lies_otherwise():
    twice = chain(ZeroPadding2D(1), Conv2D(4, 3, padding="same"))
    other = chain(ZeroPadding2D(1, data_format="channels_first"), Conv2D(4, 3))
    for model in (twice, other):
        assert step_count(model) == 2
        assert_follows(model)


def test_other_zeros_count_at_once():
    model = chain(ZeroPadding2D(1), Conv2D(4, 3), GlobalAveragePooling2D())
    assert_follows(model)
    model.layers[0].padding = ((3, 0), (0, 2))
    assert_follows(model)


def test_a_graph_folds_what_has_one_follower():
    model = residual()
    assert folded_count(model) == 2
    assert_follows(model)


def test_what_is_needed_in_between_stays():
    x = Input(shape=SHAPE)
    y = Conv2D(3, 3)(x)
    z = BatchNormalization()(y)
    model = settled(Model(x, [y, z]))
    assert folded_count(model) == 0
    pictures = normal((2, *SHAPE), "float32", 0)
    for got, expected in zip(model.predict(pictures, verbose=0), model(pictures), strict=True):
        np.testing.assert_array_equal(got, expected.numpy())


def test_a_normalisation_in_training_mode_stays():
    x = Input(shape=SHAPE)
    model = settled(Model(x, BatchNormalization()(Conv2D(3, 3)(x), training=True)))
    assert folded_count(model) == 0


def test_an_unusual_activation_is_not_joined():
    for layer in (ReLU(3.0), ReLU(negative_slope=0.1), ReLU(threshold=0.5), Activation("sigmoid")):
        assert_follows(chain(Conv2D(4, 3), BatchNormalization(), layer))


def test_new_weights_and_new_statistics_count_at_once():
    model = residual()
    for seed in range(3):
        settled(model, seed)
        assert_follows(model)
    model.compile("sgd", "mean_squared_error")
    for seed in range(3):
        model.train_on_batch(
            normal((4, *SHAPE), "float32", seed), normal((4, *SHAPE), "float32", seed, "y")
        )
        assert_follows(model)


def test_a_changed_layer_counts_at_once():
    model = chain(Conv2D(5, 3), BatchNormalization(), Activation("relu"))
    assert_follows(model)
    model.layers[2].activation = Activation("tanh").activation
    assert_follows(model)
    model.layers[1].epsilon = 0.5
    assert_follows(model)
    model.add(Flatten())
    assert_follows(model)
    model.pop()
    model.pop()
    assert_follows(model)


def test_a_layer_used_twice_is_folded_for_each_use():
    x, shared = Input(shape=SHAPE), Conv2D(3, 3, padding="same")
    y = BatchNormalization()(shared(x))
    model = settled(Model(x, BatchNormalization()(shared(y))))
    assert folded_count(model) == 2
    assert_follows(model)


def test_models_inside_models_fold_too():
    inner = chain(Conv2D(3, 3, padding="same"), BatchNormalization())
    x = Input(shape=SHAPE)
    model = Model(x, Add()([inner(x), x]))
    assert_follows(model)


def test_a_copy_folds_its_own_weights():
    for model in (residual(), chain(Conv2D(5, 3), BatchNormalization())):
        assert_follows(model)
        twin = copy.deepcopy(model)
        settled(twin, seed=5)
        assert_follows(twin)
        assert_follows(model)


def test_evaluate_measures_the_folded_model():
    model = residual()
    model.compile("sgd", "mean_squared_error")
    x, y = normal((5, *SHAPE), "float32", 0), normal((5, *SHAPE), "float32", 1)
    loss = float(np.mean((model(x, training=False).numpy() - y) ** 2))
    assert model.evaluate(x, y, verbose=0) == pytest.approx(loss, rel=tolerances.FOLDED)


class Doubling(Layer):
    def call(self, x):
        return x * 2


def test_layers_of_the_user_are_left_alone():
    model = chain(Conv2D(3, 3), BatchNormalization(), Doubling(), Conv2D(2, 3))
    assert folded_count(model) == 1
    assert_follows(model)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_another_call_of_a_layer_is_heeded(place):
    model = chain(Conv2D(4, 3), BatchNormalization(), ReLU())
    assert folded_count(model) == 1
    layer = model.layers[place]
    layer.call = lambda x, **options: type(layer).call(layer, x) * 3 + 1
    assert_follows(model)
    del layer.call
    assert folded_count(model) == 1
    assert_follows(model)


def test_another_array_of_a_variable_counts_at_once():
    model = chain(Conv2D(4, 3), BatchNormalization())
    assert_follows(model)
    moving = model.layers[1].moving_mean
    moving.array = moving.array + 2
    assert_follows(model)


def test_nothing_folded_travels_in_a_pickle():
    x = Input(shape=SHAPE)
    graph = settled(Model(x, BatchNormalization()(Conv2D(4, 3)(x))))
    for model in (chain(Conv2D(4, 3), BatchNormalization()), graph):
        fresh = len(pickle.dumps(model))
        assert folded_count(model) == 1
        twin = pickle.loads(pickle.dumps(model))
        assert len(pickle.dumps(model)) < fresh + 200
        twin.layers[-1].epsilon = 3.0
        assert_follows(twin)
        assert_follows(model)


def test_an_observer_inside_a_prediction_sees_every_layer():
    model, seen = chain(Conv2D(4, 3), BatchNormalization()), []

    def watch(layer, inputs, run):
        seen.append(layer)
        return run()

    with inference(), observing(watch):
        model(normal((1, *SHAPE), "float32", 0), training=False)
    assert set(model.layers) <= set(seen)


def test_threads_that_fold_at_the_same_time_fold_right():
    model = chain(*(layer for _ in range(12) for layer in (Conv2D(3, 1), BatchNormalization())))
    x = normal((1, *SHAPE), "float32", 0)
    expected = model(x, training=False).numpy()
    wrong = []

    def run():
        for _ in range(40):
            structure.changed()
            with inference():
                got = model(x, training=False).numpy()
            if not np.allclose(got, expected, rtol=0, atol=tolerances.FOLDED * abs(expected).max()):
                wrong.append(got)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert not wrong


def test_filters_are_kept_ready_while_the_weights_are_the_same():
    x = normal((2, 40, 40, 20), "float32", 0)
    model = chain(
        Conv2D(24, 3, activation="relu"), Conv2D(24, 3), BatchNormalization(), shape=x.shape[1:]
    )
    expected = model.predict(x, verbose=0)
    for _ in range(3):
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
    first = model._folded._made[1][0]
    assert any(form is not None for form in first._prepared._state[1].values())
    assert_follows(model, shape=x.shape[1:])
    settled(model, seed=7)
    for _ in range(3):
        assert_follows(model, shape=x.shape[1:])


def test_filters_that_are_ready_give_the_same_bits_on_every_instruction_set(set_isa):
    x = normal((1, 30, 30, 16), "float32", 0)
    model = chain(Conv2D(40, 3), shape=x.shape[1:])
    for isa in ("avx512", "avx2", "scalar", "avx512"):
        set_isa(isa)
        for _ in range(3):
            np.testing.assert_array_equal(
                model.predict(x, verbose=0), model(x, training=False).numpy()
            )


def test_attributes_that_the_weights_do_not_follow_change_nothing():
    model = chain(Conv2D(4, 3), ReLU())
    model.layers[0].filters, model.layers[0].kernel_size = 4000, (7, 7)
    assert_follows(model)


def test_inputs_of_another_dtype_are_refused_as_ever():
    model = settled(Sequential([Input(shape=SHAPE), Conv2D(4, 3), ReLU()]))
    x = Tensor(np.zeros((1, *SHAPE), np.float64))
    with inference(), pytest.raises(TypeError, match=r"kernel\.dtype=float32; must be float64"):
        model(x, training=False)


def test_kernels_that_lie_otherwise_in_memory_are_copied():
    model = chain(Conv2D(20, 3), shape=(20, 20, 20))
    kernel = model.layers[0].kernel
    kernel.array = np.asfortranarray(kernel.array)
    for _ in range(3):
        assert_follows(model, shape=(20, 20, 20))
        kernel.assign(kernel.array * 2)


def test_filters_of_different_windows_share_their_form():
    model = chain(Conv2D(20, 3), shape=(None, None, 20))
    for size in (20, 20, 21, 22, 23, 24, 8, 8):
        assert_follows(model, n=3, shape=(size, size, 20))
    assert len(model._folded._made[1][0]._prepared._state[1]) <= 2
