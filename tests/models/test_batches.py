# SPDX-License-Identifier: BSD-3-Clause
"""Data in batches: generators, sequences, iterables, steps, the last part of an epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import layers
from pyconv.callbacks import Callback
from pyconv.models import Sequential

GENERATOR = np.random.default_rng(2)
X = GENERATOR.random((50, 3), np.float32)
Y = GENERATOR.integers(0, 2, 50)


def network(metrics: Any = ("accuracy",)) -> Any:
    pyconv.set_seed(6)
    model = Sequential([layers.Dense(2, activation="softmax", input_shape=(3,))])
    model.compile(
        pyconv.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=list(metrics)
    )
    return model


def batches(size: int = 16) -> Iterator[Any]:
    for start in range(0, len(X), size):
        yield X[start : start + size], Y[start : start + size]


class Numbered:
    """A sequence of batches as Keras's Sequence is one: no __iter__, any number is answered."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.ended = 0

    def __len__(self) -> int:
        return 4

    def __getitem__(self, number: int) -> Any:
        self.read.append(number)
        return X[number * 16 : number * 16 + 16], Y[number * 16 : number * 16 + 16]

    def on_epoch_end(self) -> None:
        self.ended += 1


class Anew:
    """An iterable that starts anew and does not say how long it is."""

    def __iter__(self) -> Iterator[Any]:
        return batches()


class Unknown(Anew):
    """An iterable that has a length but does not know it."""

    def __len__(self) -> int:
        raise TypeError("unknown")


class Looping:
    """An endless iterator that says how many batches an epoch has, as Keras's flow is one."""

    def __init__(self) -> None:
        self.taken = 0

    def __len__(self) -> int:
        return 4

    def __iter__(self) -> Looping:
        return self

    def __next__(self) -> Any:
        self.taken += 1
        return list(batches())[(self.taken - 1) % 4]


def fitted(x: Any, y: Any = None, **options: Any) -> tuple[Any, list[np.ndarray[Any, Any]]]:
    model = network()
    options = {"epochs": 2, "verbose": 0, **options}
    history = model.fit(x, y, **options)
    return history.history, model.get_weights()


@pytest.mark.parametrize("make", [Numbered, Anew, Unknown, Looping, lambda: list_of_batches()])
def test_batches_train_as_arrays_do(make: Any) -> None:
    history, weights = fitted(X, Y, batch_size=16, shuffle=False, validation_data=(X, Y))
    other, found = fitted(make(), validation_data=make())
    assert list(history) == list(other)
    for name, values in history.items():
        np.testing.assert_allclose(other[name], values, rtol=1e-6)
    for a, b in zip(found, weights, strict=True):
        np.testing.assert_array_equal(a, b)


def list_of_batches() -> Any:
    class Kept:
        def __init__(self) -> None:
            self.batches = list(batches())

        def __iter__(self) -> Iterator[Any]:
            return iter(self.batches)

    return Kept()


def test_a_sequence_is_read_in_order_and_told_of_the_epochs_end() -> None:
    sequence = Numbered()
    fitted(sequence)
    assert sequence.read == [0, 1, 2, 3] * 2
    assert sequence.ended == 2


def test_a_generator_goes_on_over_the_epochs() -> None:
    def endless() -> Iterator[Any]:
        while True:
            yield from batches()

    _, expected = fitted(X, Y, batch_size=16, shuffle=False)
    _, found = fitted(endless(), steps_per_epoch=4)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_generator_that_ends_early_is_told() -> None:
    with pytest.raises(ValueError, match="fit: x has no more batches; epochs need an iterable"):
        fitted(batches())
    with pytest.warns(UserWarning, match="fit: x ended after 4 of 5 batches"):
        fitted(batches(), epochs=1, steps_per_epoch=5)


def test_a_generator_raises_through_fit_and_leaves_the_model_usable() -> None:
    def broken() -> Iterator[Any]:
        yield next(batches())
        raise OSError("no such picture")

    model = network()
    with pytest.raises(OSError, match="no such picture"):
        model.fit(broken(), verbose=0)
    assert model.optimizer.iterations == 1
    model.fit(X, Y, verbose=0)


def test_steps_per_epoch_of_arrays_go_on_where_the_last_epoch_ended() -> None:
    seen: list[tuple[int, int]] = []

    class Count(Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch = epoch

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append((self.epoch, batch))

    _, found = fitted(
        X, Y, batch_size=16, steps_per_epoch=2, epochs=4, shuffle=False, callbacks=[Count()]
    )
    _, expected = fitted(X, Y, batch_size=16, epochs=2, shuffle=False)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)
    assert seen == [(epoch, batch) for epoch in range(4) for batch in range(2)]


def test_evaluate_and_predict_take_batches_and_steps() -> None:
    model = network()
    whole = model.evaluate(X, Y, verbose=0)
    np.testing.assert_allclose(model.evaluate(Anew(), verbose=0), whole, rtol=1e-6)
    np.testing.assert_array_equal(model.predict(Anew(), verbose=0), model.predict(X, verbose=0))
    two = model.evaluate(X[:32], Y[:32], verbose=0)
    assert model.evaluate(X, Y, batch_size=16, steps=2, verbose=0) == pytest.approx(two)
    assert model.evaluate(Looping(), steps=2, verbose=0) == pytest.approx(two)
    assert model.predict(X, batch_size=16, steps=2, verbose=0).shape == (32, 2)
    assert model.predict((batch[0] for batch in batches()), verbose=0).shape == (50, 2)


def test_validation_steps_and_frequency() -> None:
    history, _ = fitted(
        *(X, Y), epochs=4, validation_data=Looping(), validation_steps=1, validation_freq=2
    )
    assert len(history["val_loss"]) == 2
    history, _ = fitted(X, Y, epochs=4, validation_data=(X, Y), validation_freq=[1, 3, 4])
    assert len(history["val_loss"]) == 3


def test_progress_without_a_known_length(capsys: pytest.CaptureFixture[str]) -> None:
    network().fit(Anew(), epochs=1, verbose=2)
    assert "4/4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (lambda: iter([(X, Y, Y, Y)]), {}, "a batch is a tuple of 4"),
        (lambda: iter([(X, Y[:3])]), {}, "x has 50 samples and y 3"),
        (lambda: iter([X]), {}, "y is None"),
        (lambda: iter([(X[:, :2], Y)]), {}, r"input shape \(50, 2\)"),
        (lambda: iter([(X, Y + 7)]), {}, r"labels\[0\]="),
        (lambda: iter([(X, Y, np.full(50, np.nan))]), {}, r"sample_weight\[0\]=nan"),
        (lambda: iter([]), {}, "x has no more batches"),
        (lambda: Empty(), {}, "fit: x has no batches"),
        (Anew, {"sample_weight": np.ones(50)}, "must come with the batches of x"),
        (Anew, {"validation_split": 0.2}, "needs arrays"),
        (Anew, {"steps_per_epoch": 0}, "steps_per_epoch=0"),
        (Anew, {"validation_data": Anew(), "validation_steps": -1}, "validation_steps=-1"),
        (Anew, {"validation_freq": 0}, "validation_freq=0"),
    ],
)
def test_what_does_not_fit_is_named(x: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        network().fit(x(), verbose=0, **options)


class Empty(Numbered):
    def __len__(self) -> int:
        return 0


def test_y_beside_batches_is_refused() -> None:
    with pytest.raises(ValueError, match="y and sample_weight must come with the batches"):
        network().fit(Anew(), Y, verbose=0)
