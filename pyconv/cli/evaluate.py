# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv evaluate`: how well a model does on pictures it was not trained on."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.cli.classifier import load_classifier
from pyconv.cli.options import DATA_HELP, positive
from pyconv.cli.pictures import as_inputs, checked_labels, pictures_of
from pyconv.losses import SparseCategoricalCrossentropy

HELP = "show loss, accuracy, and accuracy per class of a saved model"

Labels = npt.NDArray[Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("model", metavar="MODEL", help="file that pyconv train or save wrote")
    parser.add_argument("--data", help=f"{DATA_HELP}; its test pictures count")
    parser.add_argument("--batch-size", type=positive, default=500, help="pictures at once")


def run(arguments: argparse.Namespace) -> None:
    """Print the numbers; the model ends with probabilities, the loss is their cross-entropy."""
    classifier = load_classifier(arguments.model)
    data = pictures_of(arguments.data, classifier.input_shape, classifier.classes)
    _, (x, labels) = data.read()
    labels = checked_labels(labels, classifier.classes)
    inputs = as_inputs(x, classifier.input_shape, classifier.white)
    model = classifier.model
    print(f"data: {data.title}: {len(x):,} pictures to test with")
    print(f"model: {model.name}, {model.count_params():,} weights")
    probabilities = classifier.probabilities(inputs, arguments.batch_size)
    loss = SparseCategoricalCrossentropy()(labels, probabilities)
    found = probabilities.argmax(axis=1)
    print(f"loss: {float(loss):.4f}")
    print(f"accuracy: {np.mean(found == labels):.4f}\n")
    for line in _per_class(labels, found, data.class_names):
        print(line)


def _per_class(labels: Labels, found: Labels, names: tuple[str, ...]) -> list[str]:
    """Return a table of the classes that occur: how many, how many of them found."""
    lines = [f"{'class':<14}{'pictures':>9}{'found':>9}{'accuracy':>10}"]
    for label in np.unique(labels):
        name = names[label] if label < len(names) else str(label)
        here = labels == label
        count, right = int(here.sum()), int((found[here] == label).sum())
        lines.append(f"{name:<14}{count:>9,}{right:>9,}{right / count:>10.4f}")
    return lines
