# SPDX-License-Identifier: BSD-3-Clause
"""Programs of Keras with their import lines changed: names, old spellings, the tape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
import pyconv as keras
import pyconv as tf
from pyconv import layers, models, optimizers, random
from pyconv.layers import Dense, Flatten, MaxPooling2D

Array = np.ndarray[Any, Any]


def batches() -> Iterator[tuple[Array, Array]]:
    rng = np.random.default_rng(0)
    while True:
        yield rng.random((5, 8, 8, 1)), rng.integers(0, 2, 5)


def test_keras_is_the_package_itself() -> None:
    assert tf.keras is pyconv
    assert tf.keras.layers.Dense is Dense
    for name in ("Input", "Model", "Sequential", "GradientTape", "keras"):
        assert hasattr(keras, name)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("MaxPool2D", "MaxPooling2D"),
        ("AvgPool2D", "AveragePooling2D"),
        ("GlobalAvgPool2D", "GlobalAveragePooling2D"),
        ("GlobalMaxPool2D", "GlobalMaxPooling2D"),
    ],
)
def test_second_spellings_are_the_same_class(alias: str, name: str) -> None:
    assert getattr(layers, alias) is getattr(layers, name)


def test_a_program_of_old_names_trains() -> None:
    model = models.Sequential()
    model.add(layers.Conv2D(4, (3, 3), activation="relu", input_shape=(8, 8, 1)))
    model.add(MaxPooling2D((2, 2)))
    model.add(Flatten())
    model.add(Dense(1, activation="sigmoid"))
    model.compile(
        loss="binary_crossentropy", optimizer=optimizers.RMSprop(lr=1e-4), metrics=["acc"]
    )
    history = model.fit_generator(
        batches(),
        steps_per_epoch=3,
        epochs=2,
        validation_data=batches(),
        validation_steps=2,
        workers=1,
        use_multiprocessing=False,
        verbose=0,
    )
    assert list(history.history) == ["loss", "acc", "val_loss", "val_acc"]
    assert model.optimizer.iterations == 6
    loss, _ = model.evaluate_generator(batches(), steps=2)
    assert np.isfinite(loss)
    assert model.predict_generator(batches(), steps=2, verbose=0).shape == (10, 1)


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Nadam"])
def test_a_rate_is_given_by_position_by_name_or_by_its_old_name(name: str) -> None:
    kind = getattr(optimizers, name)
    rates = [kind(2e-5), kind(learning_rate=2e-5), kind(lr=2e-5)]
    assert [one.learning_rate for one in rates] == [2e-5] * 3
    assert len({str(one.get_config()) for one in rates}) == 1


def test_lower_case_forms_combine_a_list() -> None:
    a, b = (np.random.default_rng(i).random((2, 3)).astype(np.float32) for i in (0, 1))
    for name, expected in {
        "add": a + b,
        "subtract": a - b,
        "multiply": a * b,
        "average": (a + b) / 2,
        "maximum": np.maximum(a, b),
        "minimum": np.minimum(a, b),
        "concatenate": np.concatenate([a, b], -1),
    }.items():
        np.testing.assert_array_equal(getattr(layers, name)([a, b]).numpy(), expected)
    symbolic = layers.add([keras.Input((3,)), keras.Input((3,))])
    assert symbolic.shape == (None, 3)


def test_the_tape_follows_a_tensor_made_inside_it() -> None:
    base = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu")])
    head = keras.Sequential([keras.Input((6, 6, 4)), layers.GlobalAvgPool2D(), layers.Dense(5)])
    with tf.GradientTape() as tape:
        maps = base(random.uniform((1, 8, 8, 3), seed=1))
        tape.watch(maps)
        scores = head(maps)
        best = tf.argmax(scores[0])
        channel = scores[:, best]
    gradient = tape.gradient(channel, maps)
    kernel = head.layers[-1].get_weights()[0]
    expected = np.broadcast_to(kernel[:, int(best)] / 36, (1, 6, 6, 4))
    np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-6)
    pooled = tf.mean(gradient, axis=(0, 1, 2)).numpy()
    weighted = maps.numpy()[0]
    for i in range(pooled.shape[-1]):
        weighted[:, :, i] *= pooled[i]
    heat = np.maximum(np.mean(weighted, axis=-1), 0)
    assert heat.shape == (6, 6)


def test_a_picture_climbs_the_mean_of_a_filter() -> None:
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(4, 3)])
    image = first = tf.random.uniform(minval=0.4, maxval=0.6, shape=(1, 12, 12, 3))
    means = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = tf.mean(model(image)[:, 2:-2, 2:-2, 1])
        gradients = tf.l2_normalize(tape.gradient(loss, image))
        assert float((gradients * gradients).sum()) == pytest.approx(1, rel=1e-5)
        image += 1.0 * gradients
        means.append(float(loss))
    assert means[0] < means[1] < means[2]
    assert image is not first
    assert 0.4 <= first.numpy().min() <= first.numpy().max() < 0.6


def test_a_persistent_tape_answers_again_for_one_or_several_sources() -> None:
    x = tf.Tensor([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * 3
    assert tape.gradient(z, x).numpy().tolist() == [6.0, 12.0]  # the sum of z
    assert [g.numpy().tolist() for g in tape.gradient(z, [x, y])] == [[6.0, 12.0], [3.0, 3.0]]


def test_functions_take_arrays_and_tensors_whole_without_an_axis() -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    for value in (x, tf.Tensor(x)):
        assert float(tf.mean(value)) == 2.5
        assert int(tf.argmax(value)) == 5
        assert tf.argmax(value, axis=-1).numpy().tolist() == [2, 2]
        assert tf.reshape(value, (3, 2)).shape == (3, 2)
        assert float(np.square(tf.l2_normalize(value)).sum()) == pytest.approx(1)


def test_random_numbers_follow_the_one_seed_or_their_own() -> None:
    pyconv.set_seed(3)
    first = random.normal((1000,), mean=2.0, stddev=0.5).numpy()
    pyconv.set_seed(3)
    np.testing.assert_array_equal(random.normal([1000], 2.0, 0.5).numpy(), first)
    assert first.mean() == pytest.approx(2, abs=0.1)
    assert first.std() == pytest.approx(0.5, abs=0.1)
    one, same = random.uniform((4,), seed=9), random.uniform((4,), seed=9)
    np.testing.assert_array_equal(one, same)
    assert random.uniform((2,), dtype="float64").dtype == np.float64


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: random.uniform((2, -1)), ValueError, r"uniform: shape\[1\]=-1; must be >= 0"),
        (lambda: random.uniform(3), TypeError, "uniform: shape=3; must be a tuple"),
        (lambda: random.uniform((2,), 1, 0), ValueError, "uniform: minval=1; must be <= maxval=0"),
        (lambda: random.normal((2,), stddev=-1), ValueError, "normal: stddev=-1; must be finite"),
        (lambda: random.normal((2,), dtype="int8"), ValueError, "normal: dtype='int8'; must be"),
        (lambda: random.uniform((2,), seed="1"), TypeError, "uniform: seed='1'; must be an int"),
    ],
)
def test_bad_arguments_of_random_numbers_are_named(
    make: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        make()


class Scaled(keras.Model):
    """A model of one's own kind on a graph of layers, with a method that Keras lacks."""

    def doubled(self, x: Array) -> Array:
        return 2 * self.predict(x, verbose=0)


class Classifier(keras.Model):
    def __init__(self, classes: int) -> None:
        inputs = keras.Input((4,))
        super().__init__(inputs, layers.Dense(classes)(inputs), name="classifier")
        self.classes = classes


def test_a_model_class_of_ones_own_is_made_of_inputs_and_outputs(tmp_path: Path) -> None:
    inputs = keras.Input((4,))
    model = Scaled(inputs, layers.Dense(3, activation="softmax")(inputs))
    x, y = np.random.default_rng(0).random((6, 4)), np.arange(6) % 3
    assert isinstance(model, Scaled)
    assert model.output_shape == (None, 3)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, verbose=0)
    np.testing.assert_array_equal(model.doubled(x), 2 * model.predict(x, verbose=0))
    model.save(tmp_path / "own.npz")
    again = keras.models.load_model(tmp_path / "own.npz", custom_objects={"Scaled": Scaled})
    assert isinstance(again, Scaled)
    np.testing.assert_array_equal(again.doubled(x), model.doubled(x))


def test_a_model_class_hands_inputs_and_outputs_to_its_base() -> None:
    one, two = Classifier(3), Classifier(5)
    assert (one.name, one.classes) == ("classifier", 3)
    assert (one.count_params(), two.count_params()) == (15, 25)
    assert type(one) is type(two)
    assert type(one).__name__ == "Classifier"


def test_names_of_layers_start_anew_after_clear_session() -> None:
    from pyconv import backend as K
    from pyconv.utils import clear_session

    for clear in (K.clear_session, clear_session, keras.utils.clear_session):
        layers.Conv2D(2, 3)
        clear()
        assert [layers.Conv2D(2, 3).name for _ in range(2)] == ["conv2d", "conv2d_1"]


def test_the_old_backend_says_where_the_channels_are() -> None:
    from pyconv import backend as K

    assert K.image_data_format() == "channels_last"


class Halved(layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 0.5


def graph() -> Any:
    inputs = keras.Input((4,))
    return keras.Model(inputs, Halved()(layers.Dense(3)(inputs)), name="graph")


def chain() -> Any:
    return keras.Sequential([layers.Dense(3, input_shape=(4,)), Halved()], name="chain")


def unbuilt() -> Any:
    return keras.Sequential([layers.Dense(3), Halved()], name="unbuilt")


@pytest.mark.parametrize("make", [graph, chain])
def test_a_clone_has_the_same_layers_and_new_weights(make: Any) -> None:
    model, x = make(), np.ones((2, 4), np.float32)
    clone = models.clone_model(model)
    assert type(clone) is type(model)
    assert [(type(a), a.name) for a in clone.layers] == [(type(a), a.name) for a in model.layers]
    assert clone.compiled is None
    assert not np.array_equal(clone(x).numpy(), model(x).numpy())
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone(x).numpy(), model(x).numpy())
    clone.layers[-2].set_weights([np.zeros((4, 3)), np.zeros(3)])
    assert model(x).numpy().any()


def test_a_clone_of_what_is_not_built_is_not_built() -> None:
    clone = models.clone_model(unbuilt())
    assert not clone.built
    assert clone(np.ones((2, 4), np.float32)).shape == (2, 3)


def test_a_clone_is_of_a_sequential_or_a_graph_alone() -> None:
    with pytest.raises(TypeError, match=r"clone_model: .*Model\(inputs, outputs\)"):
        models.clone_model(Dense(3))


def test_decay_of_old_programs_lowers_the_rate_step_by_step() -> None:
    old = optimizers.SGD(lr=0.5, decay=0.25, momentum=0.9, nesterov=True)
    variable = keras.Variable(np.ones(2, np.float32))
    rates = []
    for _ in range(3):
        rates.append(old.learning_rate)
        old.apply_gradients([(np.ones(2, np.float32), variable)])
    assert rates == [0.5, 0.5 / 1.25, 0.5 / 1.5]
    again = optimizers.SGD.from_config(old.get_config())
    assert again.get_config() == old.get_config()
    assert optimizers.RMSprop(1e-3, decay=0.0).learning_rate == 1e-3


@pytest.mark.parametrize("decay", [-1e-6, float("nan"), float("inf")])
def test_a_decay_is_finite_and_not_below_zero(decay: float) -> None:
    with pytest.raises(ValueError, match="Adam: decay="):
        optimizers.Adam(decay=decay)


def test_a_rate_with_a_schedule_takes_no_decay() -> None:
    schedule = optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    with pytest.raises(ValueError, match=r"SGD: decay=0\.1; learning_rate is a schedule already"):
        optimizers.SGD(schedule, decay=0.1)


def test_the_slope_of_a_leaky_relu_has_its_old_name() -> None:
    assert layers.LeakyReLU(alpha=0.1).negative_slope == 0.1
    with pytest.raises(ValueError, match="LeakyReLU: alpha and negative_slope are given"):
        layers.LeakyReLU(0.2, alpha=0.1)


def test_a_folder_of_images_is_read_by_its_older_name_too() -> None:
    from pyconv import preprocessing, utils

    assert preprocessing.image_dataset_from_directory is utils.image_dataset_from_directory


def test_older_and_newer_import_lines_of_keras_find_their_names() -> None:
    from pyconv.utils import np_utils, to_categorical

    assert np_utils.to_categorical is to_categorical
    assert keras.Layer is layers.Layer


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("reduce_mean", "pyconv.mean"),
        ("reduce_max", "x.max(...)"),
        ("math", "pyconv.l2_normalize"),
        ("constant", "pyconv.Tensor"),
        ("function", "leave the decorator out"),
        ("nn", "pyconv.softmax"),
        ("zeros", "pyconv.Tensor"),
        ("float32", "'float32'"),
        ("one_hot", "pyconv.utils.to_categorical"),
        ("concat", "pyconv.concatenate"),
        ("clip_by_value", "pyconv.clip"),
        ("image", "pyconv.resize"),
        ("config", "pyconv.show_config"),
    ],
)
def test_a_name_of_tensorflow_says_what_to_write_instead(name: str, instead: str) -> None:
    with pytest.raises(AttributeError, match=rf"no attribute '{name}'; .*{re.escape(instead)}"):
        getattr(tf, name)
    for word in re.findall(r"pyconv\.(\w+)", instead):
        assert hasattr(tf, word)


class Squares(keras.metrics.Metric):
    """A metric that keeps its state in variables, as Keras's books write one."""

    def __init__(self, name: str = "squares") -> None:
        super().__init__(name=name)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros", dtype="int32")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.total.assign_add(np.square(np.asarray(y_true) - np.asarray(y_pred)).sum())
        self.count.assign_add(len(y_pred))

    def result(self) -> float:
        return float(self.total) / float(self.count)


def test_a_metric_of_ones_own_keeps_its_state_in_variables() -> None:
    x, y = np.random.default_rng(0).random((10, 3)), np.zeros((10, 1))
    model = keras.Sequential([keras.Input((3,)), Dense(1)])
    model.compile("sgd", "mse", metrics=[Squares()])
    for _ in range(2):
        loss, squares = model.evaluate(x, y, batch_size=4, verbose=0)
        assert squares == pytest.approx(loss, rel=1e-5)
    metric = Squares()
    metric.update_state([1.0, 2.0], [0.0, 0.0])
    again = Squares()
    again.set_state(metric.get_state())
    assert again.result() == metric.result() == 2.5
    metric.reset_state()
    assert float(metric.total) == float(metric.count) == 0
