# SPDX-License-Identifier: BSD-3-Clause
"""Cats and dogs by a network that has seen a million other pictures (lecture A).

Three ways to use it, each from the one before. Features: the base runs once over the photographs,
and only a small head learns, in seconds; but then nothing can be augmented. Frozen: base and head
are one model, so every epoch sees changed pictures, and the base still does not learn. Tuned: the
last layers of the base are released and learn a hundred times more slowly than usual, because large
steps would ruin what they know.

    python examples/cats_dogs_transfer.py                     MobileNet 0.75 of PYCONV_DATA/weights
    python examples/cats_dogs_transfer.py --weights FILE.h5   VGG16 without top, as in the lecture
    python examples/cats_dogs_transfer.py --quick             seconds, a tiny base, random weights
"""

from __future__ import annotations

import numpy as np
from photographs import photographs, pretrained
from program import Program

import pyconv
from pyconv import layers
from pyconv.optimizers import RMSprop

MORE = {"weights": "file of VGG16 without top", "stage": "features: stop after the first way"}


def head(shape: tuple[int, ...], vgg: bool) -> pyconv.Sequential:
    """Return the classifier: that of the lecture for VGG16, means of maps for the others."""
    first = [layers.Flatten(), layers.Dense(256)] if vgg else [layers.GlobalAveragePooling2D()]
    last = [layers.Dropout(0.5), layers.Dense(1, activation="sigmoid")]
    return pyconv.Sequential([pyconv.Input(shape), *first, *last])


def compiled(model: pyconv.Model, rate: float) -> pyconv.Model:
    """Return the model, ready to learn at a rate."""
    model.compile(RMSprop(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def trainable(model: pyconv.Model) -> int:
    """Return how many numbers learn."""
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def main() -> None:
    """Train in the three ways, one after the other."""
    program = Program(__doc__, epochs=20, quick_epochs=8, more=MORE)
    vgg = bool(program.options.weights) and not program.quick
    base, prepare, size = pretrained(program)
    splits = photographs(program, size, quick=128)
    rate = 1e-2 if program.quick else 1e-3  # twelve steps must show

    inputs = pyconv.Input((size, size, 3))
    feed = pyconv.Model(inputs, base(prepare(inputs)))
    features = [(feed.predict(x, batch_size=32, verbose=0), y) for x, y in splits]
    print(f"features of a photograph: {features[0][0].shape[1:]}")
    shape = features[0][0].shape[1:]
    expected = 3_277_313 if vgg else shape[-1] + 1
    on_features = compiled(head(shape, vgg), rate)
    program.train(on_features, *features, name="features", parameters=expected)
    if program.options.stage == "features":
        return

    base.trainable = False
    inputs = pyconv.Input((size, size, 3))
    x = layers.RandomFlip("horizontal")(inputs)
    x = layers.RandomZoom(0.2)(layers.RandomRotation(0.1)(x))
    x = base(prepare(x), training=False)  # its batch normalisation keeps what it knows
    model = pyconv.Model(inputs, head(shape, vgg)(x))
    print(f"frozen: {trainable(compiled(model, rate)):,} learn")
    assert trainable(model) == expected
    program.train(model, *splits, name="frozen", parameters=base.count_params() + expected)

    base.trainable = True
    kept = base.layers[:-1] if program.quick else base.layers[:-4]
    for layer in kept:
        layer.trainable = False
    compiled(model, 1e-3 if program.quick else 1e-5)
    print(f"tuned: {trainable(model):,} learn")
    assert not vgg or trainable(model) == 10_356_737
    assert trainable(model) > expected
    before = base.get_weights()
    program.train(model, *splits, name="tuned")
    moved = [np.abs(new - old).max() for new, old in zip(base.get_weights(), before, strict=True)]
    print(f"tuned: {np.count_nonzero(moved)} of {len(moved)} arrays of the base moved")
    assert 0 < np.count_nonzero(moved) < len(moved)


if __name__ == "__main__":
    main()
