# SPDX-License-Identifier: BSD-3-Clause
"""preprocess_input and decode_predictions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same, assert_same_bits
from tolerances import PIXELS, elementwise_factor

import pyconv
from pyconv.applications import densenet, efficientnet, imagenet_utils, mobilenet, vgg16
from pyconv.applications.imagenet_utils import decode_predictions, preprocess_input

MODES = ("caffe", "tf", "torch")


def pixels(dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (2, 5, 4, 3)).astype(dtype)


def expected(x: np.ndarray, mode: str) -> np.ndarray:
    x = x.astype(np.float64)
    if mode == "tf":
        return x / 127.5 - 1
    if mode == "torch":
        return (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return x[..., ::-1] - [103.939, 116.779, 123.68]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_pixels_are_shifted_as_the_formula_says(mode: Any, data_format: Any) -> None:
    first = data_format == "channels_first"
    x = pixels()
    given = np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if first else x
    y = preprocess_input(given, data_format, mode)
    assert y.dtype == np.float32
    assert y.flags.c_contiguous
    y = y.transpose(0, 2, 3, 1) if first else y
    atol = 4 * 255 * elementwise_factor("float32")
    np.testing.assert_allclose(y, expected(x, mode), rtol=0, atol=atol)


@pytest.mark.parametrize("mode", MODES)
def test_arrays_tensors_and_models_agree(mode: Any) -> None:
    x = pixels()
    y = preprocess_input(x, mode=mode)
    image = pyconv.Input((None, None, 3))
    model = pyconv.Model(image, preprocess_input(image, mode=mode))
    for found in (preprocess_input(pyconv.Tensor(x), mode=mode), model(x)):
        np.testing.assert_allclose(found.numpy(), y, **PIXELS)


@pytest.mark.parametrize("mode", MODES)
def test_the_users_array_stays_as_it_is(mode: Any) -> None:
    for dtype in ("float32", "float64", "uint8"):
        x = pixels(dtype)
        x.flags.writeable = False
        y = preprocess_input(x, mode=mode)
        assert_same(x, pixels(dtype))
        assert y.dtype == (np.float32 if dtype == "uint8" else x.dtype)
        y += 1  # and the result is the user's own


@pytest.mark.parametrize("mode", MODES)
def test_one_image_is_as_good_as_a_batch(mode: Any) -> None:
    x = pixels()
    assert_same_bits(preprocess_input(x[0], mode=mode), preprocess_input(x, mode=mode)[0])


def test_each_module_has_its_networks_form() -> None:
    x = pixels()
    assert_same_bits(vgg16.preprocess_input(x), preprocess_input(x, mode="caffe"))
    assert_same_bits(mobilenet.preprocess_input(x), preprocess_input(x, mode="tf"))
    assert_same_bits(densenet.preprocess_input(x), preprocess_input(x, mode="torch"))
    assert efficientnet.preprocess_input(x) is x


def test_preprocessing_of_tensors_is_differentiable() -> None:
    x = pyconv.Tensor(pixels())
    with pyconv.GradientTape() as tape:
        tape.watch(x)
        y = preprocess_input(x, mode="torch")
    gradient = tape.gradient(y, x).numpy()
    scale = 1 / (255 * np.array([0.229, 0.224, 0.225]))
    np.testing.assert_allclose(gradient, np.broadcast_to(scale, x.shape), **PIXELS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": np.zeros((4, 4)), "mode": "tf"}, "x.shape=(4, 4)"),
        ({"x": np.zeros((4, 4, 1))}, "x.shape=(4, 4, 1)"),
        ({"x": pixels(), "mode": "bgr"}, "mode='bgr'"),
        ({"x": pixels(), "data_format": "last"}, "data_format='last'"),
    ],
)
def test_preprocessing_refuses(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"preprocess_input: {message}")):
        preprocess_input(**options)


@pytest.fixture
def class_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an index of made-up classes into an empty cache."""
    monkeypatch.setenv("PYCONV_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    path = tmp_path / "models" / "imagenet_class_index.json"
    path.parent.mkdir()
    index = {str(i): [f"n{i:08}", f"class_{i}"] for i in range(1000)}
    path.write_text(json.dumps(index), encoding="utf-8")
    return path


@pytest.mark.usefixtures("class_index")
def test_the_likeliest_classes_come_first_with_their_names() -> None:
    scores = np.zeros((2, 1000), np.float32)
    scores[0, [7, 3, 999]] = 0.5, 0.25, 0.125
    scores[1, 4] = 1
    first, second = decode_predictions(scores, top=3)
    assert first == [
        ("n00000007", "class_7", 0.5),
        ("n00000003", "class_3", 0.25),
        ("n00000999", "class_999", 0.125),
    ]
    assert second[0] == ("n00000004", "class_4", 1.0)
    assert len(decode_predictions(pyconv.Tensor(scores))[0]) == 5
    assert vgg16.decode_predictions(scores, top=1)[1][0][1] == "class_4"


def test_the_index_is_also_found_where_keras_keeps_it(
    class_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras = tmp_path / "keras" / "models"
    keras.mkdir(parents=True)
    class_index.rename(keras / class_index.name)
    assert decode_predictions(np.eye(1, 1000), top=1)[0][0][1] == "class_0"


def test_without_an_index_it_is_fetched_and_checked(
    class_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_index.unlink()
    asked: list[Any] = []

    def fetch(function: str, addresses: list[str], path: Path, checksum: str | None) -> None:
        asked.extend([function, *addresses, path, checksum])
        raise OSError("no route to host")

    monkeypatch.setattr("pyconv.datasets.download.fetch", fetch)
    with pytest.raises(OSError, match="no route to host"):
        decode_predictions(np.eye(1, 1000))
    address = "https://storage.googleapis.com/download.tensorflow.org/data/"
    md5 = "md5:c2c37ea517e94d9795004a39431a14cb"
    assert asked == ["decode_predictions", address + class_index.name, class_index, md5]


@pytest.mark.parametrize("content", ["", "[]", '{"0": ["a", "b"]}', "[" * 100_000])
def test_a_damaged_index_is_refused(class_index: Path, content: str) -> None:
    class_index.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="is no class index"):
        decode_predictions(np.eye(1, 1000))


def test_decoding_refuses_other_predictions() -> None:
    with pytest.raises(ValueError, match=re.escape("preds.shape=(2, 10)")):
        decode_predictions(np.zeros((2, 10)))
    with pytest.raises(ValueError, match="top=0; must be >= 1"):
        decode_predictions(np.zeros((2, 1000)), top=0)


@pytest.mark.oracle
@pytest.mark.parametrize("mode", MODES)
def test_pixels_equal_those_of_keras(keras: Any, mode: Any) -> None:
    theirs = keras.applications.imagenet_utils.preprocess_input
    for dtype in ("float32", "uint8"):
        ours = imagenet_utils.preprocess_input(pixels(dtype), mode=mode)
        assert_same_bits(ours, np.ascontiguousarray(theirs(pixels(dtype), mode=mode)))
    first = pixels().transpose(0, 3, 1, 2).copy()
    ours = preprocess_input(first, "channels_first", mode)
    assert_same_bits(
        ours, np.ascontiguousarray(theirs(first.copy(), data_format="channels_first", mode=mode))
    )


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("mode", MODES)
def test_models_that_preprocess_go_to_keras_and_back(keras: Any, mode: Any, tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    x = pixels()
    y = preprocess_input(x, mode=mode)
    image = pyconv.Input((5, 4, 3), name="image")
    pyconv.Model(image, preprocess_input(image, mode=mode)).save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    np.testing.assert_allclose(theirs.predict(x, verbose=0), y, **PIXELS)
    image = keras.Input((5, 4, 3), name="image")
    function = keras.applications.imagenet_utils.preprocess_input
    keras.Model(image, function(image, mode=mode)).save(tmp_path / "theirs.keras")
    ours = pyconv.models.load_model(tmp_path / "theirs.keras")
    np.testing.assert_allclose(ours.predict(x, verbose=0), y, **PIXELS)
