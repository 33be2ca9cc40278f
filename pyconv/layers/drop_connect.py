# SPDX-License-Identifier: BSD-3-Clause
"""DropConnect: a Dense layer that trains with a part of its weights at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import activations, autograd, random
from pyconv.autograd import Tensor
from pyconv.layers.dense import Dense
from pyconv.ops.dropout import checked_rate, checked_seed

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import BaseOptions


class DropConnect(Dense):
    """While training: y = activation(x @ (kernel * mask / (1 - rate)) + bias); otherwise Dense.

    Dropout leaves out units, DropConnect single weights. A mask serves one batch. Keras has no such
    layer.

    Args:
        units, activation and so on: as of Dense.
        rate: share of the weights that are left out, 0 to 1.
        seed: as of Dropout.
    Source: Wan, Zeiler, Zhang, LeCun and Fergus, Regularization of neural networks using
        DropConnect, 2013.
    """

    def __init__(
        self,
        units: int,
        activation: str | activations.Activation | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        *,
        rate: float = 0.5,
        seed: int | None = None,
        **base: Unpack[BaseOptions],
    ) -> None:
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            **base,
        )
        self.rate = checked_rate("DropConnect", rate)
        self.seed = None if seed is None else checked_seed("DropConnect", seed)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate == 0:
            return self._joined(x, self.kernel)
        seed = random.draw_seed(self.seed)
        return self._joined(x, autograd.dropout(self.kernel, self.rate, seed=seed))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
