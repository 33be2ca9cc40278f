# SPDX-License-Identifier: BSD-3-Clause
"""A network of fully connected layers, chapter 6."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.arguments import finite_number, whole_number
from pyconv.backend import Array
from pyconv.scratch.activation import Relu, Sigmoid
from pyconv.scratch.arrays import weight_dtype
from pyconv.scratch.dense import Affine
from pyconv.scratch.gradient import numerical_gradient
from pyconv.scratch.labels import share_right
from pyconv.scratch.softmax_cross_entropy import SoftmaxWithLoss

__all__ = ["MultiLayerNet"]

ACTIVATIONS: dict[str, type[Relu] | type[Sigmoid]] = {"relu": Relu, "sigmoid": Sigmoid}
# The square of the standard deviation, times the number of inputs.
SCALES = {"relu": 2.0, "he": 2.0, "sigmoid": 1.0, "xavier": 1.0}


class MultiLayerNet:
    """Affine, activation, ..., Affine, and softmax with loss.

    Args:
        input_size, output_size: numbers of a sample, classes. hidden_size_list: units of each
            hidden layer. activation: "relu" or "sigmoid".
        weight_init_std: the standard deviation of the weights, or "relu" or "he" for
            sqrt(2 / inputs), "sigmoid" or "xavier" for sqrt(1 / inputs).
        weight_decay_lambda: adds lambda / 2 * sum(W^2) to the loss.
    Attributes:
        params: W1, b1, W2, ...; the layers hold the same arrays. layers: by name: Affine1,
            Activation_function1, ... last_layer: the loss.
    Raises:
        TypeError, ValueError: sizes and names.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size_list: Sequence[int],
        output_size: int,
        activation: str = "relu",
        weight_init_std: float | str = "relu",
        weight_decay_lambda: float = 0,
    ) -> None:
        name = type(self).__name__
        self.input_size = whole_number(name, "input_size", input_size, 1)
        self.output_size = whole_number(name, "output_size", output_size, 1)
        self.hidden_size_list = [
            whole_number(name, f"hidden_size_list[{i}]", size, 1)
            for i, size in enumerate(hidden_size_list)
        ]
        self.hidden_layer_num = len(self.hidden_size_list)
        self.weight_decay_lambda = finite_number(
            name, "weight_decay_lambda", weight_decay_lambda, least=0
        )
        self.params: dict[str, Array] = {}
        self._draw_weights(name, weight_init_std)
        self.layers: OrderedDict[str, Any] = OrderedDict()
        self._add_layers(_activation(name, activation))
        self.last_layer = SoftmaxWithLoss()

    def _draw_weights(self, name: str, weight_init_std: float | str) -> None:
        sizes = [self.input_size, *self.hidden_size_list, self.output_size]
        for i in range(1, len(sizes)):
            scale = _scale(name, weight_init_std, sizes[i - 1])
            weights = scale * np.random.randn(sizes[i - 1], sizes[i])
            self.params[f"W{i}"] = weights.astype(weight_dtype(), copy=False)
            self.params[f"b{i}"] = np.zeros(sizes[i], weight_dtype())

    def _add_layers(self, activation: type[Relu] | type[Sigmoid]) -> None:
        for i in range(1, self.hidden_layer_num + 2):
            self.layers[f"Affine{i}"] = Affine(self.params[f"W{i}"], self.params[f"b{i}"])
            if i <= self.hidden_layer_num:
                self._add_hidden(i, activation())

    def _add_hidden(self, i: int, activation: Relu | Sigmoid) -> None:
        """Add what follows a hidden layer's product."""
        self.layers[f"Activation_function{i}"] = activation

    def predict(self, x: Any) -> Array:
        """Return scores, (n, classes), of samples."""
        for layer in self.layers.values():
            x = layer.forward(x)
        return x  # type: ignore[no-any-return]

    def loss(self, x: Any, t: Any) -> Any:
        """Return the mean loss of samples with labels, weight decay included."""
        return self.last_layer.forward(self.predict(x), t) + self._weight_decay()

    def _weight_decay(self) -> Any:
        if not self.weight_decay_lambda:
            return 0
        numbers = range(1, self.hidden_layer_num + 2)
        return sum(
            0.5 * self.weight_decay_lambda * np.sum(self.params[f"W{i}"] ** 2) for i in numbers
        )

    def accuracy(self, x: Any, t: Any) -> float:
        """Return the share of samples whose highest score stands at their label."""
        return share_right(f"{type(self).__name__}.accuracy", self.predict(x), t)

    def numerical_gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """Return the gradients of all parameters by differences: slow, to check gradient()."""
        return {
            key: numerical_gradient(lambda _: self._training_loss(x, t), value)
            for key, value in self.params.items()
        }

    def _training_loss(self, x: Any, t: Any) -> Any:
        """Return the loss whose gradients training follows."""
        return self.loss(x, t)

    def gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """Return the gradients of all parameters by back-propagation, by their names."""
        self._training_loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads: dict[str, Array] = {}
        for i in range(1, self.hidden_layer_num + 2):
            affine = self.layers[f"Affine{i}"]
            decay = self.weight_decay_lambda
            grads[f"W{i}"] = affine.dW + decay * self.params[f"W{i}"] if decay else affine.dW
            grads[f"b{i}"] = affine.db
        return grads


def _activation(name: str, activation: str) -> type[Relu] | type[Sigmoid]:
    if not isinstance(activation, str) or activation.lower() not in ACTIVATIONS:
        raise ValueError(f"{name}: activation={activation!r}; must be 'relu' or 'sigmoid'")
    return ACTIVATIONS[activation.lower()]


def _scale(name: str, weight_init_std: float | str, inputs: int) -> float:
    """Return the standard deviation of weights that take so many inputs."""
    if isinstance(weight_init_std, str):
        if weight_init_std.lower() not in SCALES:
            names = ", ".join(SCALES)
            raise ValueError(
                f"{name}: weight_init_std={weight_init_std!r}; must be a number or {names}"
            )
        return float(np.sqrt(SCALES[weight_init_std.lower()] / inputs))
    return finite_number(name, "weight_init_std", weight_init_std, least=0)
