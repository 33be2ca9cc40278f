# SPDX-License-Identifier: BSD-3-Clause
"""Twenty kinds of birds by ResNet50: from nothing, frozen, and tuned (lecture E, program 6-11).

Kinds of birds differ in a wing bar or a beak, and sixty photographs of each are few. The names of
the folders are sorted once, for all three parts; grey photographs become RGB. The folder is
CUB_200_2011/images, or any with a folder per class.

    python examples/birds.py --data FOLDER --weights FILE.h5    ResNet50 without top; 10 epochs
    python examples/birds.py --quick                            seconds, on four kinds of stripes
"""

from __future__ import annotations

from photographs import photographs, tiny_base
from program import Program

import pyconv
from pyconv import layers
from pyconv.applications.resnet50 import ResNet50, preprocess_input
from pyconv.optimizers import Adam

MORE = {"weights": "file of ResNet50 without top", "classes": "20 by default"}


def main() -> None:
    """Train the three."""
    program = Program(__doc__, epochs=10, quick_epochs=4, more=MORE)
    classes = int(program.options.classes or (4 if program.quick else 20))
    size = 64 if program.quick else 224
    splits = photographs(program, size, quick=128, classes=classes)
    if program.quick:
        splits = tuple((x / 127.5 - 1, y) for x, y in splits)
    else:
        splits = tuple((preprocess_input(x), y) for x, y in splits)
    ways = ["scratch", "frozen", "tuned"]
    if not program.quick and not program.options.weights:
        print("say --weights FILE.h5 for the frozen and the tuned network")
        ways = ["scratch"]
    for name in ways:
        weights = None if name == "scratch" else program.options.weights
        shape = (size, size, 3)
        if program.quick:
            base = tiny_base()
        else:
            base = ResNet50(weights=weights, include_top=False, input_shape=shape)
        base.trainable = name != "frozen"
        top = [layers.Flatten(), layers.Dense(1024, activation="relu")]
        top += [layers.Dense(classes, activation="softmax")]
        model = pyconv.Sequential([pyconv.Input(shape), base, *top])
        rate = 1e-3 if program.quick else 2e-5
        model.compile(Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        hidden = 784 * 1024 + 1024 + 5_088 if program.quick else 126_349_184
        parameters = hidden + 1025 * classes
        program.train(model, *splits, name=name, parameters=parameters, batch_size=16)


if __name__ == "__main__":
    main()
