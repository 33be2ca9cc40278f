# SPDX-License-Identifier: BSD-3-Clause
"""Trainer: random batches, an optimizer, and the lines that the book's programs print."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from pyconv.arguments import finite_number, whole_number
from pyconv.scratch.optimizer import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSprop

OPTIMIZERS: dict[str, Any] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSprop,
    "rmsprpo": RMSprop,  # so spelled in one edition
    "adam": Adam,
}


class Trainer:
    """Trains a network: an object with params, gradient(x, t), loss(x, t), accuracy(x, t).

    Args:
        x_train, t_train, x_test, t_test: samples and labels, what the network takes: arrays, or
            lists that become arrays.
        epochs: passes over the data, on average: each batch is drawn with replacement by
            np.random.choice.
        mini_batch_size: samples of a batch. optimizer: a name of OPTIMIZERS, in any case.
        optimizer_param: its arguments. evaluate_sample_num_per_epoch: how many samples of each
            set an epoch's accuracy is measured on; None: all. verbose: print.
    Attributes:
        train_loss_list: a loss per step, after it. train_acc_list, test_acc_list: one accuracy per
            epoch, the first after the first step. current_iter, current_epoch, max_iter: steps and
            epochs done, steps to do.
    Raises:
        TypeError, ValueError: no arrays of numbers, sizes that differ, no such optimizer.
    """

    def __init__(
        self,
        network: Any,
        x_train: Any,
        t_train: Any,
        x_test: Any,
        t_test: Any,
        epochs: int = 20,
        mini_batch_size: int = 100,
        optimizer: str = "SGD",
        optimizer_param: dict[str, Any] | None = None,
        evaluate_sample_num_per_epoch: int | None = None,
        verbose: bool = True,
    ) -> None:
        self.network, self.verbose = network, verbose
        self.x_train, self.t_train = _samples("train", x_train, t_train)
        self.x_test, self.t_test = _samples("test", x_test, t_test)
        self.epochs = whole_number("Trainer", "epochs", epochs, 0)
        self.batch_size = whole_number("Trainer", "mini_batch_size", mini_batch_size, 1)
        if evaluate_sample_num_per_epoch is not None:
            whole_number(
                "Trainer", "evaluate_sample_num_per_epoch", evaluate_sample_num_per_epoch, 1
            )
        self.evaluate_sample_num_per_epoch = evaluate_sample_num_per_epoch
        self.optimizer = _optimizer(
            optimizer, {"lr": 0.01} if optimizer_param is None else optimizer_param
        )
        self.train_size = len(self.x_train)
        self.iter_per_epoch = max(self.train_size / self.batch_size, 1)
        self.max_iter = int(self.epochs * self.iter_per_epoch)
        self.current_iter = self.current_epoch = 0
        self.train_loss_list: list[Any] = []
        self.train_acc_list: list[Any] = []
        self.test_acc_list: list[Any] = []

    def train_step(self) -> None:
        """Move the network by one batch; measure its accuracy where an epoch begins."""
        chosen = np.random.choice(self.train_size, self.batch_size)
        x, t = self.x_train[chosen], self.t_train[chosen]
        grads = self.network.gradient(x, t)
        self.optimizer.update(self.network.params, grads)
        loss = self.network.loss(x, t)
        self.train_loss_list.append(loss)
        self._say(f"train loss:{loss}")
        if self.current_iter % self.iter_per_epoch == 0:
            self._end_epoch()
        self.current_iter += 1

    def _end_epoch(self) -> None:
        self.current_epoch += 1
        first = slice(self.evaluate_sample_num_per_epoch)
        train = self.network.accuracy(self.x_train[first], self.t_train[first])
        test = self.network.accuracy(self.x_test[first], self.t_test[first])
        self.train_acc_list.append(train)
        self.test_acc_list.append(test)
        self._say(f"=== epoch:{self.current_epoch}, train acc:{train}, test acc:{test} ===")

    def train(self) -> None:
        """Make all steps, then measure the accuracy on the whole test set."""
        for _ in range(self.max_iter):
            self.train_step()
        accuracy = self.network.accuracy(self.x_test, self.t_test)
        self._say("=============== Final Test Accuracy ===============")
        self._say(f"test acc:{accuracy}")

    def _say(self, line: str) -> None:
        if self.verbose:
            sys.stdout.write(f"{line}\n")


def _samples(name: str, x: Any, t: Any) -> tuple[Any, Any]:
    x, t = _array(f"x_{name}", x), _array(f"t_{name}", t)
    if len(x) == 0 or len(x) != len(t):
        raise ValueError(
            f"Trainer: x_{name} has {len(x)} samples, t_{name} {len(t)}; must be as many, >= 1"
        )
    return x, t


def _array(argument: str, value: Any) -> Any:
    """Return an array of any library as it is, nested lists of numbers as NumPy's."""
    array = value
    if isinstance(value, (list, tuple)):
        try:
            array = np.asarray(value)
        except ValueError as error:  # ragged
            raise TypeError(f"Trainer: {argument} is a list, but no array: {error}") from None
    if getattr(getattr(array, "dtype", None), "kind", "O") not in "biuf" or array.ndim == 0:
        raise TypeError(
            f"Trainer: {argument} is {type(value).__name__}; must be an array of numbers, one item "
            "per sample, or a list of them"
        )
    return array


def _optimizer(name: str, options: dict[str, Any]) -> Any:
    if not isinstance(name, str) or name.lower() not in OPTIMIZERS:
        raise ValueError(f"Trainer: optimizer={name!r}; must be one of {', '.join(OPTIMIZERS)}")
    if "lr" in options:
        finite_number("Trainer", "optimizer_param['lr']", options["lr"], least=0)
    return OPTIMIZERS[name.lower()](**options)
