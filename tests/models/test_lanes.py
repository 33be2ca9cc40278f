# SPDX-License-Identifier: BSD-3-Clause
"""Lanes: images of a batch that go through all layers one by one have the ordinary bits."""

import numpy as np
import pytest
from arrays import normal

from pyconv import Input, Model, Sequential, backend
from pyconv.layers import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    Softmax,
)
from pyconv.layers.operation import Operation
from pyconv.models.folding import inference
from pyconv.models.lanes import LEAST_IMAGE, LEAST_MEMORY, Lanes
from pyconv.models.plan import SIGHTINGS
from pyconv.models.tracing import Plan

SHAPE = (80, 96, 3)
TURNED = slice(None, None, -1)  # of one image, the same


def large_model(*, dense=10):
    return Sequential(
        [
            Input(shape=SHAPE),
            Conv2D(40, 3, padding="same", activation="relu"),
            DepthwiseConv2D(3, strides=2, padding="same"),
            BatchNormalization(),
            Conv2D(24, 1, activation="relu"),
            AveragePooling2D(2),
            Flatten(),
            Dense(dense, activation="softmax"),
        ]
    )


def images(n, seed=0):
    return normal((n, *SHAPE), "float32", seed)


def plan_of(model, x):
    for _ in range(SIGHTINGS + 1):
        model.predict(x, batch_size=len(x), verbose=0)
    _, made = model._plans._plans.get((x.shape, x.dtype), (None, None))
    return made


def assert_follows(model, x):
    with inference():
        expected = model(x, training=False)
    got = model.predict(x, batch_size=len(x), verbose=0)
    one = isinstance(got, np.ndarray)
    for a, b in zip([got] if one else got, [expected] if one else expected, strict=True):
        np.testing.assert_array_equal(a, b.numpy())


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_large_images_of_a_batch_go_one_by_one(threads, set_threads):
    set_threads(threads)
    model, x = large_model(), images(6)
    made = plan_of(model, x)
    assert type(made) is Lanes
    assert len(made.plans) == threads
    assert made.nbytes >= threads * LEAST_MEMORY
    assert x[0].nbytes >= LEAST_IMAGE
    for seed in range(3):
        assert_follows(model, images(6, seed))
    assert_follows(model, images(6, 4)[:, ::-1])
    for other in (1, 2, 3):
        set_threads(other)
        assert_follows(model, images(6, 5))


def test_several_outputs_keep_their_form(set_threads):
    set_threads(2)
    x = Input(shape=SHAPE)
    y = Conv2D(40, 3, padding="same")(x)
    model = Model(x, [GlobalAveragePooling2D()(y), Conv2D(2, 3)(y)])
    assert type(plan_of(model, images(4))) is Lanes
    assert_follows(model, images(4, 1))


def test_new_weights_count_at_once(set_threads):
    set_threads(2)
    model = large_model()
    assert type(plan_of(model, images(4))) is Lanes
    model.set_weights([w * 1.5 for w in model.get_weights()])
    assert_follows(model, images(4, 1))


def test_where_weights_are_many_the_batch_stays_together(set_threads):
    set_threads(2)
    assert type(plan_of(large_model(dense=2000), images(4))) is Plan


def test_small_images_and_uneven_batches_stay_together(set_threads):
    set_threads(4)
    assert type(plan_of(large_model(), images(5))) is Plan
    small = Sequential([Input(shape=(12, 12, 3)), Conv2D(8, 3), Flatten(), Dense(3)])
    x = normal((8, 12, 12, 3), "float32", 0)
    assert type(plan_of(small, x)) is Plan


def test_what_joins_the_images_of_a_batch_is_not_split(set_threads):
    set_threads(2)
    model = Sequential([Input(shape=SHAPE), Conv2D(40, 3, padding="same"), Softmax(axis=0)])
    assert type(plan_of(model, images(4))) is not Lanes
    assert_follows(model, images(4, 1))


def test_a_model_of_one_size_of_batch_stays_together(set_threads):
    set_threads(2)
    x = Input(batch_shape=(4, *SHAPE))
    model = Model(x, GlobalAveragePooling2D()(Conv2D(40, 3, padding="same")(x)))
    assert type(plan_of(model, images(4))) is Plan
    assert_follows(model, images(4, 1))


def test_arrays_of_any_layout_are_taken(set_threads):
    set_threads(2)
    model = large_model()
    assert type(plan_of(model, images(4))) is Lanes
    flat = np.zeros(images(4).nbytes + 1, np.uint8)[1:].view(np.float32)
    odd = flat.reshape(4, *SHAPE)
    odd[...] = images(4, 2)
    assert not odd.flags.aligned
    assert_follows(model, odd)
    assert_follows(model, np.asfortranarray(images(4, 3)))


def test_a_program_keeps_kernels_alone():
    assert backend.native._core.program([(len, ((),))]) is None


def test_saturated_outputs_do_not_hide_what_joins_images(set_threads):
    set_threads(2)
    x = Input(shape=SHAPE)
    y = Conv2D(40, 3, padding="same")(x)
    turned = Operation("GetItem").apply(y, TURNED)
    model = Model(x, Dense(2, "softmax")(GlobalAveragePooling2D()(Conv2D(3, 1)(turned))))
    kernel, bias = model.layers[-1].weights
    kernel.assign(np.broadcast_to([0, 1], kernel.shape))
    bias.assign([1e6, 0])
    assert type(plan_of(model, images(4))) is not Lanes
    bias.assign([0, 0])
    assert_follows(model, images(4, 1))
    bias.assign([1e6, 0])
    plan_of(model, images(4))
    assert_follows(model, images(4, 1) * np.float32(1e7))


def test_equal_images_do_not_hide_what_joins_them(set_threads):
    set_threads(2)
    x = Input(shape=SHAPE)
    y = Conv2D(40, 3, padding="same")(x)
    model = Model(x, GlobalAveragePooling2D()(Conv2D(3, 1)(Operation("GetItem").apply(y, TURNED))))
    for seed in range(SIGHTINGS + 2):
        model.predict(np.repeat(images(1, seed), 4, axis=0), verbose=0)
    assert_follows(model, images(4))
