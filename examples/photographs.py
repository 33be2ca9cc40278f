# SPDX-License-Identifier: BSD-3-Clause
"""What the examples on photographs share: pictures of folders, and a network trained before."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from program import Pair, Program, stripes

import pyconv
from pyconv import layers
from pyconv.applications.vgg16 import VGG16
from pyconv.applications.vgg16 import preprocess_input as preprocess_vgg16
from pyconv.preprocessing.image import img_to_array, load_img

SHARES = (0.5, 0.7)  # of each class: up to here to train on, up to here to validate, the rest tests


def photographs(
    program: Program, size: int, quick: int = 48, classes: int = 2
) -> tuple[Pair, Pair, Pair]:
    """Return pictures (n, size, size, 3), 0 to 255, and classes: training, validation, test.

    The folder holds one folder per class; its files count in the order of the numbers in their
    names; the first `classes` folders by name count. Of cats-dogs/ numbers 0-499 train, 500-699
    validate, 700-1000 test. With --quick: stripes, `quick` of them to train on.
    """
    if program.quick:
        x, y = stripes(quick + 16, classes, size, program.seed)
        return (x[:quick], y[:quick]), (x[quick:], y[quick:]), (x[quick:], y[quick:])
    folder = program.folder("cats-dogs")
    parts: list[tuple[list[Path], list[int]]] = [([], []), ([], []), ([], [])]
    names = sorted(p.name for p in folder.iterdir() if p.is_dir())[:classes]
    if len(names) < classes:
        raise SystemExit(f"{folder} holds {len(names)} folders; {classes} are needed")
    for label, name in enumerate(names):
        files = sorted((folder / name).glob("*.[jp][pn]*g"), key=_number)
        cuts = [0, *(int(share * len(files)) for share in SHARES), len(files)]
        for (paths, labels), first, last in zip(parts, cuts, cuts[1:], strict=False):
            paths += files[first:last]
            labels += [label] * (last - first)
    train, validation, test = (_read(paths, labels, size) for paths, labels in parts)
    order = np.random.default_rng(program.seed).permutation(len(train[0]))
    return program.subset(train[0][order], train[1][order]), validation, test


def _number(path: Path) -> tuple[int, str]:
    digits = "".join(c for c in path.stem if c.isdigit())
    return int(digits or 0), path.name


def _read(paths: list[Path], labels: list[int], size: int) -> Pair:
    x = np.empty((len(paths), size, size, 3), np.float32)
    for i, path in enumerate(paths):
        x[i] = img_to_array(load_img(path, target_size=(size, size)))
    return x, np.array(labels, np.uint8)


def pretrained(program: Program) -> tuple[pyconv.Model, Any, int]:
    """Return a base without classifier, what prepares its pictures, and their size.

    VGG16 where --weights names its file (without top); else MobileNet 0.75 of $PYCONV_DATA. With
    --quick it is three convolutions of random weights, which tell stripes apart well enough.
    """
    if program.quick:
        return tiny_base(), to_one(), 64
    if program.options.weights:
        base = VGG16(weights=program.options.weights, include_top=False, input_shape=(180, 180, 3))
        return base, preprocess_vgg16, 180
    network = pyconv.load_model(mobilenet_file(), compile=False)
    return pyconv.Model(network.input, network.get_layer("conv_pw_13_relu").output), to_one(), 224


def mobilenet_file() -> Path:
    """Return the file of MobileNet 0.75 with its weights of ImageNet."""
    if "PYCONV_DATA" not in os.environ:
        raise SystemExit("set PYCONV_DATA to what holds weights/mobilenet_0.75_224.h5")
    return Path(os.environ["PYCONV_DATA"]) / "weights" / "mobilenet_0.75_224.h5"


def tiny_base() -> pyconv.Sequential:
    """Return three convolutions for (64, 64, 3) with random weights: 5,088."""
    convolutions = [layers.Conv2D(16, 3, strides=2, activation="relu") for _ in range(3)]
    return pyconv.Sequential([pyconv.Input((64, 64, 3)), *convolutions])


def to_one() -> layers.Rescaling:
    """Return the layer that brings 0..255 to -1..1."""
    return layers.Rescaling(1 / 127.5, offset=-1)
