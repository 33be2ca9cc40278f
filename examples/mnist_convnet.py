# SPDX-License-Identifier: BSD-3-Clause
"""MNIST with and without max-pooling: what pooling does to size, sight and accuracy (lecture A).

Both networks have the same three convolutions. Without pooling the last map stays large, so the
classifier behind it has 54 times as many weights; and yet a pixel of that map sees 7 x 7 pixels of
the digit, where pooling lets it see 18 x 18. The dense network knows nothing of neighbours.

    python examples/mnist_convnet.py             5 epochs each on MNIST
    python examples/mnist_convnet.py --quick     seconds, on digits that pyconv draws
    python examples/mnist_convnet.py --network pooled
"""

from __future__ import annotations

from program import Program

from pyconv.applications import mnist_convnet, mnist_convnet_unpooled, mnist_dense_net
from pyconv.datasets import mnist
from pyconv.evaluation import receptive_field

NETWORKS = {  # how to make it, weights, side of the field of its last map
    "pooled": (mnist_convnet, 104_202, 18),
    "unpooled": (mnist_convnet_unpooled, 712_202, 7),
    "dense": (mnist_dense_net, 407_050, None),
}


def main() -> None:
    """Train the three and compare them."""
    program = Program(__doc__, epochs=5, more={"network": "train this one alone"})
    train, test = program.grey(mnist)
    accuracies = {}
    chosen = program.options.network
    if chosen is not None and chosen not in NETWORKS:
        raise SystemExit(f"--network {chosen}; must be one of {', '.join(NETWORKS)}")
    for name in [chosen] if chosen else NETWORKS:
        make, parameters, side = NETWORKS[name]
        model = make()
        if side is not None:
            field = [f for f in receptive_field(model) if f.name.startswith("conv")][-1]
            print(f"{name}: a pixel of {field.name} sees {field.size} pixels of the picture")
            assert field.size == (side, side)
        model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
        accuracies[name] = program.train(
            model, train, test, test, name=name, parameters=parameters, batch_size=64
        )
    for name, accuracy in accuracies.items():
        print(f"{name:10} {100 * (1 - accuracy):.2f} % wrong")


if __name__ == "__main__":
    main()
