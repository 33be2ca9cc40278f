# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv predict`: what a model sees in pictures, with the probability it gives.

Without a model the digits model that comes with pyconv is used. Pictures may have any size and
colour; picture_fit.py says how they become the model's input.
"""

from __future__ import annotations

import argparse

import numpy as np

from pyconv.applications import DIGITS_FILE
from pyconv.cli.classifier import load_classifier
from pyconv.cli.picture_files import read_picture
from pyconv.cli.picture_fit import fit_picture
from pyconv.datasets import fashion_mnist

HELP = "name what is on pictures; without a model, handwritten digits"
NOTES = (
    "Pictures: PNG, JPEG, GIF, BMP, WEBP (pip install pillow) or .npy arrays, of any size. For a "
    "model of grey pictures colours become grey, dark on light becomes light on dark (the border "
    "decides), and the picture is brought to the model's size, for the digits 28 x 28."
)
MODEL_SUFFIXES = (".npz", ".keras", ".h5")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.epilog = NOTES
    parser.usage = "pyconv predict [-h] [--labels LABELS] [MODEL] IMAGE [IMAGE ...]"
    parser.add_argument("files", nargs="+", metavar="FILE", help="a model first, or pictures alone")
    parser.add_argument("--labels", help="names of the classes: fashion_mnist, or cat,dog,...")


def run(arguments: argparse.Namespace) -> None:
    """Print a line per picture: the file, the label, its probability."""
    files: list[str] = arguments.files
    model = str(DIGITS_FILE)
    if files[0].endswith(MODEL_SUFFIXES):
        model, *files = files
    if not files:
        raise ValueError(f"no picture after the model {model}")
    classifier = load_classifier(model)
    labels = _labels(arguments.labels, classifier.classes)
    width = max(map(len, files))
    for path in files:
        picture = fit_picture(read_picture(path), classifier.input_shape)
        (probabilities,) = classifier.probabilities(picture[None] * classifier.white, 1)
        best = int(np.argmax(probabilities))
        print(f"{path:<{width}}  {labels[best]}  {probabilities[best]:.4f}")


def _labels(names: str | None, classes: int) -> list[str]:
    if names is None:
        return [str(label) for label in range(classes)]
    listed = list(fashion_mnist.CLASS_NAMES) if names == "fashion_mnist" else names.split(",")
    if len(listed) != classes:
        raise ValueError(f"--labels {names}: {len(listed)} names; the model has {classes} classes")
    return listed
