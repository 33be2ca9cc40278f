# SPDX-License-Identifier: BSD-3-Clause
"""Which optimizer? Does normalisation or dropout help? One change at a time (lectures B, E).

Every run starts from the same weights and sees the same pictures, so that only the change counts.

    python examples/comparisons.py             10 epochs each on 5,000 digits of MNIST
    python examples/comparisons.py --quick     seconds, on digits that pyconv draws
"""

from __future__ import annotations

from typing import Any

from program import Program

import pyconv
from pyconv import layers
from pyconv.datasets import mnist
from pyconv.optimizers import SGD
from pyconv.regularizers import L2


def network(normalised: bool, dropout: float, decay: float) -> pyconv.Sequential:
    """Return one convolution and one hidden layer with what is asked for."""
    regularizer = L2(decay) if decay else None
    return pyconv.Sequential(
        [
            pyconv.Input((28, 28, 1)),
            layers.Conv2D(16, 3, strides=2),
            *([layers.BatchNormalization()] if normalised else []),
            layers.Activation("relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu", kernel_regularizer=regularizer),
            *([layers.Dropout(dropout)] if dropout else []),
            layers.Dense(10, activation="softmax"),
        ]
    )


PLAIN = 173_930  # weights: 160 + (13 * 13 * 16 + 1) * 64 + 650
RUNS: dict[str, tuple[Any, bool, float, float, int]] = {
    "sgd": (lambda: SGD(0.01), False, 0, 0, PLAIN),
    "momentum": (lambda: SGD(0.01, momentum=0.9), False, 0, 0, PLAIN),
    "adagrad": (lambda: "adagrad", False, 0, 0, PLAIN),
    "rmsprop": (lambda: "rmsprop", False, 0, 0, PLAIN),
    "adam": (lambda: "adam", False, 0, 0, PLAIN),
    "adam_normalised": (lambda: "adam", True, 0, 0, PLAIN + 64),
    "adam_dropout": (lambda: "adam", False, 0.5, 0, PLAIN),
    "adam_decay": (lambda: "adam", False, 0, 1e-3, PLAIN),
}


def main() -> None:
    """Run them all and print the table."""
    program = Program(__doc__, epochs=10)
    program.options.subset = program.options.subset or 5000
    train, test = program.grey(mnist)
    accuracies = {}
    for name, (optimizer, normalised, dropout, decay, parameters) in RUNS.items():
        pyconv.set_seed(program.seed)
        model = network(normalised, dropout, decay)
        model.compile(optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"])
        accuracies[name] = program.train(
            model, train, test, test, name=name, parameters=parameters, batch_size=50
        )
    for name, accuracy in sorted(accuracies.items(), key=lambda item: -item[1]):
        print(f"{name:16} {100 * accuracy:.2f} %")


if __name__ == "__main__":
    main()
