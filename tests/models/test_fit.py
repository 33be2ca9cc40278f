# SPDX-License-Identifier: BSD-3-Clause
"""fit, evaluate, predict: data, labels, arguments, interruptions."""

from __future__ import annotations

import copy
import pickle
import threading
import warnings
from typing import Any

import numpy as np
import pytest
from row_pictures import CLASSES, assert_equal, data, network
from tolerances import KERAS

import pyconv
from pyconv import GradientTape, Tensor, layers
from pyconv.callbacks import Callback
from pyconv.models import Model, Sequential


def weights_after(model: Any, x: Any, y: Any, **options: Any) -> list[np.ndarray[Any, Any]]:
    model.fit(x, y, batch_size=16, epochs=2, verbose=0, **options)
    found: list[np.ndarray[Any, Any]] = model.get_weights()
    return found


def test_learns_within_a_second() -> None:
    x, y = data(300)
    model = network()
    history = model.fit(x, y, batch_size=20, epochs=10, verbose=0, validation_split=0.2)
    assert history.history["accuracy"][-1] > 0.95
    assert history.history["val_accuracy"][-1] > 0.95
    assert history.history["loss"][-1] < history.history["loss"][0] / 2
    assert history.epoch == list(range(10))
    assert model.history is history


def test_labels_in_every_form_train_alike() -> None:
    x, y = data()
    expected = weights_after(network(), x, y)
    for labels in (y[:, None], y.astype(np.uint8), y.astype(np.float64), y.tolist()):
        assert_equal(weights_after(network(), x, labels), expected)
    one_hot = np.eye(CLASSES)[y]
    close = weights_after(network(loss="categorical_crossentropy"), x, one_hot)
    for a, b in zip(close, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=KERAS, atol=KERAS)


def test_inputs_of_every_kind_train_alike() -> None:
    x, y = data()
    pixels = np.round(x * 100).astype(np.uint8)
    expected = weights_after(network(), pixels.astype(np.float32), y)
    for inputs in (pixels, pixels.astype(np.int64), pixels.astype(np.float64), pixels.tolist()):
        assert_equal(weights_after(network(), inputs, y), expected)
    views = pixels[:, ::-1].astype(">f8")[:, ::-1]
    assert_equal(weights_after(network(), views, y), expected)
    assert_equal(weights_after(network(), Tensor(pixels), y), expected)


def test_softmax_and_its_logits_give_the_same_loss() -> None:
    x, y = data()
    from_logits = pyconv.losses.SparseCategoricalCrossentropy(from_logits=True)
    expected = weights_after(network(None, from_logits), x, y)
    assert_equal(weights_after(network(), x, y), expected)
    model = network()
    model.pop()
    model.add(layers.Dense(CLASSES))
    model.add(layers.Activation("softmax"))
    model.set_weights(network().get_weights())
    model.compile(pyconv.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    pyconv.set_seed(6)
    network()  # draws as much as the models it is compared with
    assert_equal(weights_after(model, x, y), expected)


def test_loss_is_weighted_by_batch_size_and_the_last_batch_is_kept() -> None:
    x, y = data(50)
    model = network()
    seen: list[int] = []

    class Count(Callback):
        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append(batch)

    loss, accuracy = model.evaluate(x, y, batch_size=16, verbose=0, callbacks=[Count()])
    assert seen == [0, 1, 2, 3]
    p = model.predict(x, batch_size=7, verbose=0)
    assert loss == pytest.approx(-np.log(p[np.arange(50), y]).mean(), rel=KERAS)
    assert accuracy == (p.argmax(1) == y).mean()
    assert model.evaluate(x, y, verbose=0, return_dict=True).keys() == {"loss", "accuracy"}


def test_validation_split_takes_the_last_part() -> None:
    x, y = data(40)
    history = network().fit(x, y, epochs=1, verbose=0, validation_split=0.25)
    other = network().fit(x[:30], y[:30], epochs=1, verbose=0, validation_data=(x[30:], y[30:]))
    assert history.history == other.history


def test_evaluate_and_predict_change_and_record_nothing() -> None:
    x, y = data()
    model = network()
    before, state = model.get_weights(), pyconv.random.get_state()
    with GradientTape(persistent=True) as tape:
        tape.watch(model.weights)
        model.evaluate(x, y, verbose=0)
        model.predict(x, verbose=0)
    assert tape._records == []
    assert_equal(model.get_weights(), before)
    assert pyconv.random.get_state() == state


def test_predict_of_nothing_is_empty_and_results_are_own_arrays() -> None:
    x, _ = data()
    model = Sequential([layers.Input(shape=(6, 6, 1)), layers.Flatten()])
    assert model.predict(x[:0], verbose=0).shape == (0, 36)
    y = model.predict(x, verbose=0)
    y += 1
    assert x.max() < 2


def test_shuffling_draws_a_new_order_and_can_be_left_off() -> None:
    x, y = data()
    shuffled, still = weights_after(network(), x, y), weights_after(network(), x, y, shuffle=False)
    assert not np.array_equal(shuffled[0], still[0])


def test_train_on_batch_and_its_metrics() -> None:
    x, y = data()
    model = network()
    first = model.train_on_batch(x, y)
    assert isinstance(first, list)
    assert len(first) == 2
    for _ in range(5):
        model.train_on_batch(x, y)
    assert model.train_on_batch(x, y, return_dict=True)["loss"] < first[0]
    assert model.optimizer.iterations == 7


def test_frozen_layers_stay_and_count_from_compile() -> None:
    x, y = data()
    model = network()
    model.layers[0].trainable = False
    changed = weights_after(model, x, y)
    assert not np.array_equal(changed[0], network().get_weights()[0]), "compiled before the freeze"
    model.compile("adam", "sparse_categorical_crossentropy")
    frozen = weights_after(model, x, y)
    assert_equal(frozen[:2], changed[:2])
    assert not np.array_equal(frozen[2], changed[2])


@pytest.mark.parametrize("own_step", [False, True])
def test_a_model_without_weights_to_train_warns_and_stays(own_step: bool) -> None:
    x, y = data()
    model = network()
    if own_step:
        type_of_step = type("OwnStep", (Model,), {"train_step": lambda self, d: ordinary(self, d)})
        model = type_of_step(model.inputs, model.outputs)
    model.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.get_weights()
    with pytest.warns(UserWarning, match="no trainable weights"):
        history = model.fit(x, y, epochs=2, verbose=0)
    assert_equal(model.get_weights(), before)
    assert len(history.history["loss"]) == 2


def ordinary(model: Model, data: object) -> object:
    return Model.train_step(model, data)


class Branch(Model):
    """A model of the user's, with call alone."""

    def __init__(self) -> None:
        super().__init__()
        self.flat, self.head = layers.Flatten(), layers.Dense(CLASSES, activation="softmax")

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        y: Tensor = self.head(self.flat(x))
        return y


def test_a_subclassed_model_trains() -> None:
    x, y = data(200)
    model = Branch()
    model.compile(pyconv.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["acc"])
    history = model.fit(x, y, epochs=8, verbose=0)
    assert history.history["acc"][-1] > 0.95


def test_a_huge_broadcast_is_never_materialised() -> None:
    x = np.broadcast_to(np.array(1e300), (2**20, 2**20))
    with pytest.raises(ValueError, match="beyond"):
        network().predict(x, verbose=0)
    with pytest.raises(ValueError, match="input shape"):
        network().fit(np.broadcast_to(np.array(1.0), x.shape), np.zeros(2**20), verbose=0)


def test_infinities_pass_the_cast() -> None:
    x, y = data()
    x = x.astype(np.float64)
    x[0, 0, 0, 0] = np.inf
    with pytest.warns(RuntimeWarning, match="loss of batch"):
        network().fit(x, y, verbose=0)


def test_a_loss_that_is_not_finite_warns_once_and_names_the_batch() -> None:
    x, y = data()
    x[40] = np.nan
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network().fit(x, y, batch_size=16, epochs=2, verbose=0, shuffle=False)
    texts = [str(w.message) for w in caught if "loss of batch" in str(w.message)]
    assert texts == ["fit: the loss of batch 2 is nan; the learning rate may be too high"]


def test_ctrl_c_keeps_model_and_history() -> None:
    x, y = data()

    class Interrupt(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if len(self.model.history.epoch) == 1 and batch == 1:  # type: ignore[union-attr]
                raise KeyboardInterrupt

    model = network()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=16, epochs=9, verbose=0, callbacks=[Interrupt()])
    assert len(model.history.history["loss"]) == 1
    assert model.optimizer.iterations == 6
    assert np.isfinite(model.predict(x, verbose=0)).all()
    model.fit(x, y, verbose=0)


def test_a_callback_may_stop_raise_and_not_fit_again() -> None:
    x, y = data()

    class Stop(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = epoch == 1

    class Nested(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.fit(x, y)

    model = network()
    assert len(model.fit(x, y, epochs=9, verbose=0, callbacks=[Stop()]).epoch) == 2
    with pytest.raises(RuntimeError, match="one fit at a time"):
        model.fit(x, y, verbose=0, callbacks=[Nested()])
    model.fit(x, y, verbose=0)
    assert len(model.fit(x, y, epochs=9, verbose=0, callbacks=Stop()).epoch) == 2, "one alone"
    with pytest.raises(TypeError, match="fit: callbacks=3; must be a list"):
        model.fit(x, y, verbose=0, callbacks=3)
    with pytest.raises(TypeError, match="must be a Callback"):
        model.fit(x, y, verbose=0, callbacks=["csv"])


def test_copies_train_on_as_the_original_would() -> None:
    x, y = data()
    model = network()
    model.fit(x, y, verbose=0)
    copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    expected = weights_after(model, x, y, shuffle=False)
    for twin in copies:
        assert twin.optimizer.iterations == 2
        assert_equal(weights_after(twin, x, y, shuffle=False), expected)


def test_threads_share_predict() -> None:
    x, _ = data(200)
    model = network()
    expected = model.predict(x, verbose=0)
    found: list[Any] = [None] * 8

    def work(place: int) -> None:
        found[place] = model.predict(x, batch_size=32, verbose=0)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert_equal(found, [expected] * 8)


def test_metric_names_are_the_keys_of_history() -> None:
    x, y = data()
    model = network()
    accuracy = pyconv.metrics.SparseCategoricalAccuracy(name="right")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["acc", accuracy])
    history = model.fit(x, y, verbose=0, validation_split=0.5).history
    assert list(history) == ["loss", "acc", "right", "val_loss", "val_acc", "val_right"]
    assert history["acc"] == history["right"]
    assert model.metrics_names == ["loss", "acc", "right"]
