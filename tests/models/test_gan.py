# SPDX-License-Identifier: BSD-3-Clause
"""A class of models with steps of its own and no call: two networks against each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS_LOSS_OF_STEPS, KERAS_WEIGHTS_AFTER_STEPS

import pyconv
from pyconv import GradientTape, Model, Tensor, concatenate

RNG = np.random.default_rng(7)
X = RNG.normal(size=(40, 6)).astype("float32")
NOISE, RATE = 3, 2**-8  # exact in float32, as which Keras keeps it


def noise(count: int) -> Any:
    return np.random.default_rng(count).normal(size=(count, NOISE)).astype("float32")


def descend(model: Any, loss_of: Callable[[], Any], weights: Any, optimizer: Any) -> Any:
    with GradientTape() as tape:
        loss = loss_of()
    gradients = tape.gradient(loss, weights)
    optimizer.apply_gradients(zip(gradients, weights, strict=True))
    return loss


def descend_with_torch(model: Any, loss_of: Callable[[], Any], weights: Any, optimizer: Any) -> Any:
    import torch

    model.zero_grad()
    loss = loss_of()
    loss.backward()
    with torch.no_grad():
        optimizer.apply([weight.value.grad for weight in weights], weights)
    return loss


def gan_of(library: Any, model_class: Any, step: Callable[..., Any], join: Any) -> Any:
    """Return a generator against a discriminator, written as Keras's guide writes it."""

    class GAN(model_class):  # type: ignore[misc]
        def __init__(self, discriminator: Any, generator: Any) -> None:
            super().__init__()
            self.discriminator, self.generator = discriminator, generator
            self.built = True

        def compile(self, d_optimizer: Any, g_optimizer: Any, loss_fn: Any) -> None:
            super().compile()
            self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
            self.loss_fn = loss_fn
            self.d_loss_metric = library.metrics.Mean(name="d_loss")
            self.g_loss_metric = library.metrics.Mean(name="g_loss")

        @property
        def metrics(self) -> list[Any]:
            return [self.d_loss_metric, self.g_loss_metric]

        def train_step(self, real: Any) -> dict[str, Any]:
            count = real.shape[0]
            pictures = join(self.generator(noise(count)), real)
            labels = np.repeat(np.float32([1, 0]), count)[:, None]
            misled = np.zeros((count, 1), "float32")
            d_loss = step(
                self,
                lambda: self.loss_fn(labels, self.discriminator(pictures)),
                self.discriminator.trainable_weights,
                self.d_optimizer,
            )
            g_loss = step(
                self,
                lambda: self.loss_fn(misled, self.discriminator(self.generator(noise(count)))),
                self.generator.trainable_weights,
                self.g_optimizer,
            )
            self.d_loss_metric.update_state(d_loss)
            self.g_loss_metric.update_state(g_loss)
            return {"d_loss": self.d_loss_metric.result(), "g_loss": self.g_loss_metric.result()}

    layers = library.layers
    inputs = layers.Input((6,)), layers.Input((NOISE,))
    networks = [
        library.Sequential([own, layers.Dense(5, activation="relu"), layers.Dense(size)])
        for own, size in zip(inputs, (1, 6), strict=True)
    ]
    drawn = np.random.default_rng(3)
    for network in networks:
        network.set_weights(
            [drawn.normal(size=w.shape).astype("float32") / 2 for w in network.get_weights()]
        )
    model = GAN(*networks)
    adam = library.optimizers.Adam
    model.compile(adam(RATE), adam(RATE), library.losses.BinaryCrossentropy(from_logits=True))
    return model


def ours() -> Any:
    return gan_of(pyconv, Model, descend, lambda a, b: concatenate([a, b], axis=0))


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_learns_what_it_learns_in_keras(keras: Any) -> None:
    import torch

    def join(a: Any, b: Any) -> Any:
        return torch.cat([a.detach(), b])

    both = [ours(), gan_of(keras, keras.Model, descend_with_torch, join)]
    options: dict[str, Any] = {"batch_size": 8, "epochs": 3, "shuffle": False, "verbose": 0}
    mine, theirs = (model.fit(X, **options).history for model in both)
    assert list(mine) == list(theirs) == ["d_loss", "g_loss"]
    for name, values in mine.items():
        np.testing.assert_allclose(values, theirs[name], rtol=KERAS_LOSS_OF_STEPS["float32"])
    for own, other in zip(*(model.get_weights() for model in both), strict=True):
        np.testing.assert_allclose(own, other, atol=KERAS_WEIGHTS_AFTER_STEPS["float32"])


def test_it_takes_pictures_alone_as_arrays_and_as_batches() -> None:
    histories = []
    for batches in (False, True):
        model = ours()
        data: Any = pyconv.data.Dataset.from_tensor_slices(X).batch(8) if batches else X
        size = None if batches else 8
        histories.append(
            model.fit(data, batch_size=size, epochs=2, shuffle=False, verbose=0).history
        )
    assert histories[0] == histories[1]
    assert model.train_on_batch(X[:8], return_dict=True).keys() == {"d_loss", "g_loss"}


def test_its_metrics_begin_anew_with_each_epoch() -> None:
    model = ours()
    model.fit(X, batch_size=8, epochs=2, verbose=0)
    assert model.d_loss_metric.get_state()["count"] == 5


def test_its_weights_are_saved_and_shown(tmp_path: Path) -> None:
    model, lines = ours(), []
    model.fit(X, verbose=0)
    model.summary(print_fn=lines.append)
    assert any("Total params: 97" in line for line in lines)
    model.save_weights(tmp_path / "gan.npz")
    other = ours()
    other.load_weights(tmp_path / "gan.npz")
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_needs_a_call_says_so() -> None:
    model = ours()
    message = r"GAN: has no call\(x\); must define it"
    for asked in (
        lambda: model.predict(X, verbose=0),
        lambda: model.evaluate(X, verbose=0),
        lambda: model(Tensor(X)),
        lambda: model.fit(X, validation_data=(X, X), verbose=0),
    ):
        with pytest.raises(NotImplementedError, match=message):
            asked()


def test_labels_keep_the_user_s_form_where_compile_has_no_loss() -> None:
    seen: list[Any] = []

    class Watching(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            seen.append(data[1])
            return {}

        test_step = train_step

    y, z = np.arange(40), np.ones((40, 2))
    for labels in ([y, z], {"b": y, "a": z}, [y], y[:, None], y.astype("float64"), y > 3):
        model = Watching()
        model.compile()
        model.fit(X, labels, batch_size=40, shuffle=False, verbose=0)
        model.evaluate(X, labels, batch_size=40, verbose=0)
        for got in seen:
            assert type(got) is type(labels) or isinstance(got, Tensor)
            keys = labels if isinstance(labels, dict) else range(len(labels))
            pairs = [(got, labels)] if isinstance(got, Tensor) else [
                (got[key], labels[key]) for key in keys
            ]  # fmt: skip
            for one, wanted in pairs:
                np.testing.assert_array_equal(one.numpy(), wanted)
                assert one.dtype == ("float32" if wanted.dtype.kind == "f" else wanted.dtype)
        seen.clear()


def test_each_batch_keeps_the_form_of_its_own_labels() -> None:
    seen: list[Any] = []

    class Watching(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            seen.append(data[1] if isinstance(data, tuple) else None)
            return {}

    x, one, two = X[:4], np.ones((4, 1), "float32"), np.full((4, 1), 2, "float32")
    labels = [{"a": one}, {"b": two}, one, [one, two], {"b": two, "a": one}, None]
    batches: Any = iter([(x, y) for y in labels])
    model = Watching()
    model.compile()
    model.fit(batches, epochs=1, verbose=0)
    for got, wanted in zip(seen, labels, strict=True):
        assert type(got) is type(wanted) or isinstance(got, Tensor)
        pairs = [(got, wanted)]
        if isinstance(wanted, dict):
            assert got.keys() == wanted.keys()
            pairs = [(got[key], wanted[key]) for key in wanted]
        elif isinstance(wanted, list):
            pairs = list(zip(got, wanted, strict=True))
        for mine, theirs in pairs:
            assert mine is theirs is None or np.array_equal(mine.numpy(), theirs)
