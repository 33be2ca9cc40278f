# SPDX-License-Identifier: BSD-3-Clause
"""What a network looks at: Grad-CAM, and the pictures that its filters answer to (lecture A).

Grad-CAM weighs the last maps by what they do for the class, and shows where the evidence lies.
Filter maximisation goes the other way: it starts from noise and changes the picture until a filter
answers; early filters want edges and colours, later ones textures.

    python examples/where_it_looks.py             MobileNet 0.75 on the photographs of $PYCONV_DATA
    python examples/where_it_looks.py --quick     seconds, a small network on drawn digits
"""

from __future__ import annotations

import numpy as np
from photographs import mobilenet_file
from program import Program, figures

import pyconv
from pyconv import visualization
from pyconv.applications import small_convnet
from pyconv.datasets import mnist
from pyconv.preprocessing.image import img_to_array, load_img


def main() -> None:
    """Draw both."""
    program = Program(__doc__, epochs=1)
    if program.quick:
        train, test = program.grey(mnist)
        model = small_convnet()
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        program.train(model, train, test, test, name="looks", parameters=33_082)
        pictures = {str(label): x for x, label in zip(test[0][:2], test[1], strict=False)}
        prepared, layer, size, steps = pictures, model.layers[1].name, 28, 5
    else:
        model = pyconv.load_model(mobilenet_file(), compile=False)
        assert model.count_params() == 2_601_976
        files = sorted(program.folder("photos").glob("*.[jp][pn]g"))
        pictures = {f.stem: img_to_array(load_img(f, target_size=(224, 224))) / 255 for f in files}
        prepared = {name: 2 * x - 1 for name, x in pictures.items()}
        layer, size, steps = "conv_pw_5_relu", 224, 30

    maps = {name: visualization.grad_cam(model, x) for name, x in prepared.items()}
    for name, found in maps.items():
        row, column = np.unravel_index(found.argmax(), found.shape)
        print(f"{name}: most at row {row}, column {column} of {found.shape}")
        assert 0 <= found.min() <= found.max() <= 1
    filters = [
        visualization.maximise_filter(model, layer, number, size=size, steps=steps)
        for number in range(4)
    ]
    np.savez(program.out / "looks_maps.npz", filters=np.stack(filters), **maps)
    with figures():
        for name, found in maps.items():
            visualization.overlay(pictures[name], found, program.out / f"looks_{name}.png")


if __name__ == "__main__":
    main()
