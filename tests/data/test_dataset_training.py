# SPDX-License-Identifier: BSD-3-Clause
"""fit, evaluate and predict on Datasets: the same numbers as on arrays, known length or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import layers
from pyconv.callbacks import BackupAndRestore, Callback
from pyconv.data import AUTOTUNE, Dataset
from pyconv.models import Sequential

GENERATOR = np.random.default_rng(2)
X = GENERATOR.random((50, 3), np.float32)
Y = GENERATOR.integers(0, 2, 50)


def network() -> Any:
    pyconv.set_seed(6)
    model = Sequential(
        [layers.Dropout(0.2, input_shape=(3,)), layers.Dense(2, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def known(size: int = 16) -> Dataset:
    return Dataset.from_tensor_slices((X, Y)).batch(size).prefetch(AUTOTUNE)


def unknown(size: int = 16) -> Dataset:
    return Dataset.from_generator(lambda: zip(X, Y, strict=True)).batch(size).prefetch(1)


@pytest.mark.parametrize("make", [known, unknown])
def test_a_dataset_trains_as_its_arrays_do(make: Any) -> None:
    model = network()
    history = model.fit(
        X, Y, batch_size=16, shuffle=False, epochs=3, validation_data=(X, Y), verbose=0
    ).history
    other = network()
    found = other.fit(make(), epochs=3, validation_data=make(), verbose=0).history
    assert list(history) == list(found)
    for name, values in history.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(
        other.evaluate(make(), verbose=0), model.evaluate(X, Y, verbose=0), rtol=1e-6
    )
    np.testing.assert_array_equal(other.predict(make(), verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize("make", [known, unknown])
def test_the_progress_line_counts_batches(make: Any, capsys: pytest.CaptureFixture[str]) -> None:
    network().fit(make(), epochs=2, validation_data=make(), verbose=1)
    text = capsys.readouterr().out
    assert text.count("4/4") >= 2
    network().fit(make(), verbose=2)
    assert "4/4" in capsys.readouterr().out


def test_inputs_by_name_and_weights() -> None:
    model = network()
    weights = np.linspace(0, 1, 50, dtype=np.float32)
    model.fit(X, Y, sample_weight=weights, batch_size=16, shuffle=False, verbose=0)
    other = network()
    other.fit(Dataset.from_tensor_slices((X, Y, weights)).batch(16), verbose=0)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_endless_dataset_needs_steps() -> None:
    model = network()
    with pytest.raises(ValueError, match="fit: x never ends; the number of steps must be given"):
        model.fit(known().repeat(), verbose=0)
    with pytest.raises(ValueError, match="never ends"):
        model.fit(known(), validation_data=known().repeat(), verbose=0)
    with pytest.raises(ValueError, match="never ends"):
        model.predict(known().repeat(), verbose=0)
    history = model.fit(known().repeat(), steps_per_epoch=3, epochs=2, verbose=0)
    assert len(history.epoch) == 2
    assert model.optimizer.iterations == 6


def test_a_shuffled_augmented_fit_repeats_bit_for_bit() -> None:
    def weights(threads: int | None, ahead: int) -> list[Any]:
        def noisy(x: Any, y: Any) -> Any:
            return x + pyconv.random.generator().normal(size=3).astype("float32"), y

        model = network()
        dataset = Dataset.from_tensor_slices((X, Y)).shuffle(20)
        dataset = dataset.map(noisy, num_parallel_calls=threads).batch(16)
        model.fit(dataset.prefetch(ahead), epochs=3, verbose=0)
        return model.get_weights()

    first = weights(None, 0)
    for others in (weights(None, 2), weights(3, 1)):
        for a, b in zip(first, others, strict=True):
            np.testing.assert_array_equal(a, b)


class Kill(Callback):
    """Stops training in the middle of the second epoch."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.model.optimizer.iterations == 6:
            raise InterruptedError("killed")


def test_a_killed_fit_goes_on_bit_for_bit(tmp_path: Any) -> None:
    def dataset() -> Dataset:
        def noisy(x: Any, y: Any) -> Any:
            return x + pyconv.random.generator().normal(size=3).astype("float32"), y

        sliced = Dataset.from_tensor_slices((X, Y)).shuffle(50)
        return sliced.map(noisy, num_parallel_calls=2).batch(16).prefetch(2)

    whole = network()
    whole.fit(dataset(), epochs=3, verbose=0)
    path = str(tmp_path / "backup")
    killed = network()
    with pytest.raises(InterruptedError):
        killed.fit(
            dataset(), epochs=3, verbose=0, callbacks=[BackupAndRestore(path, save_freq=1), Kill()]
        )
    again = network()
    again.fit(dataset(), epochs=3, verbose=0, callbacks=[BackupAndRestore(path, save_freq=1)])
    for a, b in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_error_of_the_pipeline_leaves_the_model_usable() -> None:
    def broken(x: Any, y: Any) -> Any:
        raise OSError("no such picture")

    model = network()
    with pytest.raises(OSError, match="no such picture"):
        model.fit(known().map(broken, num_parallel_calls=2).prefetch(1), verbose=0)
    model.fit(known(), verbose=0)
