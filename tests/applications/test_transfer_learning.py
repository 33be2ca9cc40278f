# SPDX-License-Identifier: BSD-3-Clause
"""Transfer learning: bases frozen whole or in part, features as arrays, models in models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same, assert_same_bits
from tolerances import FOLDED_LOSS

import pyconv
from pyconv.applications import VGG16, MobileNet, mobilenet, transfer_head, vgg16
from pyconv.layers import BatchNormalization, Dense, Dropout, Flatten, GlobalAveragePooling2D
from pyconv.layers.loading import loading
from pyconv.random import set_seed

SIZE = (32, 32, 3)


def small_base(**options: Any) -> Any:
    """Return a base whose activations keep their size: its statistics are those of photographs."""
    base = MobileNet(
        alpha=0.25, weights=None, include_top=False, **{"input_shape": SIZE, **options}
    )
    normalizations = [x for x in base.layers if isinstance(x, BatchNormalization)]
    for layer in normalizations:
        layer.momentum = 0.0
    base(mobilenet.preprocess_input(photographs()[0]), training=True)
    for layer in normalizations:
        layer.momentum = 0.99
    return base


def trained(model: Any) -> int:
    return sum(w.size for w in model.trainable_weights)


def photographs(count: int = 8) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(2).integers(0, 256, (count, *SIZE)).astype(np.float32)
    return x, np.arange(count) % 2


def test_vgg16_is_frozen_and_tuned_with_the_books_counts() -> None:
    with loading(sys.maxsize):  # zeros that no memory is touched for
        base = VGG16(weights=None, include_top=False)
        assert len(base.trainable_weights) == 26
        base.trainable = False
        assert len(base.trainable_weights) == 0
        inputs = pyconv.Input((180, 180, 3))
        x = base(vgg16.preprocess_input(inputs))
        x = Dropout(0.5)(Dense(256)(Flatten()(x)))
        model = pyconv.Model(inputs, Dense(1, activation="sigmoid")(x))
    assert (model.count_params(), trained(model)) == (17_992_001, 3_277_313)
    base.trainable = True
    for layer in base.layers[:-4]:
        layer.trainable = False
    assert trained(model) == 10_356_737
    assert [layer.name for layer in base.layers[-4:]] == [
        "block5_conv1",
        "block5_conv2",
        "block5_conv3",
        "block5_pool",
    ]


def test_vgg16_in_a_sequential_is_unfrozen_from_a_layer_on() -> None:
    with loading(sys.maxsize):
        base = VGG16(weights=None, include_top=False, input_shape=(150, 150, 3))
        layers = [base, Flatten(), Dense(256, activation="relu"), Dense(1, activation="sigmoid")]
        model = pyconv.Sequential(layers)
    assert len(model.trainable_weights) == 30
    base.trainable = False
    assert len(model.trainable_weights) == 4
    assert (model.count_params(), trained(model)) == (16_812_353, 2_097_665)
    base.trainable = True
    reached = False
    for layer in base.layers:
        reached = reached or layer.name == "block5_conv1"
        layer.trainable = reached
    assert (len(model.trainable_weights), trained(model)) == (10, 9_177_089)


def test_resnet50_with_a_head_has_the_textbooks_counts() -> None:
    with loading(sys.maxsize):
        base = pyconv.applications.ResNet50(
            weights=None, include_top=False, input_shape=(224, 224, 3)
        )
        layers = [base, Flatten(), Dense(1024, activation="relu"), Dense(20)]
        assert pyconv.Sequential(layers).count_params() == 126_369_684


def test_a_frozen_base_neither_learns_nor_moves_its_statistics() -> None:
    set_seed(0)
    base = small_base()
    base.trainable = False
    inputs = pyconv.Input(SIZE)
    head = Dense(1, activation="sigmoid", name="head")
    outputs = head(GlobalAveragePooling2D()(base(mobilenet.preprocess_input(inputs))))
    model = pyconv.Model(inputs, outputs)
    model.compile("rmsprop", "binary_crossentropy")
    before, kernel = base.get_weights(), head.get_weights()
    model.fit(*photographs(), epochs=2, verbose=0)
    assert_same_bits(base.get_weights(), before)
    assert np.abs(head.get_weights()[0] - kernel[0]).max() > 0


def test_frozen_normalization_is_in_inference_mode_while_training() -> None:
    base = small_base()
    x = mobilenet.preprocess_input(photographs()[0])
    moving = base(x).numpy()
    assert np.abs(base(x, training=True).numpy() - moving).max() > 0, "the batch's statistics"
    base.trainable = False
    assert_same(base(x, training=True).numpy(), base(x).numpy())


def test_only_normalization_may_stay_frozen() -> None:
    base = small_base()
    base.trainable = True
    for layer in base.layers:
        if isinstance(layer, BatchNormalization):
            layer.trainable = False
    names = {w.name for w in base.trainable_weights}
    assert names == {"kernel"}
    statistics = base.get_layer("conv_dw_3_bn").get_weights()
    model = pyconv.Sequential([base, GlobalAveragePooling2D(), Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    kernel = base.get_layer("conv_pw_3").get_weights()[0]
    model.fit(*photographs(), verbose=0)
    assert_same_bits(base.get_layer("conv_dw_3_bn").get_weights(), statistics)
    assert np.abs(base.get_layer("conv_pw_3").get_weights()[0] - kernel).max() > 0


def test_single_layers_of_a_base_are_tuned() -> None:
    set_seed(0)
    base = small_base()
    for layer in base.layers[:-6]:
        layer.trainable = False
    model = pyconv.Sequential([base, GlobalAveragePooling2D(), Dense(1, activation="sigmoid")])
    model.compile(pyconv.optimizers.RMSprop(learning_rate=1e-3), "binary_crossentropy")
    before = {layer.name: layer.get_weights() for layer in base.layers}
    model.fit(*photographs(), verbose=0)
    for layer in base.layers:
        changed = any(
            (a != b).any() for a, b in zip(layer.get_weights(), before[layer.name], strict=True)
        )
        assert changed == (layer in base.layers[-6:] and bool(layer.weights)), layer.name


def test_features_as_arrays_train_a_head_like_the_whole_model() -> None:
    set_seed(0)
    base = small_base()
    base.trainable = False
    x, y = photographs()
    features = base.predict(mobilenet.preprocess_input(x), batch_size=3, verbose=0)
    assert features.shape == (8, 1, 1, 256)
    head = transfer_head((1, 1, 256), dropout=0.0)
    inputs = pyconv.Input(SIZE)
    whole = pyconv.Model(inputs, head(base(mobilenet.preprocess_input(inputs))))
    start = head.get_weights()
    results = []
    for model, data in ((head, features), (whole, x)):
        head.set_weights(start)
        model.compile(pyconv.optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy"])
        history = model.fit(data, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
        results.append(history.history["loss"])
    np.testing.assert_allclose(results[0], results[1], rtol=FOLDED_LOSS)
    assert results[0][-1] < results[0][0]


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".npz"])
def test_a_tuned_model_with_preprocessing_saves_and_reloads(suffix: str, tmp_path: Path) -> None:
    if suffix != ".npz":
        pytest.importorskip("h5py")
    set_seed(0)
    inputs = pyconv.Input(SIZE)
    base = small_base(input_shape=None)
    base.trainable = False
    x = GlobalAveragePooling2D()(base(vgg16.preprocess_input(inputs)))
    model = pyconv.Model(inputs, Dense(1, activation="sigmoid")(x))
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    images, labels = photographs()
    model.fit(images, labels, verbose=0)
    model.save(tmp_path / f"m{suffix}")
    loaded = pyconv.load_model(tmp_path / f"m{suffix}")
    assert trained(loaded) == trained(model) == 257
    assert_same_bits(loaded.predict(images, verbose=0), model.predict(images, verbose=0))
    assert loaded.evaluate(images, labels, verbose=0) == model.evaluate(images, labels, verbose=0)


def test_a_base_may_end_at_any_layer() -> None:
    whole = MobileNet(alpha=0.25, weights=None, input_shape=SIZE, classes=10)
    base = pyconv.Model(whole.input, whole.get_layer("conv_pw_13_relu").output)
    assert base.output_shape == (None, 1, 1, 256)
    x = mobilenet.preprocess_input(photographs(2)[0])
    again = small_base()
    again.set_weights(base.get_weights())
    assert_same_bits(base.predict(x, verbose=0), again.predict(x, verbose=0))
    base.trainable = False
    assert not whole.get_layer("conv_pw_13").trainable, "the layers are shared"


def test_a_base_of_open_size_serves_models_of_two_sizes() -> None:
    base = small_base(input_shape=None)
    outputs = []
    for size in (32, 64):
        inputs = pyconv.Input((size, size, 3))
        outputs.append(pyconv.Model(inputs, GlobalAveragePooling2D()(base(inputs))))
    images = photographs(2)[0]
    small, large = (
        model.predict(x, verbose=0)
        for model, x in zip(
            outputs, (images, images.repeat(2, axis=1).repeat(2, axis=2)), strict=True
        )
    )
    assert small.shape == large.shape == (2, 256)
    assert outputs[0].weights[0] is outputs[1].weights[0]
