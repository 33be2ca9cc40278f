# SPDX-License-Identifier: BSD-3-Clause
"""Weights of networks: from files of every kind, from the caches, and what is refused."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same_bits
from tolerances import PUBLISHED_LOGITS

from pyconv import applications
from pyconv.applications import EfficientNetB0, MobileNet, ResNet50, mobilenet
from pyconv.applications.published_weights import WITH_TOP, WITHOUT_TOP
from pyconv.datasets.download import RemoteFile
from pyconv.layers import Rescaling
from pyconv.random import get_state, set_seed

h5py = pytest.importorskip("h5py")
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


def test_a_file_that_says_no_more_than_layer_names_is_read_in_their_order(tmp_path: Path) -> None:
    """Keras's files of 2016 are such: attributes of VGG16's in neokt/car-damage-detective#6."""
    path = tmp_path / "w.h5"
    one = MobileNet(weights=None, **SMALL)
    one.save_weights(path)
    with h5py.File(path, "r+") as file:
        for name in set(file.attrs) - {"layer_names"}:
            del file.attrs[name]
    other = MobileNet(weights=path, **SMALL)
    assert_same_bits(other.get_weights(), one.get_weights())


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

    def fetch(function: str, addresses: list[str], path: Path, checksum: str | None) -> None:
        asked.append((*addresses, checksum))
        EfficientNetB0(weights=None, include_top=False).save_weights(path)

    monkeypatch.setattr("pyconv.datasets.download.fetch", fetch)
    model = EfficientNetB0(include_top=False)
    assert model.count_params() == 4_049_571
    scales = [x.scale for x in model.layers if isinstance(x, Rescaling)]
    assert scales[0] == pytest.approx(1 / 255)
    assert scales[1] == pytest.approx(np.array([0.229, 0.224, 0.225]) ** -0.5)
    address = "https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5"
    assert asked == [(address, "md5:50bc09e76180e00e4465e1a485ddc09d")]
    EfficientNetB0(include_top=False)
    assert len(asked) == 1, "it lies in the cache now"
    assert (home / "ours" / "models" / "efficientnetb0_notop.h5").exists()


def test_the_count_of_normalization_may_be_an_integer(tmp_path: Path) -> None:
    path, shape = tmp_path / "w.h5", (32, 32, 3)
    one = EfficientNetB0(weights=None, include_top=False, input_shape=shape)
    one.get_layer(index=2).set_weights([np.full(3, 0.5), np.full(3, 4.0), np.array(7.0)])
    one.save_weights(path)
    with h5py.File(path, "r+") as file:
        del file.attrs["pyconv_version"]  # another's file has no checksum of ours
        group = file[one.get_layer(index=2).name]
        (name,) = (n for n in group.attrs["weight_names"] if n.endswith(b"count"))
        del group[name]
        group.create_dataset(name, data=np.int64(7))
    other = EfficientNetB0(weights=path, include_top=False, input_shape=shape)
    assert_same_bits(other.get_weights(), one.get_weights())


def test_a_failed_download_names_network_file_and_place(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(function: str, addresses: list[str], path: Path, checksum: str | None) -> None:
        raise OSError(f"{function}: {path} from {addresses[0]}: no route to host")

    monkeypatch.setattr("pyconv.datasets.download.fetch", fetch)
    with pytest.raises(OSError, match=rf"ResNet50: {home}/ours/models/resnet50_.* from https://"):
        ResNet50()


FILES = {
    **{f"vgg{depth}": ("vgg", f"VGG{depth}") for depth in (16, 19)},
    **{f"resnet{depth}": ("resnet", f"ResNet{depth}") for depth in (50, 101, 152)},
    **{f"densenet{depth}": ("densenet", f"DenseNet{depth}") for depth in (121, 169, 201)},
    "xception": ("xception", "Xception"),
    **{f"efficientnetb{n}": ("efficientnet", f"EfficientNetB{n}") for n in range(8)},
    **{f"mobilenet_{a}": ("mobilenet", a) for a in ("2_5", "5_0", "7_5", "1_0")},
}


def files_of_keras(module: Any) -> dict[str, str]:
    """Return names and MD5 sums that stand in a module of Keras."""
    source = inspect.getsource(module)
    call = r'"(\w+\.h5)",\s*\w+,\s*cache_subdir="models",\s*file_hash="(\w{32})"'
    found = dict(re.findall(call, source))
    for name, sums in getattr(module, "WEIGHTS_HASHES", {}).items():
        family = "efficientnet" if module.__name__.endswith("efficientnet") else ""
        ends = (".h5", "_notop.h5") if family else (WITH_TOP, WITHOUT_TOP)
        found |= {f"{family}{name}{end}": md5 for end, md5 in zip(ends, sums, strict=True)}
    return found


@pytest.mark.oracle
@pytest.mark.parametrize("network", FILES)
def test_addresses_and_sums_are_those_of_keras(
    keras: Any, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[RemoteFile, str]] = []

    def find(function: str, file: RemoteFile, address: str) -> Path:
        asked.append((file, address))
        raise InterruptedError

    monkeypatch.setattr("pyconv.applications.published_weights.find_published", find)
    module, name = FILES[network]
    theirs = importlib.import_module(
        f"keras.src.applications.{network if module == 'vgg' else module}"
    )
    alphas = {"2_5": 0.25, "5_0": 0.5, "7_5": 0.75, "1_0": 1.0}
    options = {"alpha": alphas[name]} if module == "mobilenet" else {}
    for include_top in (True, False):
        with pytest.raises(InterruptedError):
            getattr(applications, "MobileNet" if options else name)(
                include_top=include_top, **options
            )
    source, sums = inspect.getsource(theirs).replace('"\n    "', ""), files_of_keras(theirs)
    for file, address in asked:
        assert f'"{address}' in source
        if module == "mobilenet":
            assert file.checksum is None
            assert re.fullmatch(rf"{network}_224_tf(_no_top)?\.h5", file.name)
        else:
            assert file.checksum == f"md5:{sums[file.name]}"
    assert len({file.name for file, _ in asked}) == 2


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
