# SPDX-License-Identifier: BSD-3-Clause
"""The pipeline of a slide deck: named kernels by hand, then kernels that are learned (lecture C).

A blur, an edge and a sharpening kernel are convolutions whose nine numbers somebody chose. A layer
is the same sum with numbers that training chooses: (3, 256, 256) becomes five maps, then twenty,
then pooling halves them. Both layouts of memory give the same answer.

    python examples/slide_deck.py [--quick]
"""

from __future__ import annotations

import numpy as np
from program import Program, stripes

import pyconv
from pyconv import layers
from pyconv.applications import slide_convnet
from pyconv.visualization import IMAGE_KERNELS, apply_image_kernel


def main() -> None:
    """Show both halves, compare the layouts, learn a little."""
    program = Program(__doc__, epochs=10, quick_epochs=3)
    x, y = stripes(24, 2, 256, program.seed)
    for name in IMAGE_KERNELS:
        changed = apply_image_kernel(x[0], name)
        print(f"{name:13} mean {changed.mean():8.2f}, deviation {changed.std():7.2f}")
    assert np.allclose(apply_image_kernel(x[0], "identity", border="cut"), x[0, 1:-1, 1:-1])

    first, last = slide_convnet("channels_first"), slide_convnet("channels_last")
    first.set_weights(last.get_weights())  # kernels are stored alike in both
    pixels = x[:2] / 255
    outputs = first.predict(pixels.transpose(0, 3, 1, 2), verbose=0)
    assert outputs.shape == (2, 20, 128, 128)
    assert np.array_equal(outputs, last.predict(pixels, verbose=0).transpose(0, 3, 1, 2))
    print(f"both layouts: {outputs.shape[1:]}, the same bits")

    classifier = [layers.GlobalAveragePooling2D(), layers.Dense(2, activation="softmax")]
    model = pyconv.Sequential([pyconv.Input((256, 256, 3)), last, *classifier])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    pair = x / 255, y
    program.train(
        model, pair, pair, pair, name="slide_deck", parameters=140 + 920 + 42, batch_size=8
    )


if __name__ == "__main__":
    main()
