# SPDX-License-Identifier: BSD-3-Clause
"""Behaviours of Keras that programs rely on and that are easy to miss, one test each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tolerances

from pyconv import Input, Model, Sequential, Tensor, layers, load_model, losses, metrics, stack
from pyconv.callbacks import Callback, ModelCheckpoint
from pyconv.naming import reset_names

Array = np.ndarray[Any, Any]
MEANS = np.array([103.939, 116.779, 123.68], np.float32)


def images(n: int, size: int = 8, channels: int = 1) -> Array:
    return np.random.default_rng(n).random((n, size, size, channels)).astype(np.float32)


def labels(n: int, classes: int = 2) -> Array:
    return np.arange(n) % classes


def net(units: int = 1, activation: str = "sigmoid", channels: int = 1) -> Sequential:
    return Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, channels)),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(units, activation=activation),
        ]
    )


def test_labels_in_a_row_align_with_one_unit_and_never_broadcast() -> None:
    row, column = labels(6), np.linspace(0.1, 0.8, 6, dtype=np.float32)[:, None]
    expected = -np.log(np.where(row, column[:, 0], 1 - column[:, 0])).mean()
    assert float(losses.BinaryCrossentropy()(row, column)) == pytest.approx(expected, rel=1e-5)
    accuracy = metrics.BinaryAccuracy()
    accuracy.update_state(row, column)
    assert accuracy.count == 6
    model = net()
    model.compile(loss="binary_crossentropy", metrics=["accuracy"])
    x = images(6)
    assert model.evaluate(x, row, verbose=0) == model.evaluate(x, row[:, None], verbose=0)


@pytest.mark.parametrize("kind", ["uint8", "int64", "float64", "float16"])
def test_numbers_of_any_kind_are_cast_to_the_compute_type(kind: str) -> None:
    model = net(3, "softmax")
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = (images(6) * 9).astype(kind), labels(6, 3)[:, None]  # (n, 1), as of CIFAR-10
    model.fit(x, y, verbose=0)
    assert model.predict(x, verbose=0).dtype == np.float32
    np.testing.assert_array_equal(
        model.predict(x, verbose=0), model.predict(x.astype(np.float32), verbose=0)
    )
    assert model(x).dtype == np.float32
    assert model.evaluate(x, y, verbose=0) == model.evaluate(x, y[:, 0], verbose=0)


@pytest.mark.parametrize(
    ("units", "loss", "y", "kind"),
    [
        (1, "binary_crossentropy", labels(6), "binary"),
        (3, "sparse_categorical_crossentropy", labels(6, 3), "sparse"),
        (3, "sparse_categorical_crossentropy", labels(6, 3)[:, None], "sparse"),
        (3, "categorical_crossentropy", np.eye(3)[labels(6, 3)], "categorical"),
    ],
)
@pytest.mark.parametrize("name", ["acc", "accuracy"])
def test_the_name_of_a_metric_is_the_key_of_history(
    name: str, units: int, loss: str, y: Array, kind: str
) -> None:
    model = net(units, "sigmoid" if units == 1 else "softmax")
    model.compile(optimizer="rmsprop", loss=loss, metrics=[name])
    history = model.fit(images(6), y, validation_split=0.5, verbose=0).history
    assert list(history) == ["loss", name, "val_loss", f"val_{name}"]
    assert kind in type(model.metrics[1]).__name__.lower()


def test_trainable_takes_effect_at_the_next_compile() -> None:
    model = net()
    model.compile("sgd", "binary_crossentropy")
    model.layers[0].trainable = False
    x, y, before = images(6), labels(6), model.layers[0].get_weights()[0]
    model.fit(x, y, verbose=0)
    after = model.layers[0].get_weights()[0]
    assert (before != after).any()
    model.compile("sgd", "binary_crossentropy")
    model.fit(x, y, verbose=0)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], after)


def test_a_frozen_model_freezes_all_inside_and_batch_norm_keeps_its_statistics() -> None:
    base = Sequential([Input((8, 8, 1)), layers.Conv2D(4, 3), layers.BatchNormalization()])
    model = Sequential([base, layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    base.trainable = False
    assert [layer.trainable for layer in base.layers] == [False, False]
    model.compile("sgd", "binary_crossentropy")
    before = base.get_weights()
    model.fit(images(6) + 3, labels(6), verbose=0)
    for old, new in zip(before, base.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    x = images(2)
    np.testing.assert_array_equal(model(x, training=True).numpy(), model(x).numpy())


def test_the_last_partial_batch_counts_by_its_size() -> None:
    model = Sequential([Input((1,)), layers.Dense(1, use_bias=False, kernel_regularizer="l2")])
    model.set_weights([np.full((1, 1), 2.0)])
    model.compile(loss="mse")
    x, seen = np.arange(5.0)[:, None], []

    class Steps(Callback):
        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append(batch)

    loss = model.evaluate(x, 0 * x, batch_size=2, verbose=0, callbacks=[Steps()])
    assert seen == [0, 1, 2]
    assert loss == pytest.approx(np.mean((2 * x) ** 2) + 0.01 * 4, rel=1e-6)


def test_validation_takes_the_last_samples_before_shuffling() -> None:
    model = Sequential([Input((1,)), layers.Dense(1, use_bias=False)])
    model.set_weights([np.ones((1, 1))])
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.0
    x = np.arange(10.0)[:, None]
    history = model.fit(x, 0 * x, validation_split=0.2, verbose=0).history
    assert history["val_loss"] == [pytest.approx((64 + 81) / 2)]
    assert history["loss"] == [pytest.approx(np.mean(x[:8] ** 2))]


def test_verbose_chooses_silence_a_bar_or_lines(capfd: pytest.CaptureFixture[str]) -> None:
    model, x, y = net(), images(6), labels(6)
    model.compile(loss="binary_crossentropy", metrics=["acc"])
    shown = {}
    for verbose in (0, 1, 2):
        model.fit(x, y, epochs=2, batch_size=2, verbose=verbose)
        out, err = capfd.readouterr()
        shown[verbose] = out + err
    assert shown[0] == ""
    assert len(shown[2].strip().splitlines()) >= 2
    for verbose in (1, 2):
        assert "loss" in shown[verbose]
        assert "acc" in shown[verbose]


def test_a_quiet_checkpoint_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = net()
    model.compile(loss="binary_crossentropy")
    path = tmp_path / "best.npz"
    best = ModelCheckpoint(filepath=path, save_best_only=True, monitor="val_loss")
    model.fit(images(6), labels(6), validation_split=0.5, verbose=0, callbacks=[best])
    assert path.exists()
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_keeps_model_and_history() -> None:
    class Stop(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if len(self.model.history.epoch) == 1:
                raise KeyboardInterrupt

    model = net()
    model.compile(loss="binary_crossentropy")
    with pytest.raises(KeyboardInterrupt):
        model.fit(images(6), labels(6), epochs=3, verbose=0, callbacks=[Stop()])
    assert model.history.epoch == [0]
    assert np.isfinite(model.predict(images(2), verbose=0)).all()


@pytest.mark.parametrize("suffix", [".npz", ".keras", ".h5"])
def test_a_fine_tuned_model_with_its_preprocessing_saves_and_reloads(
    tmp_path: Path, suffix: str
) -> None:
    if suffix != ".npz":
        pytest.importorskip("h5py")
    x = Input((8, 8, 3))
    bgr = stack([x[..., i] for i in (2, 1, 0)], axis=-1)
    centred = bgr - MEANS
    model = Model(x, net(channels=3)(centred / 255.0))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    pixels, y = images(6, channels=3) * 255, labels(6)
    model.fit(pixels, y, verbose=0)
    shown = Model(x, layers.Rescaling(1.0)(centred)).predict(pixels, verbose=0)
    np.testing.assert_array_equal(shown, pixels[..., ::-1] - MEANS)
    model.save(tmp_path / f"tuned{suffix}")
    again = load_model(tmp_path / f"tuned{suffix}")
    assert again.evaluate(pixels, y, verbose=0) == model.evaluate(pixels, y, verbose=0)
    assert again.optimizer.iterations == model.optimizer.iterations == 1


def test_a_sequential_shows_inputs_and_outputs_once_built() -> None:
    model = Sequential([layers.Conv2D(4, 3), layers.Flatten()])
    with pytest.raises(AttributeError, match="not built"):
        _ = model.inputs
    model.build((None, 8, 8, 1))
    shapes = [layer.output.shape for layer in model.layers]
    assert shapes == [(None, 6, 6, 4), (None, 144)]
    maps = Model(model.inputs, [layer.output for layer in model.layers]).predict(
        images(2), verbose=0
    )
    assert [m.shape for m in maps] == [(2, 6, 6, 4), (2, 144)]


def test_automatic_names_are_counted_in_the_process() -> None:
    reset_names()
    first, second = net(), net()
    assert [x.name for x in first.layers] == ["conv2d", "max_pooling2d", "flatten", "dense"]
    assert [x.name for x in second.layers] == [f"{x.name}_1" for x in first.layers]
    assert ["conv" in x.name for x in first.layers] == [True, False, False, False]


def test_an_input_layer_is_listed_by_models_alone() -> None:
    sequential = Sequential([Input((4,)), layers.Dense(2)])
    model = Model(sequential.inputs, sequential.outputs)
    kinds = [[type(x).__name__ for x in m.layers] for m in (sequential, model)]
    assert kinds == [["Dense"], ["InputLayer", "Dense"]]


def test_weights_come_in_kerass_order() -> None:
    def names(layer: layers.Layer, *shape: int) -> list[str]:
        layer(np.zeros(shape, np.float32))
        return [w.name for w in layer.weights]

    assert names(layers.Conv2D(2, 3), 1, 4, 4, 1) == ["kernel", "bias"]
    assert names(layers.BatchNormalization(), 1, 4) == [
        *("gamma", "beta", "moving_mean", "moving_variance")
    ]
    separable = layers.SeparableConv2D(2, 3)
    assert names(separable, 1, 4, 4, 3) == ["depthwise_kernel", "pointwise_kernel", "bias"]


def test_a_layer_on_a_new_input_shares_weights_and_an_open_base_takes_any_size() -> None:
    base = Sequential([Input((None, None, 3)), layers.Conv2D(4, 3), layers.MaxPooling2D(2)])
    for size in (8, 11):
        x = Input((size, size, 3))
        model = Model(x, base(x))
        assert model.output_shape == (None, (size - 2) // 2, (size - 2) // 2, 4)
        assert model.weights[0] is base.weights[0]
        assert model.predict(images(2, size, 3), verbose=0).shape[1] == (size - 2) // 2


def test_random_layers_are_off_outside_training() -> None:
    x = images(4)
    model = Sequential([Input((8, 8, 1)), layers.Dropout(0.5), layers.Flatten()])
    model.compile(loss="mse")
    flat = x.reshape(4, -1)
    np.testing.assert_array_equal(model.predict(x, verbose=0), flat)
    assert model.evaluate(x, flat, verbose=0) == 0.0
    np.testing.assert_array_equal(layers.Dropout(0.5)(x).numpy(), x)
    assert (layers.Dropout(0.5)(x, training=True).numpy() != x).any()
    assert (model(x, training=True).numpy() != flat).any()
    np.testing.assert_allclose(
        layers.BatchNormalization()(x).numpy(), x / np.sqrt(1.001), rtol=tolerances.KERAS
    )


def test_without_steps_an_epoch_is_the_length_of_the_generator() -> None:
    class Batches:
        def __init__(self) -> None:
            self.taken = 0

        def __len__(self) -> int:
            return 3

        def __iter__(self) -> Any:
            while True:  # as `flow`, which loops for ever
                self.taken += 1
                yield images(2), labels(2)

    model, batches = net(), Batches()
    model.compile("sgd", "binary_crossentropy")
    model.fit(batches, epochs=2, verbose=0)
    assert model.optimizer.iterations == 6


def test_numpy_of_a_tensor_is_the_programs_own() -> None:
    model = net()
    y = model(images(3))
    kept, own = y.numpy(), y.numpy()
    own *= 2
    assert own.flags.writeable
    np.testing.assert_array_equal(y.numpy(), kept)
    model(images(5))
    np.testing.assert_array_equal(own, kept * 2)
    batch = Tensor(images(2) * 255)
    assert batch[0].numpy().astype("uint8").shape == (8, 8, 1)
    joined = np.concatenate([model(images(n)) for n in (2, 3)])
    assert isinstance(joined, np.ndarray)
    assert joined.shape == (5, 1)


def test_several_outputs_are_predicted_as_a_list_and_evaluated_as_one() -> None:
    x = Input((4,))
    hidden = layers.Dense(3, name="hidden")(x)
    model = Model(x, [layers.Dense(1, name="a")(hidden), layers.Dense(2, name="b")(hidden)])
    found = model.predict(np.ones((5, 4)), verbose=0)
    assert isinstance(found, list)
    assert [y.shape for y in found] == [(5, 1), (5, 2)]
    part = Model(model.inputs, model.get_layer("hidden").output)
    assert part.weights[0] is model.get_layer("hidden").weights[0]
    one = net()
    one.compile(loss="binary_crossentropy", metrics=["accuracy"])
    loss, accuracy = one.evaluate(images(4), labels(4), verbose=0)
    assert {"loss": loss, "accuracy": accuracy} == one.evaluate(
        images(4), labels(4), verbose=0, return_dict=True
    )


def test_moving_weights_between_layouts_permutes_the_dense_kernel() -> None:
    x = np.random.default_rng(0).random((2, 3, 4, 5)).astype(np.float32)  # (n, h, w, c)
    last = layers.Flatten()(x).numpy()
    np.testing.assert_array_equal(last, x.reshape(2, -1))
    first = layers.Flatten(data_format="channels_first")(x.transpose(0, 3, 1, 2)).numpy()
    np.testing.assert_array_equal(first, last)  # to channels last before it is flattened
    kernel = np.random.default_rng(1).random((60, 7)).astype(np.float32)
    moved = kernel.reshape(3, 4, 5, 7).transpose(2, 0, 1, 3).reshape(60, 7)
    other = x.transpose(0, 3, 1, 2).reshape(2, -1) @ moved
    np.testing.assert_allclose(other, last @ kernel, rtol=tolerances.KERAS)


def test_errors_of_shape_name_layer_expected_and_found() -> None:
    model = net()
    with pytest.raises(ValueError, match=r"sequential.*\(2, 9, 8, 1\).*\(None, 8, 8, 1\)"):
        model(np.zeros((2, 9, 8, 1)))
    dense = layers.Dense(2, name="head")
    dense.build((None, 4))
    with pytest.raises(ValueError, match=r"head.*5.*4|head.*4.*5"):
        dense(np.zeros((1, 5)))
    halves = layers.MaxPooling2D(2).compute_output_shape((None, 13, 13, 4))
    assert halves == (None, 6, 6, 4)
    assert all(type(n) is int for n in halves[1:])
