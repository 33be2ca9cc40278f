# SPDX-License-Identifier: BSD-3-Clause
"""What MobileNet sees: its Grad-CAM stands on the animals, its filters find what they answer to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyconv import Model
from pyconv.evaluation import layer_costs, receptive_field
from pyconv.models import load_model
from pyconv.visualization import grad_cam, saliency
from pyconv.visualization.layer_outputs import find_layer
from pyconv.visualization.maximise_filter import ascended

pytest.importorskip("h5py")

# Rows and columns of the 7 x 7 maps on which the animal lies, of ImageNet's classes of its kind.
ANIMALS = {
    "caffe_cat": (slice(0, 7), slice(1, 6), range(281, 286)),
    "tfjs_cat": (slice(0, 4), slice(2, 6), range(281, 286)),
    "tfjsex_cat": (slice(0, 7), slice(0, 6), range(281, 286)),
    "samoyed": (slice(0, 7), slice(0, 5), range(258, 259)),
}


@pytest.fixture(scope="module")
def mobilenet() -> tuple[Model, dict[str, np.ndarray]]:
    """The network, and pictures (224, 224, 3) as it takes them, by the names of their files."""
    import os

    root = os.environ.get("PYCONV_DATA")
    folder = Path(root or "") / "weights"
    if not root or not (folder / "mobilenet_0.75_224.h5").is_file():
        pytest.skip("PYCONV_DATA has no weights/mobilenet_0.75_224.h5")
    with np.load(folder / "mobilenet_0.75_224_golden.npz") as golden:
        pictures = golden["crops_u8"] / np.float32(127.5) - 1
        names = [str(name) for name in golden["names"]]
    return load_model(folder / "mobilenet_0.75_224.h5"), dict(zip(names, pictures, strict=True))


def picture_of(pictures: dict[str, np.ndarray], name: str) -> np.ndarray:
    (found,) = (picture for file, picture in pictures.items() if name in file)
    return found


@pytest.mark.parametrize("name", ANIMALS)
def test_the_heat_map_stands_on_the_animal(
    name: str, mobilenet: tuple[Model, dict[str, np.ndarray]]
) -> None:
    model, pictures = mobilenet
    rows, columns, classes = ANIMALS[name]
    x = picture_of(pictures, name)
    assert int(model.predict(x[None], verbose=0).argmax()) in classes
    heat = grad_cam(model, x)
    assert heat.shape == (7, 7)
    inside = np.zeros((7, 7), bool)
    inside[rows, columns] = True
    assert inside.flat[heat.argmax()]
    assert heat[inside].mean() > 1.7 * heat[~inside].mean()


def test_saliency_is_stronger_on_the_animal(
    mobilenet: tuple[Model, dict[str, np.ndarray]],
) -> None:
    model, pictures = mobilenet
    strength = saliency(model, picture_of(pictures, "caffe_cat"))
    assert strength.shape == (224, 224)
    assert strength.max() == 1
    assert strength[:, 64:192].mean() > 1.3 * strength[:, :64].mean()


@pytest.mark.parametrize("layer", ["conv_pw_1_relu", "conv_pw_3_relu"])
def test_filter_maximisation_raises_the_answer_of_an_early_layer(
    layer: str, mobilenet: tuple[Model, dict[str, np.ndarray]]
) -> None:
    model, _ = mobilenet
    maps: Any = Model(model.input, model.get_layer(layer).output)
    x = np.random.default_rng(0).uniform(0.4, 0.6, (4, 224, 224, 3)).astype(np.float32)
    start = maps.predict(x, verbose=0)[:, 2:-2, 2:-2].mean(axis=(1, 2))  # (4, filters)
    filters = np.argsort(np.abs(start[0] - 0.5))[:4]  # alive, and far from the 6 of ReLU6
    up = ascended("test", model, find_layer("test", model, layer), filters, x, 10, 10.0)
    end = maps.predict(up, verbose=0)[:, 2:-2, 2:-2].mean(axis=(1, 2))
    for i, f in enumerate(filters):
        assert end[i, f] > 3 * start[i, f]


def test_the_photographs_are_all_looked_at(data_folder: Callable[[str], Path]) -> None:
    """A crop misnamed in the archive would make the tests above look elsewhere."""
    with np.load(data_folder("weights") / "mobilenet_0.75_224_golden.npz") as golden:
        names = [str(name) for name in golden["names"]]
    assert all(sum(name in file for file in names) == 1 for name in ANIMALS)


def test_it_costs_and_sees_what_its_authors_say(
    mobilenet: tuple[Model, dict[str, np.ndarray]],
) -> None:
    """325 million multiply-adds (Howard et al. 2017, table 6); 315 pixels (Araujo et al. 2019)."""
    model, _ = mobilenet
    costs = layer_costs(model)
    assert sum(cost.parameters for cost in costs) == model.count_params() == 2_601_976
    assert round(sum(cost.multiply_adds for cost in costs) / 1e6) == 325
    fields = {field.name: field for field in receptive_field(model)}
    assert fields["conv_pw_13_relu"].size == (315, 315)
    assert fields["conv_pw_13_relu"].jump == (32, 32)
