# SPDX-License-Identifier: BSD-3-Clause
"""The next batch travels to the GPU while the present one is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import backend, layers
from pyconv.models.ahead import Ahead
from pyconv.models.batch import Batch


def test_arrays_arrive_in_order_and_whole(gpu: Any) -> None:
    staging = backend.Staging("cuda:0")
    sent = [np.full((n, 3), n, np.float32) for n in (4, 4, 2, 6, 1)]
    staging.send(sent[0])
    for number, array in enumerate(sent):
        found = staging.receive()
        if number + 1 < len(sent):
            staging.send(sent[number + 1])
        assert found.device.id == 0
        assert (found.get() == array).all()


def test_a_copy_waits_on_its_own_stream_until_the_array_is_received(gpu: Any) -> None:
    staging = backend.Staging("cuda:0")
    staging.send(np.ones(3, np.float32))
    assert len(staging._stream.pending) == 1  # nothing has waited for it
    found = staging.receive()
    assert not staging._stream.pending
    assert (found.get() == 1).all()


def test_the_host_array_may_change_as_soon_as_it_was_sent(gpu: Any) -> None:
    staging, x = backend.Staging("cuda:0"), np.ones(3, np.float32)
    staging.send(x)
    x[...] = 5
    assert (staging.receive().get() == 1).all()


@pytest.mark.parametrize("x", [np.ones((3, 4), ">f4").T, np.zeros((0, 2), np.float32)])
def test_any_layout_and_no_samples_arrive(gpu: Any, x: np.ndarray) -> None:
    staging = backend.Staging("cuda:0")
    staging.send(x)
    found = staging.receive()
    assert found.dtype.isnative
    assert found.shape == x.shape
    assert (found.get() == x).all()


def test_bytes_travel_and_are_cast_on_the_device(gpu: Any) -> None:
    batches = [Batch(np.full((2, 3), n, np.uint8), [np.array([n, n])], [None]) for n in range(4)]
    ahead = Ahead(iter(batches), "cuda:0", "float32")
    for number, batch in enumerate(ahead):
        ahead.stage()
        assert batch.x.dtype == np.float32
        assert (batch.x.get() == number).all()
        assert batch.y[0].get().tolist() == [number, number]
        assert batch.weights == [None]
        places = [place for place in ahead._staging[0]._places if place is not None]
        assert max(place.host.nbytes for place in places) == 6  # of uint8
    assert number == 3


def test_the_next_batch_is_taken_before_the_host_waits_for_the_loss(gpu: Any) -> None:
    events: list[str] = []

    def batches() -> Any:
        for number in range(3):
            events.append(f"take {number}")
            yield np.ones((2, 4), np.float32), np.ones((2, 1), np.float32)

    model = pyconv.Sequential([pyconv.Input((4,)), layers.Dense(1)]).to("cuda")
    model.compile("sgd", "mse")
    waits = pyconv.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: events.append(f"done {batch}")
    )
    model.fit(batches(), verbose=0, steps_per_epoch=3, callbacks=[waits])
    assert events == ["take 0", "take 1", "done 0", "take 2", "done 1", "done 2"]


def test_a_step_waits_for_the_gpu_once(gpu: Any) -> None:
    x, y = np.ones((12, 4), np.float32), np.arange(12) % 2
    model = pyconv.Sequential(
        [pyconv.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2, "softmax")]
    ).to("cuda")
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, 2, 1, verbose=0)
    gpu.synchronisations = 0
    model.fit(x, y, 2, 1, verbose=0)
    copies = 2 * 4  # of 6 batches of x and y: the pinned memory of two batches ago is used again
    assert gpu.synchronisations == 6 + copies
