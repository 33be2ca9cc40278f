# SPDX-License-Identifier: BSD-3-Clause
"""CIFAR-10: four convolutions, and what the first learned (lecture E, programs 6-4 to 6-8).

`--augment yes` trains on pictures that are shifted and mirrored anew each epoch. The program reads
its own model file back and draws the kernels of every convolution and the maps of the first one.

    python examples/cifar10.py             30 epochs
    python examples/cifar10.py --quick     seconds, on coloured stripes
"""

from __future__ import annotations

from program import Program, figures

import pyconv
from pyconv import visualization
from pyconv.applications import cifar_convnet
from pyconv.datasets import cifar10
from pyconv.preprocessing.image import ImageDataGenerator


def main() -> None:
    """Train, read back, draw."""
    program = Program(__doc__, epochs=30, more={"augment": "yes: shift and mirror the pictures"})
    train, test = program.coloured(cifar10)
    source = None
    if program.options.augment == "yes":
        generator = ImageDataGenerator(
            width_shift_range=0.1, height_shift_range=0.1, horizontal_flip=True
        )
        source = generator.flow(*train, batch_size=128, seed=program.seed)
    model = cifar_convnet()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    program.train(
        model,
        train,
        test,
        test,
        name="cifar10",
        parameters=890_410,
        batch_size=128,
        source=source,
    )

    read = pyconv.load_model(program.out / "cifar10.npz")
    for layer in read.layers:
        if "conv" in layer.name:
            print(f"{layer.name}: kernel {tuple(layer.kernel.shape)}")
    first = pyconv.Model(read.inputs, read.layers[0].output)
    maps = first.predict(test[0][:1], verbose=0)
    print(f"maps of the first layer: {maps.shape}")
    assert maps.shape == (1, 30, 30, 32)
    with figures():
        visualization.layer_kernels(read, program.out / "cifar10_kernels.png")


if __name__ == "__main__":
    main()
