# SPDX-License-Identifier: BSD-3-Clause
"""The same network with batch normalisation and dropout, chapters 6.3 and 6.4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.arguments import checked_flag
from pyconv.backend import Array
from pyconv.scratch.activation import Relu, Sigmoid
from pyconv.scratch.arrays import weight_dtype
from pyconv.scratch.batch_norm import BatchNormalization
from pyconv.scratch.dropout import Dropout
from pyconv.scratch.labels import share_right
from pyconv.scratch.multi_layer_net import MultiLayerNet

__all__ = ["MultiLayerNetExtend"]


class MultiLayerNetExtend(MultiLayerNet):
    """Affine, BatchNorm, activation, Dropout, ..., Affine, and softmax with loss.

    Args:
        dropout_ration: the share that dropout drops; the book's spelling.
        use_dropout, use_batchnorm: whether these layers stand there. The rest is MultiLayerNet's.
    Attributes:
        params: also gamma1, beta1, ... with batch normalisation. layers: also BatchNorm1,
            Dropout1, ...
    Raises:
        TypeError, ValueError: sizes, names, flags.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size_list: Sequence[int],
        output_size: int,
        activation: str = "relu",
        weight_init_std: float | str = "relu",
        weight_decay_lambda: float = 0,
        use_dropout: bool = False,
        dropout_ration: float = 0.5,
        use_batchnorm: bool = False,
    ) -> None:
        name = type(self).__name__
        self.use_dropout = checked_flag(name, "use_dropout", use_dropout)
        self.use_batchnorm = checked_flag(name, "use_batchnorm", use_batchnorm)
        self.dropout_ration = dropout_ration
        super().__init__(
            input_size,
            hidden_size_list,
            output_size,
            activation,
            weight_init_std,
            weight_decay_lambda,
        )

    def _add_hidden(self, i: int, activation: Relu | Sigmoid) -> None:
        if self.use_batchnorm:
            size = self.hidden_size_list[i - 1]
            gamma = self.params[f"gamma{i}"] = np.ones(size, weight_dtype())
            beta = self.params[f"beta{i}"] = np.zeros(size, weight_dtype())
            self.layers[f"BatchNorm{i}"] = BatchNormalization(gamma, beta)
        super()._add_hidden(i, activation)
        if self.use_dropout:
            self.layers[f"Dropout{i}"] = Dropout(self.dropout_ration)

    def predict(self, x: Any, train_flg: bool = False) -> Array:
        """Return scores, (n, classes); train_flg: with the batch's statistics, with dropout."""
        for layer in self.layers.values():
            if isinstance(layer, (BatchNormalization, Dropout)):
                x = layer.forward(x, train_flg)
            else:
                x = layer.forward(x)
        return x  # type: ignore[no-any-return]

    def loss(self, x: Any, t: Any, train_flg: bool = False) -> Any:
        """Return the mean loss of samples with labels, weight decay included."""
        return self.last_layer.forward(self.predict(x, train_flg), t) + self._weight_decay()

    def accuracy(self, x: Any, t: Any) -> float:
        """Return the share of samples whose highest score stands at their label."""
        return share_right("MultiLayerNetExtend.accuracy", self.predict(x), t)

    def _training_loss(self, x: Any, t: Any) -> Any:
        return self.loss(x, t, train_flg=True)

    def gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """Return the gradients of all parameters by back-propagation, by their names."""
        grads = super().gradient(x, t)
        for i in range(1, self.hidden_layer_num + 1) if self.use_batchnorm else ():
            layer = self.layers[f"BatchNorm{i}"]
            grads[f"gamma{i}"], grads[f"beta{i}"] = layer.dgamma, layer.dbeta
        return grads
