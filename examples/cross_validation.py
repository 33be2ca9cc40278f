# SPDX-License-Identifier: BSD-3-Clause
"""Does dropout help? Five folds answer better than one split (lecture E, program 6-9).

Each fold trains a new network on four fifths and tests it on the rest: once without dropout, once
with the rates .25, .25 and .5. The box plot shows whether the difference is larger than the spread.

    python examples/cross_validation.py             5 folds, 10 epochs, 10,000 pictures of CIFAR-10
    python examples/cross_validation.py --quick     seconds, on coloured stripes
"""

from __future__ import annotations

import json
from functools import partial

from program import Program, figures

import pyconv
from pyconv import layers, visualization
from pyconv.applications import cifar_convnet
from pyconv.datasets import cifar10
from pyconv.evaluation import KFold, cross_validate

RATES = {"plain": (0.0, 0.0, 0.0), "dropout": (0.25, 0.25, 0.5)}
PARAMETERS, PARAMETERS_QUICK = 890_410, 4_538


def network(rates: tuple[float, float, float], quick: bool) -> pyconv.Sequential:
    """Return the network of CIFAR-10 with these rates, compiled; with quick a small one."""
    small = [layers.Conv2D(8, 5, strides=4, activation="relu"), layers.Flatten()]
    small += [layers.Dropout(0.5), layers.Dense(10, activation="softmax")]
    chosen = iter(rates[2:] if quick else rates)
    stack: list[pyconv.layers.Layer] = [pyconv.Input((32, 32, 3))]
    for layer in small if quick else cifar_convnet().layers:
        dropped = isinstance(layer, layers.Dropout)
        stack.append(layers.Dropout(next(chosen)) if dropped else layer)
    model = pyconv.Sequential(stack)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    assert model.count_params() == (PARAMETERS_QUICK if quick else PARAMETERS)
    return model


def main() -> None:
    """Train both on the same folds and compare."""
    program = Program(__doc__, epochs=10)
    program.options.subset = program.options.subset or (600 if program.quick else 10_000)
    (x, y), _ = program.coloured(cifar10)
    folds = KFold(2 if program.quick else 5, shuffle=True, seed=program.seed)
    scores = {}
    for name, rates in RATES.items():
        pyconv.set_seed(program.seed)
        result = cross_validate(
            partial(network, rates, program.quick),
            x,
            y,
            folds=folds,
            epochs=program.epochs,
            batch_size=128,
        )
        scores[name] = result.of("accuracy").tolist()
        mean, spread = result.mean["accuracy"], result.std["accuracy"]
        print(f"{name}: {100 * mean:.2f} %")
        print(f"    spread over {len(scores[name])} folds: {100 * spread:.2f} points")
        for history in result.histories:
            losses = history.history["loss"]
            assert not program.quick or losses[-1] < losses[0], f"the loss did not fall: {losses}"
    (program.out / "cross_validation.json").write_text(json.dumps(scores, indent=1) + "\n")
    last = network(RATES["dropout"], program.quick)
    last.fit(x, y, batch_size=128, epochs=1 if program.quick else program.epochs, verbose=0)
    last.save(program.out / "cross_validation.npz")
    print(f"a network of all {len(x)} pictures: written to {program.out / 'cross_validation.npz'}")
    with figures():
        visualization.box_plot(scores, program.out / "cross_validation.png")


if __name__ == "__main__":
    main()
