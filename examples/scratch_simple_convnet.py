# SPDX-License-Identifier: BSD-3-Clause
"""A convolutional network from explicit layers, as "Deep Learning from Scratch" builds it (ch. 7).

Every layer is an object with forward() and backward(); the class below only strings them together.

    python examples/scratch_simple_convnet.py             20 epochs on MNIST
    python examples/scratch_simple_convnet.py --quick     seconds, on digits that pyconv draws
"""

from __future__ import annotations

import argparse
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from pyconv.datasets import generated_digits
from pyconv.scratch.layers import Affine, Convolution, Pooling, Relu, SoftmaxWithLoss
from pyconv.scratch.mnist import load_mnist
from pyconv.scratch.nets import SimpleConvNet
from pyconv.scratch.trainer import Trainer

PARAMETERS = 433_890


class ExplicitConvNet:
    """Convolution, ReLU, pooling, Affine, ReLU, Affine, softmax with loss."""

    def __init__(self, std: float = 0.01) -> None:
        self.params = {
            "W1": std * np.random.randn(30, 1, 5, 5),  # 28x28 pixels become 24x24
            "b1": np.zeros(30),
            "W2": std * np.random.randn(30 * 12 * 12, 100),  # pooling leaves 12x12
            "b2": np.zeros(100),
            "W3": std * np.random.randn(100, 10),
            "b3": np.zeros(10),
        }
        self.layers: OrderedDict[str, Any] = OrderedDict()
        self.layers["Conv1"] = Convolution(self.params["W1"], self.params["b1"])
        self.layers["Relu1"] = Relu()
        self.layers["Pool1"] = Pooling(pool_h=2, pool_w=2, stride=2)
        self.layers["Affine1"] = Affine(self.params["W2"], self.params["b2"])
        self.layers["Relu2"] = Relu()
        self.layers["Affine2"] = Affine(self.params["W3"], self.params["b3"])
        self.last_layer = SoftmaxWithLoss()

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the scores of ten classes."""
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x: np.ndarray, t: np.ndarray) -> float:
        """Return the mean cross-entropy."""
        return self.last_layer.forward(self.predict(x), t)

    def accuracy(self, x: np.ndarray, t: np.ndarray) -> float:
        """Return the share of right answers, a hundred pictures at a time."""
        parts = [self.predict(x[i : i + 100]).argmax(axis=1) for i in range(0, len(x), 100)]
        return float(np.mean(np.concatenate(parts) == t))

    def gradient(self, x: np.ndarray, t: np.ndarray) -> dict[str, np.ndarray]:
        """Return the gradient of every parameter: forward once, then back through the layers."""
        self.loss(x, t)
        dout: Any = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for number, name in enumerate(("Conv1", "Affine1", "Affine2"), 1):
            grads[f"W{number}"], grads[f"b{number}"] = self.layers[name].dW, self.layers[name].db
        return grads


def digits(quick: bool, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return pictures (n, 1, 28, 28) from 0 to 1 and labels, to train on and to test with."""
    if not quick:
        (x_train, t_train), (x_test, t_test) = load_mnist(flatten=False)
        return x_train, t_train, x_test, t_test
    images, labels = generated_digits(2500, seed)
    x = images[:, None].astype(np.float32) / 255
    return x[:2000], labels[:2000], x[2000:], labels[2000:]


def main() -> None:
    """Train, test, write the parameters."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two epochs of 2,000 drawn digits")
    parser.add_argument("--epochs", type=int, help="20; 2 with --quick")
    parser.add_argument("--seed", type=int, default=0, help="of np.random")
    parser.add_argument("--out", type=Path, default=Path("params.npz"), help="parameter file")
    arguments = parser.parse_args()

    np.random.seed(arguments.seed)
    network = ExplicitConvNet()
    count = sum(value.size for value in network.params.values())
    print(f"{count:,} parameters")
    assert count == PARAMETERS

    trainer = Trainer(
        network,
        *digits(arguments.quick, arguments.seed),
        epochs=arguments.epochs or (2 if arguments.quick else 20),
        mini_batch_size=100,
        optimizer="Adam",
        optimizer_param={"lr": 0.001},
        evaluate_sample_num_per_epoch=1000,
    )
    trainer.train()
    losses = trainer.train_loss_list
    assert np.mean(losses[-5:]) < np.mean(losses[:5]), "the loss did not fall"

    np.savez(arguments.out, **network.params)
    ready = SimpleConvNet()  # the same network as pyconv has it, from the file
    ready.load_params(arguments.out)
    x = trainer.x_test[:100]
    assert np.array_equal(ready.predict(x), network.predict(x))
    print(f"parameters written to {arguments.out}")


if __name__ == "__main__":
    main()
