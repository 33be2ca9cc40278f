# SPDX-License-Identifier: BSD-3-Clause
"""LeNet-5, the network of 1998, in two forms (lectures B and E).

The network of the paper pools with a factor and a bias per map (lenet_5_original in
pyconv.applications). Of those trained here, the first has plain pooling and lets every map see all
before it, 32 x 32 pixels, so MNIST gets a border of two; the second, a textbook's, pads each layer
and keeps 5,880 numbers before its classifier.

    python examples/lenet.py             30 epochs each on MNIST
    python examples/lenet.py --quick     seconds, on digits that pyconv draws
"""

from __future__ import annotations

import numpy as np
from program import Pair, Program

from pyconv.applications import lenet_5, lenet_5_same
from pyconv.datasets import mnist


def bordered(pair: Pair) -> Pair:
    """Return pictures (n, 32, 32, 1) of (n, 28, 28, 1)."""
    return np.pad(pair[0], ((0, 0), (2, 2), (2, 2), (0, 0))), pair[1]


def main() -> None:
    """Train both forms."""
    program = Program(__doc__, epochs=30, quick_epochs=4)
    train, test = program.grey(mnist)
    wide = bordered(train), bordered(test)
    for name, make, parameters, (fit, check) in (
        ("lenet_5", lenet_5, 61_706, wide),
        ("lenet_5_same", lenet_5_same, 545_546, (train, test)),
    ):
        model = make()
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        program.train(model, fit, check, check, name=name, parameters=parameters, batch_size=128)


if __name__ == "__main__":
    main()
