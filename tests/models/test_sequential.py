# SPDX-License-Identifier: BSD-3-Clause
"""Building, showing and taking apart a Sequential."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import pyconv
from pyconv import Input, layers, naming
from pyconv.models import Sequential


def simple_conv_net() -> Sequential:
    return Sequential(
        [
            layers.Conv2D(30, 5, activation="relu", input_shape=(28, 28, 1)),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def test_simple_conv_net_has_its_parameters() -> None:
    model = simple_conv_net()
    assert model.count_params() == 433_890
    assert [w.shape for w in model.get_weights()] == [
        (5, 5, 1, 30),
        (30,),
        (4320, 100),
        (100,),
        (100, 10),
        (10,),
    ]
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, 10)
    assert [layer.output.shape for layer in model.layers] == [
        (None, 24, 24, 30),
        (None, 12, 12, 30),
        (None, 4320),
        (None, 100),
        (None, 10),
    ]
    assert model.layers[-1].output is model.outputs[0]


def test_keras_mnist_network_has_its_parameters() -> None:
    model = Sequential([Input(shape=(28, 28, 1))])
    for filters in (32, 64, 128):
        model.add(layers.Conv2D(filters=filters, kernel_size=3, activation="relu"))
        if filters < 128:
            model.add(layers.MaxPooling2D(pool_size=2))
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    assert model.count_params() == 104_202
    assert [layer.count_params() for layer in model.layers] == [320, 0, 18496, 0, 73856, 0, 11530]


def test_builds_when_data_comes() -> None:
    model = Sequential()
    model.add(layers.Flatten())
    model.add(layers.Dense(3))
    assert not model.built
    with pytest.raises(AttributeError, match="not built"):
        _ = model.outputs
    assert model(np.ones((2, 4, 4), np.float32)).shape == (2, 3)
    assert model.count_params() == 51
    assert model.input_shape == (None, 4, 4)
    again = Sequential([layers.Dense(3)])
    again.build((None, 5))
    assert again.count_params() == 18


def test_input_dim_is_a_shape_of_one() -> None:
    model = Sequential([layers.Dense(100, input_dim=64), layers.Dense(10)])
    assert model.count_params() == 64 * 100 + 100 + 1010


def test_summary_is_a_table() -> None:
    naming.reset_names()
    model = simple_conv_net()
    model.layers[0].trainable = False
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    text = "\n".join(lines)
    assert lines[0] == 'Model: "sequential"'
    assert "conv2d (Conv2D)" in text
    assert "(None, 24, 24, 30)" in text
    assert "432,100" in text
    assert "Total params: 433,890 (1.66 MB)" in text
    assert "Trainable params: 433,110 (1.65 MB)" in text
    assert "Non-trainable params: 780 (3.05 KB)" in text
    assert max(map(len, lines)) < 80


def test_summary_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    Sequential([layers.Dense(2)]).summary()
    assert "0 (unbuilt)" in capsys.readouterr().out


def test_get_layer() -> None:
    model = simple_conv_net()
    assert model.get_layer(index=-1) is model.layers[-1]
    assert model.get_layer(model.layers[0].name) is model.layers[0]
    with pytest.raises(ValueError, match="get_layer: name='head'; must be one of"):
        model.get_layer("head")
    with pytest.raises(ValueError, match="index=7; the model has 5 layers"):
        model.get_layer(index=7)
    with pytest.raises(ValueError, match="name or index"):
        model.get_layer()


def test_pop_and_share_layers() -> None:
    model = simple_conv_net()
    model.pop()
    assert model.output_shape == (None, 100)
    features = Sequential([Input(shape=(28, 28, 1)), *model.layers])
    x = np.random.default_rng(0).random((2, 28, 28, 1), np.float32)
    np.testing.assert_array_equal(features(x), model(x))
    assert features.weights[0] is model.weights[0]


def test_models_nest() -> None:
    inner = Sequential([layers.Flatten(), layers.Dense(4, activation="relu")], name="body")
    model = Sequential([Input(shape=(3, 3)), inner, layers.Dense(2)])
    assert model.count_params() == 40 + 10
    assert next(p for p, _, _ in model.paths()) == f"body/{inner.layers[1].name}/kernel"
    inner.trainable = False
    assert len(model.trainable_weights) == 2
    assert Sequential([model, layers.Dense(5)]).output_shape == (None, 5)


def test_refuses_what_does_not_stack() -> None:
    with pytest.raises(TypeError, match="must be a Layer"):
        Sequential(["dense"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="name 'a' is taken"):
        Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")])
    with pytest.raises(ValueError, match="must be the first layer"):
        Sequential([layers.Dense(2), Input(shape=(3,))])
    with pytest.raises(ValueError, match="has no layers"):
        Sequential().build((None, 3))
    model = Sequential([Input(shape=(4, 4, 1)), layers.Conv2D(1, 3)])
    with pytest.raises(ValueError, match=r"input shape \(1, 5, 4, 1\); expected \(None, 4, 4, 1\)"):
        model(np.ones((1, 5, 4, 1), np.float32))
    with pytest.raises(ValueError, match="conv2d"):
        Sequential([Input(shape=(2, 2, 1)), layers.Conv2D(1, 3, name="conv2d_a")])


def test_a_failed_add_leaves_the_model_as_it_was() -> None:
    model = Sequential([Input(shape=(4, 4, 1)), layers.Flatten()])
    with pytest.raises(ValueError, match="input shape"):
        model.add(layers.Conv2D(1, 3))
    assert len(model.layers) == 1
    model.add(layers.Dense(3))
    assert model.output_shape == (None, 3)


def test_float64_models_compute_in_float64() -> None:
    model = Sequential([Input(shape=(3,), dtype="float64"), layers.Dense(2, dtype="float64")])
    assert model.dtype == "float64"
    assert model.predict(np.ones((2, 3), np.float32), verbose=0).dtype == np.float64


def test_weights_go_out_and_back() -> None:
    pyconv.set_seed(1)
    model, other = simple_conv_net(), simple_conv_net()
    other.set_weights(model.get_weights())
    x = np.random.default_rng(0).random((2, 28, 28, 1), np.float32)
    np.testing.assert_array_equal(other(x), model(x))
    copies = model.get_weights()
    copies[0] += 1
    np.testing.assert_array_equal(other(x), model(x))


def test_without_a_declared_input_every_size_is_taken_that_the_layers_take() -> None:
    model = Sequential([layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)])
    model.compile("sgd", "mse")
    generator = np.random.default_rng(0)
    small, large = (generator.random((2, size, size, 3)).astype(np.float32) for size in (8, 11))
    first = model.predict(small, verbose=0)
    assert model(large).shape == model.predict(large, verbose=0).shape == (2, 2)
    model.fit(large, np.zeros((2, 2)), verbose=0)
    assert not np.array_equal(model.predict(small, verbose=0), first)
    with pytest.raises(ValueError, match=r"conv2d.*4.*3"):
        model.predict(generator.random((2, 8, 8, 4)), verbose=0)
    with pytest.raises(ValueError, match="conv2d"):
        model.predict(small[0], verbose=0)


def test_without_a_declared_input_a_size_that_does_not_fit_names_the_layer() -> None:
    model = Sequential([layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2, name="head")])
    model(np.zeros((1, 6, 6, 3), np.float32))
    with pytest.raises(ValueError, match=r"head: .*100.*64"):
        model(np.zeros((1, 7, 7, 3), np.float32))


def test_a_declared_input_holds() -> None:
    for model in (
        Sequential([Input((8, 8, 3)), layers.Conv2D(4, 3)]),
        Sequential([layers.Conv2D(4, 3, input_shape=(8, 8, 3))]),
    ):
        with pytest.raises(ValueError, match=r"\(1, 9, 9, 3\); expected \(None, 8, 8, 3\)"):
            model(np.zeros((1, 9, 9, 3), np.float32))


def test_an_option_changed_after_its_shape_was_asked_for_counts() -> None:
    model = Sequential([Input((8, 8, 1)), layers.MaxPooling2D(2, name="pool"), layers.Flatten()])
    assert model.compute_output_shape((None, 8, 8, 1)) == (None, 16)
    model.get_layer("pool").pool_size = (8, 8)
    assert model.compute_output_shape((None, 8, 8, 1)) == (None, 1)
    assert model.compute_output_shape((3, 8, 8, 1)) == (3, 1)
    listed = [3, 8, 8, 1]
    assert model.compute_output_shape(listed) == (3, 1)  # type: ignore[arg-type]
    listed[0] = 4
    assert model.compute_output_shape(listed) == (4, 1)  # type: ignore[arg-type]
    copied = pickle.loads(pickle.dumps(model))
    copied.get_layer("pool").strides = (1, 1)
    copied.get_layer("pool").pool_size = (2, 2)
    assert copied.compute_output_shape((3, 8, 8, 1)) == (3, 49)
    assert model.compute_output_shape((3, 8, 8, 1)) == (3, 1)


def test_a_layer_of_the_users_is_asked_for_its_shape_each_time() -> None:
    class Repeats(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.asked: list[tuple[int | None, ...]] = []

        def call(self, x: pyconv.Tensor) -> pyconv.Tensor:
            return x

        def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int, ...]:
            self.asked.append(input_shape)
            return (len(self.asked), 1)

    model = Sequential([Input((1,)), Repeats()])
    first = model.compute_output_shape((None, 1))
    assert model.compute_output_shape((None, 1)) == (first[0] + 1, 1)
    assert model.compute_output_shape((None, 1)) == (first[0] + 2, 1)
