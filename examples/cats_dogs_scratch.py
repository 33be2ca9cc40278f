# SPDX-License-Identifier: BSD-3-Clause
"""Cats and dogs from nothing, then with augmentation and dropout (lecture A).

Two thousand photographs are few: the first network knows them by heart in a dozen epochs, and is
wrong on three of ten new ones. The second never sees the same picture twice, turned, mirrored and
zoomed as they are, and half of what reaches its last layer is dropped. It learns more slowly, and
further. Any folder with two folders of pictures will do for --data.

    python examples/cats_dogs_scratch.py             30 and 100 epochs on cats-dogs/
    python examples/cats_dogs_scratch.py --quick     seconds, on two kinds of stripes
"""

from __future__ import annotations

from photographs import photographs
from program import Program

import pyconv
from pyconv import layers
from pyconv.applications import cats_dogs_convnet


def main() -> None:
    """Train the same network plainly and with augmentation."""
    program = Program(__doc__, epochs=30, quick_epochs=4)
    train, validation, test = photographs(program, 180)
    augmentation = pyconv.Sequential(
        [
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(0.1),
            layers.RandomZoom(0.2),
        ]
    )
    longer = program.options.epochs or (program.epochs if program.quick else 100)
    for name, model, epochs in (
        ("plain", cats_dogs_convnet(), program.epochs),
        ("augmented", cats_dogs_convnet(0.5, augmentation), longer),
    ):
        model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
        program.train(model, train, validation, test, name=name, parameters=991_041, epochs=epochs)


if __name__ == "__main__":
    main()
