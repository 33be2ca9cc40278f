# SPDX-License-Identifier: BSD-3-Clause
"""Does each trick earn its place? Folds, every combination on and off (lecture E, program 6-10).

One test split says little about a difference of half a percent; five folds give a mean and a
spread. The ablation trains all eight combinations of augmentation, dropout and weight decay on the
same folds. Only pictures of a fold's training part are augmented.

    python examples/ablation.py             5 folds, 10 epochs, 2,000 pictures of CIFAR-10
    python examples/ablation.py --quick     seconds, on coloured stripes
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from program import Program, figures

import pyconv
from pyconv import layers, visualization
from pyconv.applications import cifar_convnet
from pyconv.datasets import cifar10
from pyconv.evaluation import KFold, ablation
from pyconv.preprocessing.image import ImageDataGenerator
from pyconv.regularizers import L2

SWITCHES = ("augmentation", "dropout", "decay")
PARAMETERS_QUICK = 4_538  # 608 + (7 * 7 * 8 + 1) * 10


def network(dropout: bool, decay: bool, quick: bool) -> pyconv.Sequential:
    """Return the network of CIFAR-10, without its dropout or with decay in its last layer."""
    full = [pyconv.Input((32, 32, 3)), *cifar_convnet().layers[:-1]]
    if quick:
        full = [pyconv.Input((32, 32, 3)), layers.Conv2D(8, 5, strides=4, activation="relu")]
        full += [layers.Flatten(), layers.Dropout(0.25)]
    kept = [layer for layer in full if dropout or not isinstance(layer, layers.Dropout)]
    regularizer = L2(0.01) if decay else None
    last = layers.Dense(10, activation="softmax", kernel_regularizer=regularizer)
    model = pyconv.Sequential([*kept, last])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main() -> None:
    """Train eight networks on each fold."""
    program = Program(__doc__, epochs=10)
    program.options.subset = program.options.subset or (500 if program.quick else 2000)
    (x, y), _ = program.coloured(cifar10)
    generator = ImageDataGenerator(
        rotation_range=3, width_shift_range=0.1, height_shift_range=0.1, horizontal_flip=True
    )
    falls = []

    def score(settings: dict[str, bool], fold: Any) -> float:
        learn, check = fold
        pyconv.set_seed(program.seed)
        model = network(settings["dropout"], settings["decay"], program.quick)
        assert model.count_params() == (PARAMETERS_QUICK if program.quick else 890_410)
        fit: dict[str, Any] = {"x": x[learn], "y": y[learn], "batch_size": 128}
        if settings["augmentation"]:
            flow = generator.flow(x[learn], y[learn], batch_size=128, seed=program.seed)
            fit = {"x": flow}
        history = model.fit(**fit, epochs=program.epochs, verbose=0).history["loss"]
        falls.append(history[0] - history[-1])
        if len(falls) == 1:
            model.save(program.out / "ablation.npz")
        return float(model.evaluate(x[check], y[check], verbose=0)[1])

    folds = list(KFold(2 if program.quick else 5, shuffle=True, seed=program.seed).split(x, y))
    table = ablation(score, SWITCHES, folds)
    print("\n".join(table.lines()))
    for switch in SWITCHES:
        print(f"{switch}: {100 * table.effect(switch):+.2f} points")
    assert not program.quick or np.min(falls) > 0, "a loss did not fall"
    scores = dict(zip(table.labels, table.values.tolist(), strict=True))
    (program.out / "ablation.json").write_text(json.dumps(scores, indent=1))
    with figures():
        visualization.box_plot(table, program.out / "ablation.png")


if __name__ == "__main__":
    main()
