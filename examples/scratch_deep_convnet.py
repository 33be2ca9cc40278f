# SPDX-License-Identifier: BSD-3-Clause
"""The deep network of "Deep Learning from Scratch" (ch. 8): 99.4 % on MNIST after 20 epochs.

The book's own program needs about half a day for them.

    python examples/scratch_deep_convnet.py               20 epochs on MNIST
    python examples/scratch_deep_convnet.py --float32     the same in half the time
    python examples/scratch_deep_convnet.py --quick       seconds, on digits that pyconv draws
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from pyconv.datasets import generated_digits
from pyconv.scratch import set_dtype
from pyconv.scratch.mnist import load_mnist
from pyconv.scratch.nets import DeepConvNet
from pyconv.scratch.trainer import Trainer

PARAMETERS = 123_552


def digits(quick: bool, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return pictures (n, 1, 28, 28) from 0 to 1 and labels, to train on and to test with."""
    if not quick:
        (x_train, t_train), (x_test, t_test) = load_mnist(flatten=False)
        return x_train, t_train, x_test, t_test
    images, labels = generated_digits(1400, seed)
    x = images[:, None].astype(np.float32) / 255
    return x[:1200], labels[:1200], x[1200:], labels[1200:]


def main() -> None:
    """Train, test, write the parameters."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="an epoch of 1,200 drawn digits")
    parser.add_argument("--float32", action="store_true", help="compute in float32, not float64")
    parser.add_argument("--epochs", type=int, help="20; 1 with --quick")
    parser.add_argument("--seed", type=int, default=0, help="of np.random")
    parser.add_argument("--out", type=Path, default=Path("deep_params.npz"), help="parameter file")
    arguments = parser.parse_args()

    if arguments.float32:
        set_dtype("float32")
    np.random.seed(arguments.seed)
    network = DeepConvNet()
    count = sum(value.size for value in network.params.values())
    print(f"{count:,} parameters")
    assert count == PARAMETERS

    trainer = Trainer(
        network,
        *digits(arguments.quick, arguments.seed),
        epochs=arguments.epochs or (1 if arguments.quick else 20),
        mini_batch_size=50 if arguments.quick else 100,
        optimizer="Adam",
        optimizer_param={"lr": 0.001},
        evaluate_sample_num_per_epoch=200 if arguments.quick else 1000,
    )
    trainer.train()
    losses = trainer.train_loss_list
    assert np.mean(losses[-5:]) < np.mean(losses[:5]), "the loss did not fall"

    network.save_params(arguments.out)
    again = DeepConvNet()
    again.load_params(arguments.out)
    x = trainer.x_test[:100]
    assert np.array_equal(again.predict(x), network.predict(x))
    print(f"parameters written to {arguments.out}")


if __name__ == "__main__":
    main()
