# SPDX-License-Identifier: BSD-3-Clause
"""Cats and dogs in five steps, each a little better than the one before (lecture D).

1. A network from nothing. 2. The same with augmentation and dropout. 3. A head on the features of
VGG16, computed once. 4. VGG16 frozen, and the head, as one model. 5. Its last block released. Steps
3 to 5 need VGG16's weights; the lecture feeds it pixels from 0 to 1, without VGG16's own means.

    python examples/cats_dogs_five_steps.py [--weights FILE.h5]    30 and 100 epochs
    python examples/cats_dogs_five_steps.py --quick                seconds, on two kinds of stripes
"""

from __future__ import annotations

import numpy as np
from photographs import photographs
from program import Pair, Program

import pyconv
from pyconv import layers
from pyconv.applications import cats_dogs_convnet_150, transfer_head
from pyconv.applications.vgg16 import VGG16
from pyconv.optimizers import RMSprop
from pyconv.preprocessing.image import ImageDataGenerator

HEAD = 2_097_665
RELEASED = ("block5_conv1", "block5_conv2", "block5_conv3")


def compiled(model: pyconv.Model, rate: float) -> pyconv.Model:
    """Return the model, ready to learn at a rate."""
    model.compile(RMSprop(rate), "binary_crossentropy", metrics=["acc"])
    return model


def from_nothing(program: Program, splits: list[Pair]) -> None:
    """Steps 1 and 2."""
    rate = 1e-3 if program.quick else 1e-4
    longer = program.options.epochs or (program.epochs if program.quick else 100)
    model = compiled(cats_dogs_convnet_150(), rate)
    program.train(model, *splits, name="step_1", parameters=3_453_121, batch_size=20)
    generator = ImageDataGenerator(
        rotation_range=40,
        width_shift_range=0.2,
        height_shift_range=0.2,
        shear_range=0.2,
        zoom_range=0.2,
        horizontal_flip=True,
        fill_mode="nearest",
    )
    if program.quick:  # a few steps show more on pictures that are only mirrored
        generator = ImageDataGenerator(horizontal_flip=True)
    model = compiled(cats_dogs_convnet_150(0.5), rate)
    flow = generator.flow(*splits[0], batch_size=32, seed=program.seed)
    program.train(model, *splits, name="step_2", parameters=3_453_121, epochs=longer, source=flow)


def from_vgg16(program: Program, splits: list[Pair]) -> None:
    """Steps 3 to 5."""
    weights = None if program.quick else program.options.weights
    slow, slower, epochs = (3e-6, 1e-6, 3) if program.quick else (2e-5, 1e-5, program.epochs)
    base = VGG16(weights=weights, include_top=False, input_shape=(150, 150, 3))
    features = [(base.predict(x, batch_size=20, verbose=0), y) for x, y in splits]
    head = compiled(transfer_head(), 2e-5)
    program.train(
        head,
        *features,
        name="step_3",
        parameters=HEAD,
        batch_size=20,
        epochs=20 if program.quick else program.epochs,
    )

    base.trainable = False
    top = [layers.Flatten(), layers.Dense(256, activation="relu")]
    top += [layers.Dense(1, activation="sigmoid")]
    model = compiled(pyconv.Sequential([pyconv.Input((150, 150, 3)), base, *top]), slow)
    assert len(model.trainable_weights) == 4
    program.train(
        model, *splits, name="step_4", parameters=16_812_353, batch_size=20, epochs=epochs
    )

    base.trainable = True
    for layer in base.layers:
        layer.trainable = layer.name in RELEASED
    compiled(model, slower)
    learning = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    print(f"step_5: {learning:,} of them learn")
    assert learning == 9_177_089
    epochs = epochs if program.quick or program.options.epochs else 100
    program.train(model, *splits, name="step_5", batch_size=20, epochs=epochs)


def main() -> None:
    """Take the steps that the weights at hand allow."""
    program = Program(__doc__, 30, 4, more={"weights": "file of VGG16 without top"})
    splits = [(x / 255, y) for x, y in photographs(program, 150)]
    from_nothing(program, splits)
    if program.quick:
        from_vgg16(
            program, [(255 * x[:16], y[:16]) for x, y in splits]
        )  # random weights pass little on
    elif program.options.weights:
        from_vgg16(program, splits)
    else:
        print("say --weights FILE.h5 for steps 3 to 5")


if __name__ == "__main__":
    main()
