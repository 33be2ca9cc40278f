# SPDX-License-Identifier: BSD-3-Clause
"""Models that others trained and saved with Keras 2.1, 2.4, 2.15 and 3, in $PYCONV_DATA/weights."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import PUBLISHED_LOGITS

from pyconv import Model, datasets, layers
from pyconv.models import load_model
from pyconv.registry import argument_names

pytest.importorskip("h5py")
DataFolder = Callable[[str], Path]


def load(folder: Path, name: str, *needed: str, option: str | None = None) -> Any:
    """Return a model, or skip where this version lacks one of its layers or options."""
    missing = [cls for cls in needed if cls not in layers.CLASSES]
    if missing:
        pytest.skip(f"{name} needs {', '.join(missing)}, which this version lacks")
    if option and option not in argument_names(layers.CLASSES["Conv2D"]):
        pytest.skip(f"{name} needs {option}, which this version lacks")
    if not (folder / name).is_file():
        pytest.skip(f"{folder / name} does not exist")
    return load_model(folder / name)


def right(model: Any, x: Any, labels: Any) -> int:
    return int((model.predict(x, batch_size=200, verbose=0).argmax(-1) == labels).sum())


def test_digits_of_keras_2_15(data_folder: DataFolder) -> None:
    model = load(data_folder("weights"), "mnist_3conv_keras2.15.h5")
    data_folder("mnist")
    x, y = datasets.mnist.load_data()[1]
    assert right(model, x[..., None] / np.float32(255), y) == 9822
    assert model.optimizer.iterations == 18750, "training can go on"
    assert model.optimizer.state_of(model.trainable_weights[0])["v"].max() > 0


def test_clothes_of_keras_2_1(data_folder: DataFolder) -> None:
    model = load(data_folder("weights"), "fashion_bn_keras2.1.h5", "BatchNormalization")
    data_folder("fashion-mnist")
    x, y = datasets.fashion_mnist.load_data()[1]
    assert right(model, x[..., None] / np.float32(255), y) == 9108
    assert model.optimizer.iterations > 0


def test_small_images_of_keras_2_4(data_folder: DataFolder) -> None:
    model = load(
        data_folder("weights"),
        "cifar10_resnet8_keras2.4.h5",
        "BatchNormalization",
        option="kernel_regularizer",
    )
    data = lzma.decompress((data_folder("cifar-10-batches-bin") / "test_batch.bin.xz").read_bytes())
    rows = np.frombuffer(data, np.uint8).reshape(-1, 3073)
    x = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    assert right(model, x.astype(np.float32), rows[:, 0]) == 8721


def test_photographs_of_keras_3(data_folder: DataFolder) -> None:
    folder = data_folder("weights")
    needed = ("BatchNormalization", "DepthwiseConv2D")
    model = load(folder, "mobilenet_0.75_224.h5", *needed)
    with np.load(folder / "mobilenet_0.75_224_golden.npz") as golden:
        x, expected = golden["crops_u8"], golden["logits"]
    logits = Model(model.input, model.get_layer("reshape_2").output)
    found = logits.predict(x / np.float32(127.5) - 1, verbose=0)
    assert np.abs(found - expected).max() <= PUBLISHED_LOGITS * np.abs(expected).max()
    np.testing.assert_array_equal(found.argmax(-1), expected.argmax(-1))
