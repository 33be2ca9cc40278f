# SPDX-License-Identifier: BSD-3-Clause
"""What five classes teach about five others: transfer that needs no weights from elsewhere.

A network learns airplane, automobile, bird, cat and deer. Then come deer's five neighbours, with a
hundred pictures each: from nothing, on the frozen convolutions, and with those tuned as well. What
was learned elsewhere should win, the more so the fewer pictures there are.

    python examples/transfer_classes.py             20 epochs on CIFAR-10
    python examples/transfer_classes.py --quick     seconds, on coloured stripes
"""

from __future__ import annotations

import numpy as np
from program import Pair, Program

import pyconv
from pyconv import layers
from pyconv.applications import cifar_convnet
from pyconv.datasets import cifar10
from pyconv.optimizers import Adam

PER_CLASS = 100
PARAMETERS = 887_845  # those of cifar_convnet with five outputs


def network() -> tuple[pyconv.Model, pyconv.Sequential]:
    """Return the convolutions, and the network of five classes that contains them."""
    whole = cifar_convnet()
    base = pyconv.Model(whole.input, whole.layers[7].output)
    dense = layers.Dense(512, activation="relu")
    top = [layers.Flatten(), dense, layers.Dropout(0.5), layers.Dense(5, activation="softmax")]
    return base, pyconv.Sequential([pyconv.Input((32, 32, 3)), base, *top])


def classes(pair: Pair, first: int, each: int | None = None) -> Pair:
    """Return the pictures of five classes from `first` on, labelled 0 to 4, `each` of a class."""
    x, y = pair
    chosen = np.concatenate([np.flatnonzero(y == first + k)[:each] for k in range(5)])
    return x[chosen], y[chosen] - first


def main() -> None:
    """Train on the first five, then three times on the others."""
    program = Program(__doc__, epochs=20, quick_epochs=4)
    train, test = program.coloured(cifar10)

    def run(name: str, model: pyconv.Model, rate: float, first: int, each: int | None) -> float:
        model.compile(Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        check = classes(test, first)
        few = classes(train, first, each)
        return program.train(model, few, check, check, name=name, parameters=PARAMETERS)

    source, model = network()
    run("source", model, 1e-3, 0, None)
    accuracies = {}
    _, model = network()
    accuracies["scratch"] = run("scratch", model, 1e-3, 5, PER_CLASS)
    base, model = network()
    base.set_weights(source.get_weights())
    base.trainable = False
    accuracies["frozen"] = run("frozen", model, 1e-3, 5, PER_CLASS)
    base.trainable = True
    accuracies["tuned"] = run("tuned", model, 1e-4, 5, PER_CLASS)
    for name, accuracy in accuracies.items():
        print(f"{name:8} {100 * accuracy:.2f} %")


if __name__ == "__main__":
    main()
