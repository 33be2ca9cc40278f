# SPDX-License-Identifier: BSD-3-Clause
"""Steps of small networks are replayed from CUDA graphs, with the bits of ordinary steps."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import backend, layers, mixed_precision
from pyconv.models import replay

SAMPLES = 12


def images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((SAMPLES, 6, 6, 1), np.float32), rng.integers(0, 3, SAMPLES)


def convnet(*extra: Any, eagerly: bool = False, **compiled: Any) -> Any:
    pyconv.set_seed(3)
    model = pyconv.Sequential(
        [
            pyconv.Input((6, 6, 1)),
            layers.Rescaling([2.0], offset=0.5),
            layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            *extra,
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    ).to("cuda")
    options = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", **compiled}
    model.compile(**options, metrics=["accuracy"], run_eagerly=eagerly)
    return model


def trained(model: Any, epochs: int = 3, **options: Any) -> list[np.ndarray]:
    x, y = images()
    pyconv.set_seed(4)
    history = model.fit(x, y, 4, epochs, verbose=0, **options).history
    return [np.array(history["loss"]), *model.get_weights()]


def same(found: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(found, expected, strict=True))


def test_replayed_training_has_the_bits_of_ordinary_training(gpu: Any) -> None:
    expected = trained(convnet(eagerly=True))
    assert gpu.graph_launches == 0
    assert same(trained(convnet()), expected)
    steps = 3 * SAMPLES // 4
    assert gpu.graph_launches == steps - replay.SIGHTINGS


def test_a_replayed_step_launches_few_things_by_hand(gpu: Any) -> None:
    counts = []
    for eagerly in (True, False):
        model = convnet(eagerly=eagerly)
        trained(model)
        gpu.launches = 0
        trained(model, epochs=1)
        counts.append(gpu.launches)
    assert counts[1] < counts[0] / 3


def test_smaller_last_batches_weights_of_samples_and_validation_go_along(gpu: Any) -> None:
    options = {
        "sample_weight": np.linspace(0.1, 1, SAMPLES),
        "validation_data": images(),
    }
    found = []
    for eagerly in (True, False):
        model, (x, y) = convnet(eagerly=eagerly), images()
        pyconv.set_seed(4)
        model.fit(x, y, 5, 4, verbose=0, **options)
        found.append([*model.get_weights(), model.predict(x, batch_size=5, verbose=0)])
    assert same(*found)


def test_predictions_are_replayed_and_follow_the_weights(gpu: Any) -> None:
    x, y = images()
    model, plain = convnet(), convnet(eagerly=True)
    plain.set_weights(model.get_weights())
    for _ in range(2):
        expected = model.to("cpu").predict(x, 4, verbose=0)
        model.to("cuda")
        before = gpu.graph_launches
        found = model.predict(x, 4, verbose=0)
        assert gpu.graph_launches > before
        np.testing.assert_allclose(found, expected, rtol=1e-5)
        model.train_on_batch(x, y)
        after = model.predict(x, 4, verbose=0)
        assert (after != found).any()


@pytest.mark.parametrize(
    "layer",
    [lambda: layers.Dropout(0.3), lambda: layers.GaussianNoise(0.1), lambda: layers.RandomFlip()],
)
def test_layers_that_draw_numbers_are_never_captured_in_training(
    gpu: Any, layer: Callable[[], Any]
) -> None:
    expected = trained(convnet(layer(), eagerly=True))
    assert same(trained(convnet(layer())), expected)
    assert gpu.graph_launches == 0


class Counting(layers.Layer):
    """A layer of the user's, whose numbers change from call to call on the host."""

    calls = 0

    def call(self, x: pyconv.Tensor) -> pyconv.Tensor:
        Counting.calls += 1
        return x * float(Counting.calls)


def test_layers_and_losses_of_the_user_run_as_usual(gpu: Any) -> None:
    trained(convnet(Counting()))
    assert Counting.calls > 3 * SAMPLES // 4 - 1

    def own_loss(y_true: Any, y_pred: Any) -> Any:
        return (y_pred * y_pred).sum(axis=-1)

    trained(convnet(loss=own_loss))
    assert gpu.graph_launches == 0


def test_work_that_waits_for_the_device_falls_back_and_loses_nothing(gpu: Any) -> None:
    loss = pyconv.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")
    options = {"sample_weight": np.linspace(0.1, 1, SAMPLES)}
    expected = trained(convnet(loss=loss, eagerly=True), **options)
    assert same(trained(convnet(loss=loss), **options), expected)
    assert gpu.graph_launches == 0


def test_a_graph_that_gives_other_bits_is_not_believed(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = trained(convnet(eagerly=True))
    launch = backend.Capture.launch

    def wrong(self: Any) -> None:
        launch(self)
        self._graph.work[-1] = lambda: None

    monkeypatch.setattr(replay, "_same", lambda found, expected: False)
    assert same(trained(convnet()), expected)
    monkeypatch.setattr(backend.Capture, "launch", wrong)
    assert same(trained(convnet()), expected)


def test_what_a_graph_was_made_under_is_looked_at_before_each_launch(gpu: Any) -> None:
    found = []
    for eagerly in (True, False):
        model, (x, y) = convnet(eagerly=eagerly), images()
        trained(model)
        model.layers[2].trainable = False  # batch normalisation then uses its averages
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=eagerly)
        trained(model)
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=eagerly)
        model.to("cpu").to("cuda")
        model.train_on_batch(x, y)
        found.append(trained(model))
    assert same(*found)


def test_the_scale_of_the_loss_is_part_of_what_a_graph_was_made_under(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixed_precision.Policy, "chosen", mixed_precision.Policy("float32"))
    found = []
    for eagerly in (True, False):
        optimizer = mixed_precision.LossScaleOptimizer("sgd", dynamic_growth_steps=5)
        found.append(trained(convnet(optimizer=optimizer, eagerly=eagerly)))
        assert optimizer.scale > 2.0**15
    assert same(*found)


def test_a_large_network_is_not_captured(gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "LARGEST_BYTES", 1 << 10)
    expected = trained(convnet(eagerly=True))
    assert same(trained(convnet()), expected)
    assert gpu.graph_launches == 0


def test_waiting_after_each_operation_makes_no_graph(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYCONV_CUDA_SYNC", "1")
    trained(convnet())
    assert gpu.graph_launches == 0


def test_nothing_is_allocated_in_a_capture_and_others_do_not_touch_its_memory(gpu: Any) -> None:
    import cupy

    capture = backend.Capture("cuda:0")
    x = cupy.asarray(np.arange(8, dtype=np.float32))

    def work() -> Any:
        return (x * 2 + 1) * x

    expected = capture.run(work).get()
    blocks = capture._pool.blocks
    result = capture.record(work)
    assert capture._pool.blocks == blocks
    rubbish = [cupy.full(8, 7, np.float32) for _ in range(20)]
    for factor in (1, 3):
        x.fill(factor)
        capture.launch()
        assert (result.get() == (factor * 2 + 1) * factor).all()
    assert expected[3] == 21
    assert all((r.get() == 7).all() for r in rubbish)


def test_a_capture_that_would_allocate_raises_and_leaves_the_stream_usable(gpu: Any) -> None:
    import cupy

    capture = backend.Capture("cuda:0")
    x = cupy.ones(8, np.float32)
    with pytest.raises(RuntimeError, match="cudaMalloc while capturing"):
        capture.record(lambda: x + 1)  # it never ran, so the pool is empty
    with pytest.raises(RuntimeError, match="copy between host and device"):
        capture.record(lambda: backend.put(np.ones(3, np.float32), "cuda:0"))
    assert (capture.run(lambda: x + 1).get() == 2).all()


def test_a_copy_of_a_model_begins_without_graphs(gpu: Any) -> None:
    model = convnet()
    trained(model)
    assert model._replays._replays
    assert pickle.loads(pickle.dumps(model._replays))._replays == {}


def test_graphs_are_not_made_over_and_over_for_what_keeps_changing(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "MOST_MAKINGS", 3)
    model, (x, y) = convnet(), images()
    for number in range(12):
        model.layers[0].name = f"rescaling_{number}"
        model.train_on_batch(x, y)
    assert gpu.graph_launches == 3
    assert model._replays._makings == 3


def test_a_model_on_the_second_gpu_is_replayed_there(gpu: Any) -> None:
    found = [trained(convnet(eagerly=eagerly).to("cuda:1")) for eagerly in (True, False)]
    assert same(*found)
    assert gpu.graph_launches > 0
    assert gpu.device == 0
