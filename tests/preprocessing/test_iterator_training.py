# SPDX-License-Identifier: BSD-3-Clause
"""Iterators of ImageDataGenerator feed models: fit, evaluate, predict, resumed bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

import pyconv
from pyconv import layers
from pyconv.callbacks import BackupAndRestore, LambdaCallback
from pyconv.preprocessing.image import ImageDataGenerator

X = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1) * np.ones((1, 4, 6, 3), np.uint8)
Image = pytest.importorskip("PIL.Image")


def small_model() -> pyconv.Model:
    model = pyconv.Sequential(
        [
            pyconv.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def task() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).random((22, 6, 6, 1)).astype(np.float32)
    return x, np.arange(22) % 2


def test_models_take_iterators() -> None:
    pyconv.set_seed(4)
    x, y = task()
    model, generator = small_model(), ImageDataGenerator(horizontal_flip=True)
    flow, plain = generator.flow(x, y, 8), ImageDataGenerator().flow(x, y, 8, shuffle=False)
    next(flow)
    seen: list[int] = []
    count = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    history = model.fit(flow, epochs=2, validation_data=plain, callbacks=[count], verbose=0)
    assert seen == [0, 1, 2, 0, 1, 2]
    assert sorted(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    next(plain)
    found = model.evaluate(plain, verbose=0)
    np.testing.assert_allclose(found, model.evaluate(x, y, verbose=0), rtol=KERAS)
    np.testing.assert_allclose(
        model.predict(plain, verbose=0), model.predict(x, verbose=0), rtol=KERAS, atol=KERAS
    )
    images = ImageDataGenerator().flow(x, batch_size=5, shuffle=False)
    assert model.predict(images, verbose=0).shape == (22, 2)
    assert model.predict(images, steps=2, verbose=0).shape == (10, 2)


def test_more_steps_than_batches_begin_the_next_pass() -> None:
    x, y = task()
    flow, seen = ImageDataGenerator().flow(x, y, 8), []
    model = small_model()
    count = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    model.fit(flow, steps_per_epoch=7, epochs=2, callbacks=[count], verbose=0)
    assert seen == [*range(7), *range(7)]
    assert model.evaluate(flow, steps=5, verbose=0)[0] > 0


@pytest.mark.parametrize("stop", [(0, 1), (1, 0), (1, 2), (2, 1)])
def test_training_goes_on_bit_for_bit(tmp_path: Path, stop: tuple[int, int]) -> None:
    x, y = task()

    class Stop(Exception):
        pass

    def train(*more: Any) -> pyconv.Model:
        model = small_model()
        generator = ImageDataGenerator(rotation_range=30, zoom_range=0.2, horizontal_flip=True)
        backup = BackupAndRestore(tmp_path / "backup", save_freq=1)
        callbacks = [backup, *more]
        model.fit(generator.flow(x, y, 8), epochs=3, callbacks=callbacks, verbose=0)
        return model

    pyconv.set_seed(5)
    whole = train()
    place = [0]

    def begin(epoch: int, logs: Any) -> None:
        place[0] = epoch

    def end(batch: int, logs: Any) -> None:
        if (place[0], batch) == stop:
            raise Stop

    pyconv.set_seed(5)
    with pytest.raises(Stop):
        train(LambdaCallback(on_epoch_begin=begin, on_train_batch_end=end))
    pyconv.set_seed(99)
    resumed = train()
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_layers_map_over_datasets() -> None:
    x, y = task()
    change = pyconv.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1)])
    data = pyconv.data.Dataset.from_tensor_slices((x, y)).batch(8)
    runs = []
    for threads in (None, 2):
        pyconv.set_seed(6)
        mapped = data.map(lambda x, y: (change(x), y), num_parallel_calls=threads)
        runs.append(np.concatenate([x.numpy() for x, _ in mapped]))
    np.testing.assert_array_equal(*runs)
    assert runs[0].shape == x.shape
    assert not np.array_equal(runs[0], x)
    one = pyconv.data.Dataset.from_tensor_slices((255 * x).astype(np.uint8))
    one = one.map(layers.Resizing(3, 4)).map(layers.RandomBrightness(0.2))
    assert {x.numpy().shape for x in one} == {(3, 4, 1)}


def test_cats_and_dogs(data_folder: Any) -> None:
    generator = ImageDataGenerator(rotation_range=40, horizontal_flip=True, rescale=1 / 255)
    flow = generator.flow_from_directory(
        data_folder("cats-dogs"), (150, 150), class_mode="binary", batch_size=20
    )
    assert flow.class_indices == {"cats": 0, "dogs": 1}
    x, y = next(flow)
    assert (x.shape, y.shape) == ((20, 150, 150, 3), (20,))
    assert 0 <= x.min() < 0.1
    assert 0.9 < x.max() <= 1 + KERAS
