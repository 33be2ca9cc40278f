# SPDX-License-Identifier: BSD-3-Clause
"""Networks of keras.applications: exact counts, names and shapes of layers, refusals."""

from __future__ import annotations

import gc
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import applications
from pyconv.layers import Dense
from pyconv.layers.loading import loading

COUNTS = {  # with top, without, not trained
    "VGG16": (138_357_544, 14_714_688, 0),
    "VGG19": (143_667_240, 20_024_384, 0),
    "ResNet50": (25_636_712, 23_587_712, 53_120),
    "ResNet101": (44_707_176, 42_658_176, 105_344),
    "ResNet152": (60_419_944, 58_370_944, 151_424),
    "MobileNet": (4_253_864, 3_228_864, 21_888),
    "Xception": (22_910_480, 20_861_480, 54_528),
    "DenseNet121": (8_062_504, 7_037_504, 83_648),
    "DenseNet169": (14_307_880, 12_642_880, 158_400),
    "DenseNet201": (20_242_984, 18_321_984, 229_056),
    "EfficientNetB0": (5_330_571, 4_049_571, 42_023),
    "EfficientNetB1": (7_856_239, 6_575_239, 62_055),
    "EfficientNetB2": (9_177_569, 7_768_569, 67_575),
    "EfficientNetB3": (12_320_535, 10_783_535, 87_303),
    "EfficientNetB4": (19_466_823, 17_673_823, 125_207),
    "EfficientNetB5": (30_562_527, 28_513_527, 172_743),
    "EfficientNetB6": (43_265_143, 40_960_143, 224_439),
    "EfficientNetB7": (66_658_687, 64_097_687, 310_727),
    "ResNet18": (11_699_112, 11_186_112, 9_600),
    "ResNet34": (21_814_696, 21_301_696, 17_024),
    "GoogLeNet": (6_998_552, 5_973_552, 0),
    "AlexNet": (60_965_224, 2_334_080, 0),
    "AlexNetUngrouped": (62_378_344, 3_747_200, 0),
    "AlexNet2014": (61_100_840, 2_469_696, 0),
}


@pytest.fixture
def weightless() -> Iterator[None]:
    """Build with zeros that no memory is touched for."""
    with loading(sys.maxsize):
        yield
    gc.collect()


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize("name", COUNTS)
def test_a_network_has_exactly_its_weights(name: str) -> None:
    make = getattr(applications, name)
    full, base = make(weights=None), make(weights=None, include_top=False)
    fixed = sum(w.size for w in full.non_trainable_weights)
    assert (full.count_params(), base.count_params(), fixed) == COUNTS[name]
    assert full.output_shape == (None, 1000)
    assert base.input_shape == (None, None, None, 3)
    assert len(base.output_shape) == 4
    pooled = make(weights=None, include_top=False, pooling="max")
    assert pooled.output_shape == (None, base.output_shape[-1])


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize(
    ("alpha", "count"),
    [(1.0, 4_253_864), (0.75, 2_601_976), (0.5, 1_342_536), (0.25, 475_544)],
)
def test_mobilenet_has_a_count_for_every_alpha(alpha: float, count: int) -> None:
    model = applications.MobileNet(alpha=alpha, weights=None)
    assert model.count_params() == count
    assert model.name == f"mobilenet_{alpha:.2f}_224"


@pytest.mark.usefixtures("weightless")
def test_a_depth_multiplier_multiplies_the_depthwise_filters() -> None:
    model = applications.MobileNet(depth_multiplier=2, weights=None, include_top=False)
    assert model.get_layer("conv_dw_1").output.shape[-1] == 64
    assert model.get_layer("conv_pw_1").kernel.shape == (1, 1, 64, 64)


@pytest.mark.usefixtures("weightless")
def test_googlenet_has_two_classifiers_more_while_training() -> None:
    model = applications.with_auxiliary_classifiers(applications.GoogLeNet(weights=None))
    assert model.count_params() == 13_378_280
    assert model.output_shape == [(None, 1000)] * 3
    module = [model.get_layer(f"inception_{m}").output.shape[-1] for m in ("3a", "3b", "4a", "4e")]
    assert module == [256, 480, 512, 832]
    assert model.get_layer("inception_5b").output.shape == (None, 7, 7, 1024)


@pytest.mark.usefixtures("weightless")
def test_alexnets_maps_have_the_papers_sizes() -> None:
    model = applications.AlexNet(weights=None)
    names = ("conv1", "pool1", "pool2", "conv3", "pool5")
    sizes = [model.get_layer(name).output.shape[1:] for name in names]
    assert sizes == [(55, 55, 96), (27, 27, 96), (13, 13, 256), (13, 13, 384), (6, 6, 256)]


def test_the_signature_is_that_of_keras() -> None:
    parameters = inspect.signature(applications.VGG16).parameters
    assert {name: p.default for name, p in parameters.items()} == {
        "include_top": True,
        "weights": "imagenet",
        "input_tensor": None,
        "input_shape": None,
        "pooling": None,
        "classes": 1000,
        "classifier_activation": "softmax",
        "name": "vgg16",
    }
    assert applications.VGG16.__name__ == "VGG16"
    assert "input_shape" in (applications.VGG16.__doc__ or "")


@pytest.mark.parametrize(
    "module",
    ["vgg16", "vgg19", "resnet50", "resnet", "densenet", "mobilenet", "xception", "efficientnet"],
)
def test_a_module_has_what_programs_import_from_it(module: str) -> None:
    found = getattr(applications, module)
    assert callable(found.preprocess_input)
    assert callable(found.decode_predictions)
    assert any(name in COUNTS for name in vars(found))


@pytest.mark.usefixtures("weightless")
def test_a_network_starts_from_a_given_tensor() -> None:
    image = pyconv.Input((40, 40, 3), name="image")
    base = applications.VGG16(weights=None, include_top=False, input_tensor=image / 255.0)
    assert base.input_names == ["image"]
    assert base.output_shape == (None, 1, 1, 512)
    model = applications.ResNet18(weights=None, include_top=False, input_tensor=base.input)
    assert model.inputs == base.inputs


@pytest.mark.usefixtures("weightless")
def test_vgg_of_open_size_takes_any_size_inside_a_model() -> None:
    base = applications.VGG16(weights=None, include_top=False)
    for size, expected in ((180, 5), (150, 4), (64, 2)):
        image = pyconv.Input((size, size, 3))
        assert base(image).shape == (None, expected, expected, 512)


@pytest.mark.usefixtures("weightless")
def test_logits_and_classes_are_the_users() -> None:
    model = applications.ResNet50(
        weights=None, input_shape=(64, 48, 1), classes=7, classifier_activation=None, name="mine"
    )
    last = model.layers[-1]
    assert model.name == "mine"
    assert model.output_shape == (None, 7)
    assert isinstance(last, Dense)
    assert last.get_config()["activation"] == "linear"


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"classes": 10}, ValueError, "VGG16: classes=10; weights='imagenet'"),
    ({"classes": 0, "weights": None}, ValueError, "VGG16: classes=0; must be >= 1"),
    ({"include_top": 1}, TypeError, "VGG16: include_top=1; must be True or False"),
    ({"weights": "nowhere.h5"}, ValueError, "VGG16: weights='nowhere.h5'; must be None"),
    ({"weights": 3}, TypeError, "VGG16: weights=3"),
    ({"pooling": "mean"}, ValueError, "VGG16: pooling='mean'; must be one of"),
    ({"input_shape": (150, 150, 3)}, ValueError, "include_top=True needs (224, 224, 3)"),
    ({"input_shape": (31, 64, 3), "include_top": False}, ValueError, "must be >= 32"),
    ({"input_shape": (64, 64, 1), "include_top": False}, ValueError, "needs 3 channels"),
    ({"input_shape": (64, 64)}, ValueError, "must be (height, width, channels)"),
    ({"input_shape": (None, 64, 3), "weights": None}, ValueError, "needs a known height"),
    ({"classifier_activation": "relu"}, ValueError, "must be 'softmax' or None"),
    ({"input_tensor": np.zeros((1, 64, 64, 3)), "weights": None}, TypeError, "input_tensor="),
]


@pytest.mark.parametrize(("options", "error", "message"), REFUSED)
def test_a_network_refuses(
    options: dict[str, Any],
    error: type[Exception],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYCONV_HOME", str(tmp_path))
    with pytest.raises(error, match=re.escape(message)):
        applications.VGG16(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0.6}, "MobileNet: alpha=0.6; weights='imagenet' has"),
        ({"depth_multiplier": 2}, "MobileNet: depth_multiplier=2; weights='imagenet' has 1"),
        ({"alpha": 0.0}, "MobileNet: alpha=0; must leave a filter"),
        ({"input_shape": (100, 100, 3)}, "needs (224, 224, 3) or (192, 192, 3)"),
    ],
)
def test_mobilenet_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        applications.MobileNet(**options)


def test_xceptions_least_size_is_71() -> None:
    with pytest.raises(ValueError, match="must be >= 71"):
        applications.Xception(weights=None, include_top=False, input_shape=(70, 80, 3))


def test_no_weights_of_imagenet_are_published_for_some() -> None:
    with pytest.raises(ValueError, match="ResNet18: weights='imagenet'; Keras publishes none"):
        applications.ResNet18(weights="imagenet")
