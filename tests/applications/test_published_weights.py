# SPDX-License-Identifier: BSD-3-Clause
"""Weights of networks: from files of every kind, from the caches, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from compare import assert_same_bits
from tolerances import PUBLISHED_LOGITS

from pyconv.applications import (
    VGG16,
    MobileNet,
    densenet,
    efficientnet,
    mobilenet,
    resnet,
    vgg,
    xception,
)
from pyconv.random import get_state, set_seed

pytest.importorskip("h5py")
SMALL: dict[str, Any] = {"alpha": 0.25, "input_shape": (32, 32, 3), "classes": 7}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make both caches empty folders."""
    monkeypatch.setenv("PYCONV_HOME", str(tmp_path / "ours"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("ours", "keras"):
        (tmp_path / name / "models").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("suffix", [".h5", ".weights.h5", ".npz"])
def test_weights_are_read_from_a_path(suffix: str, tmp_path: Path) -> None:
    set_seed(1)
    one = MobileNet(weights=None, **SMALL)
    one.save_weights(tmp_path / f"w{suffix}")
    before = get_state()
    other = MobileNet(weights=tmp_path / f"w{suffix}", **SMALL)
    assert get_state() == before, "no random number is drawn for weights that a file has"
    assert_same_bits(other.get_weights(), one.get_weights())


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_weights_are_read_from_whole_models(suffix: str, tmp_path: Path) -> None:
    one = MobileNet(weights=None, **SMALL)
    one.save(tmp_path / f"m{suffix}")
    other = MobileNet(weights=str(tmp_path / f"m{suffix}"), **SMALL)
    assert_same_bits(other.get_weights(), one.get_weights())


def test_a_file_that_does_not_fit_is_refused_layer_by_layer(tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    MobileNet(weights=None, **SMALL).save_weights(path)
    with pytest.raises(ValueError, match=r"w\.h5: .*conv_preds.* is \(1, 1, 256, 7\), expected"):
        MobileNet(weights=path, **{**SMALL, "classes": 9})
    with pytest.raises(ValueError, match=r"conv1/kernel is \(3, 3, 3, 8\), expected \(3, 3, 3, 16"):
        MobileNet(weights=path, **{**SMALL, "alpha": 0.5})
    with pytest.raises(ValueError, match=r"55 layers have weights .*conv_preds.*, expected "):
        MobileNet(weights=path, include_top=False, **SMALL)


@pytest.mark.parametrize("cache", ["ours", "keras"])
def test_imagenet_is_looked_up_in_both_caches(home: Path, cache: str) -> None:
    options: dict[str, Any] = {"alpha": 0.25, "input_shape": (128, 128, 3), "include_top": False}
    one = MobileNet(weights=None, **options)
    one.save_weights(home / cache / "models" / "mobilenet_2_5_128_tf_no_top.h5")
    other = MobileNet(weights="imagenet", **options)
    assert_same_bits(other.get_weights(), one.get_weights())


def test_a_download_is_checked_against_the_published_sum(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str | None]] = []

    def retrieve(url: str, known_hash: str | None, fname: str, path: Path) -> None:
        asked.append((url, known_hash))
        VGG16(weights=None, include_top=False).save_weights(path / fname)

    monkeypatch.setattr(
        "pyconv.datasets.download.importlib.import_module",
        lambda name: SimpleNamespace(retrieve=retrieve),
    )
    model = VGG16(include_top=False)
    assert model.count_params() == 14_714_688
    address = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
    file = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert asked == [(address + file, "md5:6d6bbae143d832006294945121d1f1fc")]
    VGG16(include_top=False)
    assert len(asked) == 1, "it lies in the cache now"
    assert (home / "ours" / "models" / file).exists()


def test_without_network_the_message_says_what_to_fetch(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def retrieve(*arguments: Any, **options: Any) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(
        "pyconv.datasets.download.importlib.import_module",
        lambda name: SimpleNamespace(retrieve=retrieve),
    )
    with pytest.raises(OSError, match=r"resnet50_weights_tf.*_kernels\.h5 could not be downloaded"):
        resnet.ResNet50()
    assert str(home)  # the folder that the message names is there


@pytest.mark.oracle
def test_addresses_and_sums_are_those_of_keras(
    keras: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Keras would fetch, asked of Keras itself, is what we would fetch."""

    def noted(found: list[Any], utils: Any = None) -> Callable[..., Path]:
        def get_file(fname: str, origin: str, file_hash: str | None = None, **_: Any) -> Path:
            found.append((fname, origin, None if file_hash is None else f"md5:{file_hash}"))
            raise InterruptedError

        return get_file

    def asked(file: Any, address: str) -> tuple[str, str, str | None]:
        return file.name, address + file.name, file.checksum

    theirs: list[Any] = []
    monkeypatch.setattr(keras.src.utils.file_utils, "get_file", noted(theirs))
    ours: list[Any] = []

    def find(function: str, file: Any, address: str) -> Path:
        ours.append(asked(file, address))
        raise InterruptedError

    monkeypatch.setattr("pyconv.applications.published_weights.find_published", find)
    makers: list[tuple[Any, str, dict[str, Any]]] = [
        *((vgg, name, {}) for name in ("VGG16", "VGG19")),
        *((resnet, f"ResNet{depth}", {}) for depth in (50, 101, 152)),
        *((densenet, f"DenseNet{depth}", {}) for depth in (121, 169, 201)),
        (xception, "Xception", {}),
        *((efficientnet, f"EfficientNetB{number}", {}) for number in range(8)),
        *((mobilenet, "MobileNet", {"alpha": alpha}) for alpha in (0.25, 0.5, 0.75, 1.0)),
    ]
    for module, name, options in makers:
        for include_top in (True, False):
            size = {} if include_top or name == "Xception" else {"input_shape": (224, 224, 3)}
            for make in (getattr(keras.applications, name), getattr(module, name)):
                with pytest.raises(InterruptedError):
                    make(include_top=include_top, **size, **options)
    assert len(ours) == 2 * len(makers)
    assert ours == theirs


def test_a_published_mobilenet_sees_what_keras_saw(
    data_folder: Callable[[str], Path],
) -> None:
    folder = data_folder("weights")
    path = folder / "mobilenet_0.75_224.h5"
    if not path.is_file():
        pytest.skip(f"{path} does not exist")
    model = MobileNet(alpha=0.75, weights=path, classifier_activation=None)
    with np.load(folder / "mobilenet_0.75_224_golden.npz") as golden:
        x, expected = golden["crops_u8"], golden["logits"]
    found = model.predict(mobilenet.preprocess_input(x), verbose=0)
    assert np.abs(found - expected).max() <= PUBLISHED_LOGITS * np.abs(expected).max()
    np.testing.assert_array_equal(found.argmax(-1), expected.argmax(-1))
