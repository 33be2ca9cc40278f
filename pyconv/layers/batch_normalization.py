# SPDX-License-Identifier: BSD-3-Clause
"""BatchNormalization: by the batch's statistics while training, by moving averages otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv.arguments import checked_flag, finite_number
from pyconv.autograd import Tensor, Variable
from pyconv.autograd.batch_norm import BatchNormToEnd, batch_norm_inference, batch_norm_training
from pyconv.backend import Array
from pyconv.layers.kernel_layer import WeightOptions
from pyconv.layers.norm_layer import NormLayer
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions
    from pyconv.ops.activation import ActivationName


class BatchNormalization(NormLayer):
    """Normalise every channel, then scale by gamma and shift by beta.

    While training and trainable, by mean and variance of the batch, towards which the moving
    averages go: moving = momentum moving + (1 - momentum) batch. Otherwise by the moving averages.

    Args:
        axis: the channels'. momentum: from 0 to 1. epsilon: added to the variance.
        center, scale: whether there is a beta, a gamma.
        synchronized: taken for Keras's sake; all of a batch lies on one device.
    Weights: gamma, beta, moving_mean, moving_variance, each (c,).
    Source: Keras BatchNormalization.
    """

    moving_mean: Variable
    moving_variance: Variable

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        synchronized: bool = False,
        **base: Unpack[LayerOptions],
    ) -> None:
        beta = WeightOptions(beta_initializer, beta_regularizer, beta_constraint)
        gamma = WeightOptions(gamma_initializer, gamma_regularizer, gamma_constraint)
        super().__init__(epsilon, center, scale, beta, gamma, **base)
        self.axis = self.checked_axis(axis)
        self.momentum = finite_number("BatchNormalization", "momentum", momentum)
        if not 0 <= self.momentum <= 1:
            raise ValueError(f"BatchNormalization: momentum={momentum}; must be within 0 and 1")
        self.moving_options = {
            "moving_mean": WeightOptions(moving_mean_initializer),
            "moving_variance": WeightOptions(moving_variance_initializer),
        }
        self.synchronized = checked_flag("BatchNormalization", "synchronized", synchronized)

    def build(self, input_shape: Shape) -> None:
        shape = (self.known_size(input_shape, self.axis),)
        self.add_scale(shape)
        self.moving_mean, self.moving_variance = (
            self.add_weight(shape, options.initializer, name=name, trainable=False)
            for name, options in self.moving_options.items()
        )

    def check_input(self, shape: Shape) -> None:
        self.check_sizes(shape, [self.axis], self.moving_mean)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not (training and self.trainable):
            return batch_norm_inference(
                x,
                self.gamma,
                self.beta,
                self.moving_mean,
                self.moving_variance,
                self.axis,
                self.epsilon,
            )
        y, mean, variance = batch_norm_training(x, self.gamma, self.beta, self.axis, self.epsilon)
        self._move(mean, variance)
        return y

    def call_to_end(
        self, x: Tensor, residual: Tensor | None, activation: ActivationName, training: bool
    ) -> Tensor:
        """Return activation(call(x, training) + residual) of host arrays, with the same bits."""
        own = training and self.trainable
        moving = None if own else (self.moving_mean.array, self.moving_variance.array)
        function = BatchNormToEnd(self.axis, self.epsilon, moving, activation)
        y = function.of(x, self.gamma, self.beta, residual)
        if own:
            self._move(*function.state.of_channels(y.array))
        return y

    def _move(self, mean: Array, variance: Array) -> None:
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            array = moving.array
            array *= self.momentum
            array += batch * (1 - self.momentum)
            moving.version += 1

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            **{
                f"{name}_initializer": options.initializer_config
                for name, options in self.moving_options.items()
            },
            "synchronized": self.synchronized,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> BatchNormalization:
        """Return a layer of Keras's configuration, of which batch renormalisation is refused."""
        plain = {key: value for key, value in config.items() if not key.startswith("renorm")}
        if config.get("renorm"):
            raise ValueError("BatchNormalization: renorm=True; must be False")
        return cls(**plain)
