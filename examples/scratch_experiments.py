# SPDX-License-Identifier: BSD-3-Clause
"""The experiments of "Deep Learning from Scratch" (ch. 6 and 7) on the explicit layers.

gradients: differences beside back-propagation. optimizers, starts: the loss after 2,000 steps.
dropout, decay: what they do to the gap between training and test accuracy. normalisation: with and
without it at 16 scales of the first weights. search: the best of 100 random rates.

    python examples/scratch_experiments.py             all of them on MNIST
    python examples/scratch_experiments.py --quick     seconds, on digits that pyconv draws
    python examples/scratch_experiments.py --experiment dropout
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from program import Program

from pyconv.datasets import mnist
from pyconv.scratch.multi_layer_net import MultiLayerNet
from pyconv.scratch.multi_layer_net_extend import MultiLayerNetExtend
from pyconv.scratch.nets import SimpleConvNet
from pyconv.scratch.optimizer import SGD, AdaGrad, Adam, Momentum
from pyconv.scratch.trainer import Trainer

Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Figures = dict[str, float]


class Experiments:
    """Each method is one experiment and returns its figures by name."""

    def __init__(self, data: Data, quick: bool, seed: int) -> None:
        self.data, self.quick, self.seed = data, quick, seed

    def _draws(self) -> None:
        np.random.seed(self.seed)

    def gradients(self) -> Figures:
        """Median difference per array of a small convolutional network.

        A numerical step that crosses the corner of a ReLU, or makes another element the largest of
        its pool, tells nothing of the gradient; a mean would be of these few alone.
        """
        self._draws()
        convolution = {"filter_num": 10, "filter_size": 3, "pad": 0, "stride": 1}
        net = SimpleConvNet((1, 10, 10), convolution, 10, 10, 0.01)
        x, t = np.random.rand(1, 1, 10, 10), np.array([1])
        exact, numerical = net.gradient(x, t), net.numerical_gradient(x, t)
        return {key: float(np.median(np.abs(exact[key] - numerical[key]))) for key in exact}

    def _loss_after(self, net: MultiLayerNet, optimizer: Any) -> float:
        """Return the mean loss of the last twentieth of the steps."""
        x, t = self.data[:2]
        steps, losses = (100 if self.quick else 2000), []
        for _ in range(steps):
            chosen = np.random.choice(len(x), 128)
            optimizer.update(net.params, net.gradient(x[chosen], t[chosen]))
            losses.append(net.loss(x[chosen], t[chosen]))
        return float(np.mean(losses[-steps // 20 :]))

    def optimizers(self) -> Figures:
        """Loss of four hidden layers by each rule, at the rates of the book."""
        rules = {"sgd": SGD(), "momentum": Momentum(), "adagrad": AdaGrad(), "adam": Adam()}
        losses = {}
        for name, rule in rules.items():
            self._draws()
            losses[name] = self._loss_after(MultiLayerNet(784, [100] * 4, 10), rule)
        return losses

    def starts(self) -> Figures:
        """Loss by the scale of the first weights, SGD at 0.01."""
        losses = {}
        for name, scale in (("std_0.01", 0.01), ("xavier", "sigmoid"), ("he", "relu")):
            self._draws()
            net = MultiLayerNet(784, [100] * 4, 10, weight_init_std=scale)
            losses[name] = self._loss_after(net, SGD(0.01))
        return losses

    def _gap(self, epochs: int, **options: Any) -> float:
        """Return training less test accuracy of 300 pictures and six hidden layers, in points."""
        self._draws()
        x, t, x_test, t_test = self.data
        net = MultiLayerNetExtend(784, [100] * 6, 10, **options)
        rate = {"lr": 0.01}
        epochs = 60 if self.quick else epochs
        trainer = Trainer(
            net, x[:300], t[:300], x_test, t_test, epochs, 100, "SGD", rate, verbose=False
        )
        trainer.train()
        return 100 * (net.accuracy(x[:300], t[:300]) - net.accuracy(x_test, t_test))

    def dropout(self) -> Figures:
        """The gap with and without dropout of 0.2."""
        rate = {"use_dropout": True, "dropout_ration": 0.2}
        return {"plain": self._gap(301), "dropout": self._gap(301, **rate)}

    def decay(self) -> Figures:
        """The gap with and without weight decay of 0.1."""
        return {"plain": self._gap(201), "decay": self._gap(201, weight_decay_lambda=0.1)}

    def _accuracy(self, scale: float, normalised: bool) -> float:
        self._draws()
        net = MultiLayerNetExtend(
            784, [100] * 5, 10, weight_init_std=scale, use_batchnorm=normalised
        )
        x, t = self.data[0][:1000], self.data[1][:1000]
        for _ in range((5 if self.quick else 20) * 10):
            chosen = np.random.choice(len(x), 100)
            SGD(0.01).update(net.params, net.gradient(x[chosen], t[chosen]))
        return net.accuracy(x, t)

    def normalisation(self) -> Figures:
        """Accuracy after 20 epochs of 1,000 pictures at 16 scales of the first weights."""
        figures = {}
        for scale in np.logspace(0, -4, 4 if self.quick else 16):
            with np.errstate(all="ignore"):  # the widest scales overflow without it
                figures[f"{scale:.4f}"] = self._accuracy(scale, normalised=False)
            figures[f"{scale:.4f}_normalised"] = self._accuracy(scale, normalised=True)
        return figures

    def search(self) -> Figures:
        """The best validation accuracy of random rates and decays, and what they were."""
        x, t = self.data[0][:500], self.data[1][:500]
        generator = np.random.default_rng(self.seed)
        best = {"accuracy": -1.0}
        for _ in range(5 if self.quick else 100):
            decay, rate = 10 ** generator.uniform(-8, -4), 10 ** generator.uniform(-6, -2)
            self._draws()
            net = MultiLayerNet(784, [100] * 6, 10, weight_decay_lambda=decay)
            epochs, options = (5 if self.quick else 50), {"lr": rate}
            Trainer(
                net, x[100:], t[100:], x[:100], t[:100], epochs, 100, "SGD", options, verbose=False
            ).train()
            accuracy = net.accuracy(x[:100], t[:100])
            if accuracy > best["accuracy"]:
                best = {"accuracy": accuracy, "rate": rate, "decay": decay}
        return best


NAMES = ("gradients", "optimizers", "starts", "dropout", "decay", "normalisation", "search")


def main() -> None:
    """Run the experiments and write their figures."""
    program = Program(__doc__, epochs=1, more={"experiment": f"one of {', '.join(NAMES)}"})
    chosen = program.options.experiment
    if chosen is not None and chosen not in NAMES:
        raise SystemExit(f"--experiment {chosen}; must be one of {', '.join(NAMES)}")
    (x, t), (x_test, t_test) = program.grey(mnist)
    flat = x.reshape(len(x), -1), t.astype(int), x_test.reshape(len(x_test), -1), t_test.astype(int)
    experiments = Experiments(flat, program.quick, program.seed)
    results: dict[str, Figures] = {}
    for name in [chosen] if chosen else NAMES:
        results[name] = getattr(experiments, name)()
        for key, value in results[name].items():
            print(f"{name} {key}: {value:.4g}", flush=True)
        file = program.out / "experiments.json"
        file.write_text(json.dumps(results, indent=1) + "\n")
    if "gradients" in results:
        assert max(results["gradients"].values()) < 1e-6, "back-propagation is wrong"
    print(f"figures written to {file}")


if __name__ == "__main__":
    main()
