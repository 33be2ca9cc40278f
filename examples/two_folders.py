# SPDX-License-Identifier: BSD-3-Clause
"""Which of two folders is a picture from? The classifier of men and women, for any two (lecture D).

The lecture's photographs are not public, nor are its sizes; the network is that of its cats and
dogs. Without augmentation it knows its pictures by heart: training is near 100 %, the test is not,
which is the point. The second half trains a small classifier on the features of VGG16.

    python examples/two_folders.py --data FOLDER [--weights FILE.h5]
    python examples/two_folders.py --quick     seconds, on two kinds of stripes
"""

from __future__ import annotations

from photographs import photographs
from program import Program

from pyconv.applications import gender_convnet, transfer_head
from pyconv.applications.vgg16 import VGG16
from pyconv.optimizers import RMSprop

MORE = {"weights": "file of VGG16 without top"}


def main() -> None:
    """Train from nothing, then on features where there are weights."""
    program = Program(__doc__, epochs=30, quick_epochs=4, more=MORE)
    splits = [(x / 255, y) for x, y in photographs(program, 150, quick=32)]
    model = gender_convnet()
    model.compile(RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    program.train(model, *splits, name="scratch", parameters=3_453_121, batch_size=20)
    if not program.quick and not program.options.weights:
        print("say --weights FILE.h5 for the second half")
        return
    weights = None if program.quick else program.options.weights
    base = VGG16(weights=weights, include_top=False, input_shape=(150, 150, 3))
    scale = 255 if program.quick else 1  # random weights pass little on
    features = [(base.predict(scale * x, batch_size=16, verbose=0), y) for x, y in splits]
    top = transfer_head()
    top.compile(RMSprop(2e-5), "binary_crossentropy", metrics=["accuracy"])
    epochs = 12 if program.quick else program.epochs
    program.train(
        top, *features, name="transfer", parameters=2_097_665, batch_size=20, epochs=epochs
    )


if __name__ == "__main__":
    main()
