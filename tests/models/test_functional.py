# SPDX-License-Identifier: BSD-3-Clause
"""Models of layers joined to a graph: shapes, order, sharing, sub-models, nesting, errors."""

from __future__ import annotations

import copy
import json
import pickle
import weakref
from typing import Any

import numpy as np
import pytest
from compare import assert_same, assert_same_bits

import pyconv
from pyconv import GradientTape, Input, Model, Sequential, Tensor, layers, naming
from pyconv.autograd import no_recording
from pyconv.models import Functional


def numbers(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def residual_net() -> Model:
    image = Input(shape=(8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="stem")(image)
    y = layers.Conv2D(4, 3, padding="same", name="branch")(x)
    x = layers.Add(name="join")([x, y])
    x = layers.Flatten(name="flat")(x)
    return Model(image, layers.Dense(5, activation="softmax", name="head")(x), name="residual")


def two_in_two_out() -> Model:
    image, vector = Input(shape=(4, 4, 1), name="image"), Input(shape=(3,), name="vector")
    x = layers.Concatenate(name="both")([layers.Flatten(name="flat")(image), vector])
    digit = layers.Dense(10, activation="softmax", name="digit")(x)
    return Model([image, vector], [digit, layers.Dense(1, name="size")(x)])


def test_a_chain_equals_a_sequential() -> None:
    image = Input(shape=(8, 8, 1))
    stack = [layers.Conv2D(3, 3), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(2)]
    x = image
    for layer in stack:
        x = layer(x)
    model, twin = Model(image, x), Sequential([Input(shape=(8, 8, 1)), *stack])
    batch = numbers(3, 8, 8, 1)
    assert_same_bits(model(batch).numpy(), twin(batch).numpy())
    assert_same_bits(model.predict(batch, verbose=0), twin.predict(batch, verbose=0))
    assert model.layers[1:] == twin.layers
    assert isinstance(model.layers[0], layers.InputLayer)
    assert model.input_shape == (None, 8, 8, 1)
    assert model.output_shape == (None, 2)
    assert model.count_params() == twin.count_params()
    assert isinstance(model, Functional)


def test_a_branch_computes_what_its_layers_compute() -> None:
    model, x = residual_net(), numbers(2, 8, 8, 3)
    stem, branch, head = (model.get_layer(n) for n in ("stem", "branch", "head"))
    a = stem(x)
    expected = head(layers.Flatten()(a + branch(a)))
    assert_same_bits(model(x).numpy(), expected.numpy())


def test_two_inputs_come_by_position_or_by_name() -> None:
    model = two_in_two_out()
    image, vector = numbers(2, 4, 4, 1), numbers(2, 3)
    first, second = model([image, vector])
    assert (first.shape, second.shape) == ((2, 10), (2, 1))
    for inputs in (
        (Tensor(image), vector),
        {"vector": vector, "image": image},
        [image[..., 0], vector],
        [image, vector[..., None]],
    ):
        again = model(inputs)
        assert isinstance(again, list)
        assert_same_bits([y.numpy() for y in again], [first.numpy(), second.numpy()])
    assert model.input_names == ["image", "vector"]
    assert model.output_names == ["digit", "size"]
    assert [x.name for x in model.inputs] == ["image", "vector"]
    assert model.compute_output_shape([(7, 4, 4, 1), (7, 3)]) == [(7, 10), (7, 1)]


def test_results_have_the_form_of_the_outputs() -> None:
    x = Input(shape=(3,), name="x")
    a, b = layers.Dense(2, name="a")(x), layers.Dense(4, name="b")(x)
    batch = numbers(5, 3)
    assert sorted(Model(x, {"one": a, "two": b})(batch)) == ["one", "two"]
    assert isinstance(Model(x, (a, b))(batch), tuple)
    nested = Model({"x": x}, [a, {"deep": [b, x]}])({"x": batch})
    assert_same_bits(nested[1]["deep"][1].numpy(), batch)
    assert [y.name for y in Model(x, {"z": a, "y": b}).outputs] == ["b", "a"]
    assert Model([x], a)([batch]).shape == (5, 2)


def test_a_list_of_one_output_is_that_output() -> None:
    x = Input(shape=(3,))
    model = Model([x], [layers.Dense(2)(x)])
    assert model(numbers(5, 3)).shape == (5, 2)
    assert model.compute_output_shape((None, 3)) == (None, 2)
    assert model.predict(numbers(5, 3), verbose=0).shape == (5, 2)
    assert [y.shape for y in model.output] == [(None, 2)]
    (inner,) = model(x)  # symbolic, it keeps its form, as in Keras
    outer = Model(x, [inner + 1.0])
    np.testing.assert_array_equal(outer(numbers(5, 3)), model(numbers(5, 3)) + 1.0)
    model.compile("adam", "sparse_categorical_crossentropy")
    assert np.isfinite(model.train_on_batch(numbers(4, 3), np.array([0, 1, 1, 0])))


def test_a_shared_layer_has_one_set_of_weights() -> None:
    left, right = Input(shape=(4,)), Input(shape=(4,))
    twin = layers.Dense(3, name="twin")
    model = Model([left, right], layers.subtract([twin(left), twin(right)]))
    assert model.count_params() == 15
    assert model.layers.count(twin) == 1
    a, b = numbers(2, 4), -numbers(2, 4)
    assert_same_bits(model([a, b]).numpy(), (twin(a) - twin(b)).numpy())
    with GradientTape() as tape:
        loss = (model([a, b]) * 1.0).sum()
    kernel, bias = tape.gradient(loss, twin.weights)
    np.testing.assert_array_equal(bias, np.zeros(3))
    np.testing.assert_array_equal(kernel, np.repeat((a - b).sum(0)[:, None], 3, axis=1))


def test_a_sub_model_shares_layers_with_its_model() -> None:
    model = residual_net()
    features = Model(model.inputs, model.get_layer("join").output)
    x = numbers(2, 8, 8, 3)
    assert features(x).shape == (2, 8, 8, 4)
    assert features.weights[0] is model.weights[0]
    several = Model(model.input, [layer.output for layer in model.layers[1:]])
    assert_same_bits(several(x)[-1].numpy(), model(x).numpy())
    stack = Sequential([Input(shape=(3,)), layers.Dense(4), layers.Dense(2)])
    assert Model(stack.inputs, stack.layers[0].output)(numbers(1, 3)).shape == (1, 4)
    assert Model(stack.input, stack.output)(numbers(1, 3)).shape == (1, 2)


def test_a_model_can_begin_in_the_middle() -> None:
    model = residual_net()
    x = numbers(2, 8, 8, 3)
    begin = Model(model.input, model.get_layer("stem").output)
    end = Model(model.get_layer("stem").output, model.output)
    assert_same_bits(end(begin(x)).numpy(), model(x).numpy())
    assert [layer.name for layer in end.layers[1:]] == ["branch", "join", "flat", "head"]
    assert end.weights[-1] is model.weights[-1]
    assert model.get_layer("head").output is model.output


def test_models_nest_in_models_and_in_sequentials() -> None:
    body = residual_net()
    x = Input(shape=(8, 8, 3))
    outer = Model(x, layers.Dense(2, name="top")(body(x)))
    batch = numbers(2, 8, 8, 3)
    assert_same_bits(outer(batch).numpy(), outer.get_layer("top")(body(batch)).numpy())
    assert outer.paths()[0][0] == "residual/stem/kernel"
    stack = Sequential([body, layers.Dense(2)])
    assert stack.input_shape == (None, 8, 8, 3)
    assert stack.output_shape == (None, 2)
    inner = Sequential([layers.Dense(3)])
    vector = Input(shape=(4,))
    assert Model(vector, inner(vector)).count_params() == 15
    pair = two_in_two_out()
    a, b = Input(shape=(4, 4, 1)), Input(shape=(3,))
    digit, size = pair({"vector": b, "image": a})
    assert Model([a, b], layers.concatenate([digit, size])).output_shape == (None, 11)


def test_layers_stand_in_keras_order() -> None:
    naming.reset_names()
    x, unused = Input(shape=(4,), name="x"), Input(shape=(1,), name="unused")
    short = layers.Dense(2, name="short")(x)
    long = layers.Dense(2, name="long_2")(layers.Dense(2, name="long_1")(x))
    model = Model([x, unused], [layers.add([short, long], name="sum")])
    names = [layer.name for layer in model.layers]
    assert names == ["x", "long_1", "short", "long_2", "unused", "sum"]
    assert model.name == "functional"


def test_operators_on_symbolic_tensors_are_steps_of_the_model() -> None:
    x = Input(shape=(4, 6))
    mean = np.array([1.0, 2.0, 3.0])
    y = abs(-(x[:, 1:, ::-2] - mean) / 2) ** 2 * x[:, :1, :3] + 1
    model = Model(x, y)
    assert y.shape == model.output_shape == (None, 3, 3)
    batch = numbers(2, 4, 6)
    part = batch[:, 1:, ::-2] - mean.astype(np.float32)
    expected = np.abs(-part / 2) ** 2 * batch[:, :1, :3] + 1
    np.testing.assert_array_equal(model(batch), expected)
    assert model.layers == [model.layers[0]]
    assert "true_divide" in {layer.name.rstrip("_0123456789") for layer in model.graph.layers}
    swapped = Model(x, 1 - mean[:, None] / (2.0 ** (0.5 + x[:, :3])) + 3 * x[:, :3])
    part = batch[:, :3]
    expected = 1 - mean.astype(np.float32)[:, None] / 2.0 ** (0.5 + part) + 3 * part
    np.testing.assert_array_equal(swapped(batch), expected)
    row = Input(shape=(None, 5))
    assert row[:, :3].shape == (None, None, 5)
    assert row[:, 4:, :1].shape == (None, None, 1)
    assert row[0, ..., None].shape == (None, 5, 1)
    assert row[:, :, np.int64(2)].shape == (None, None)


def test_symbolic_tensors_have_no_values() -> None:
    x = Input(shape=(4,))
    for use in (np.asarray, pyconv.relu, pyconv.autograd.exp, pyconv.autograd.mean):
        with pytest.raises(TypeError, match="has no values yet"):
            use(x)
    with pytest.raises(TypeError, match="has no values yet"):
        bool(x)
    with pytest.raises(TypeError, match="cannot be iterated"):
        list(x)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="integers, slices"):
        x[np.array([0, 1])]
    with pytest.raises(TypeError, match="integers, slices"):
        x[:, True]
    with pytest.raises(ValueError, match=r"index .* of shape"):
        x[:, 7]
    with pytest.raises(ValueError, match=r"index .* of shape"):
        x[::0]
    with pytest.raises(ValueError, match="do not fit"):
        x + np.ones(3)
    with pytest.raises(TypeError, match="must be numbers"):
        x + "one"
    with pytest.raises(ValueError, match="at most"):
        x + np.ones((1 << 17, 1))
    with pytest.raises(TypeError, match="one dtype"):
        x + Input(shape=(4,), dtype="float64")
    with pytest.raises(TypeError, match="mix"):
        layers.Add()([x, np.ones((1, 4), np.float32)])


def test_what_no_later_layer_needs_is_let_go() -> None:
    alive: list[int] = []
    made: list[Any] = []

    class Watch(layers.Layer):
        def call(self, x: Tensor) -> Tensor:
            alive.append(sum(ref() is not None for ref in made))
            y = x + 1.0
            made.append(weakref.ref(y.array))
            return y

    x = Input(shape=(3,))
    y = x
    for _ in range(6):
        y = Watch()(y)
    model = Model(x, y)
    alive.clear()
    made.clear()
    with no_recording():
        model(numbers(2, 3))
    assert alive == [0, 1, 1, 1, 1, 1]


def test_arguments_go_by_name() -> None:
    x = Input(shape=(3,))
    model = Model(inputs=[x], outputs=layers.Dense(2)(x), name="named", trainable=False)
    assert model.name == "named"
    assert model.trainable_weights == []
    with pytest.raises(TypeError, match="unexpected keyword"):
        Model(inputs=x, outputs=x, code="x")


def test_summary_says_what_layers_are_connected_to() -> None:
    body = residual_net()
    x = Input(shape=(8, 8, 3), name="x")
    y = layers.add([body(x), layers.Dense(5, name="d")(layers.Flatten(name="f")(x))], name="sum")
    model = Model(x, y, name="outer")
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    text = "\n".join(lines)
    assert "Connected to" in text
    assert "residual[0][0], d[0][0]" in text
    assert "residual (Functional)" in text
    assert "stem" not in text
    assert text.endswith("_")
    body.trainable = False
    lines.clear()
    model.summary(print_fn=lines.append, expand_nested=True, show_trainable=True)
    assert any(line.startswith("   └ stem (Conv2D)") and line.endswith("N") for line in lines)
    chain: list[str] = []
    Sequential([Input(shape=(3,)), layers.Dense(1)]).summary(print_fn=chain.append)
    assert "Connected to" not in "\n".join(chain)


def test_summary_folds_long_cells() -> None:
    x = Input(shape=(2,), name="x")
    name = "a_layer_with_a_name_much_longer_than_any_column_of_the_table"
    parts = [layers.Dense(1, name=f"part_{i}")(x) for i in range(9)]
    model = Model(x, [layers.concatenate(parts, name=name)])
    for length in (None, 72):
        lines: list[str] = []
        model.summary(line_length=length, print_fn=lines.append)
        assert max(map(len, lines)) <= (length or 110)
        assert "part_8[0][0]" in "\n".join(lines)
        assert "".join(line.split(" ")[0] for line in lines).count(name) == 1


def test_configurations_make_the_same_model() -> None:
    for model in (residual_net(), two_in_two_out()):
        config = json.loads(json.dumps(model.get_config()))
        again = Model.from_config(config)
        assert json.loads(json.dumps(again.get_config())) == config
        assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
        again.set_weights(model.get_weights())
        batch = [numbers(2, *x.shape[1:]) for x in model.inputs]
        y, z = model(batch), again(batch)
        assert_same([t.numpy() for t in [*z]], [t.numpy() for t in [*y]])


def test_functional_is_open_to_subclasses() -> None:
    class Named(Functional):
        pass

    x = Input(shape=(2,))
    model = Named(x, layers.Dense(1)(x))
    assert type(Named.from_config(model.get_config())) is Named


def test_deep_models_can_be_copied_and_pickled() -> None:
    x = y = Input(shape=(2,))
    for _ in range(400):
        y = layers.Add()([y / 2.0, y / 2.0])
    model = Model(x, layers.Dense(1)(y))
    batch = numbers(1, 2)
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert again.weights[0] is not model.weights[0]
        assert_same_bits(again(batch).numpy(), model(batch).numpy())


def test_refuses_graphs_that_are_none() -> None:
    x, other = Input(shape=(3,), name="x"), Input(shape=(3,), name="other")
    lost = layers.Dense(2, name="lost")(other)
    both = layers.add([layers.Dense(2)(x), lost])
    with pytest.raises(ValueError, match="graph disconnected: layer 'lost' needs 'other'"):
        Model(x, both)
    with pytest.raises(ValueError, match="graph disconnected: an output needs 'other'"):
        Model(x, [x, other])
    same = [layers.Dense(2, name="same")(x), layers.Dense(2, name="same")(x)]
    with pytest.raises(ValueError, match="2 layers are named 'same'; names must differ"):
        Model(x, same)
    with pytest.raises(ValueError, match="must differ"):
        Model([x, x], lost)
    with pytest.raises(TypeError, match="outputs: None; must be symbolic"):
        Model(x)
    with pytest.raises(TypeError, match="inputs: array"):
        Model(np.ones(3), x)
    with pytest.raises(ValueError, match="outputs is empty"):
        Model(x, [])


def test_refuses_inputs_that_do_not_fit() -> None:
    model = two_in_two_out()
    image, vector = numbers(2, 4, 4, 1), numbers(2, 3)
    with pytest.raises(ValueError, match=r"1 inputs; must be 2: \['image', 'vector'\]"):
        model(image)
    with pytest.raises(ValueError, match="3 inputs; must be 2"):
        model([image, vector, vector])
    with pytest.raises(ValueError, match=r"inputs \['image'\]; must be \['image', 'vector'\]"):
        model({"image": image})
    with pytest.raises(ValueError, match="must be"):
        model({"image": image, "vector": vector, "more": vector})
    with pytest.raises(ValueError, match=r"'vector' of shape \(2, 4\); expected \(None, 3\)"):
        model([image, numbers(2, 4)])
    with pytest.raises(ValueError, match="'image' of shape"):
        model([numbers(2, 4), vector])
    with pytest.raises(ValueError, match="expected"):
        model([Input(shape=(4, 4, 2)), Input(shape=(3,))])


def test_deep_models_need_no_deep_stack() -> None:
    x = y = Input(shape=(1,))
    for _ in range(1500):
        y = y + 1.0
    model = Model(x, y)
    assert float(model(np.zeros((1, 1), np.float32))) == 1500.0
    config = model.get_config()
    config["layers"].reverse()
    assert float(Model.from_config(config)(np.zeros((1, 1), np.float32))) == 1500.0
