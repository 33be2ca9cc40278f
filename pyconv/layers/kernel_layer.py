# SPDX-License-Identifier: BSD-3-Clause
"""What layers with a kernel share: kernel, bias, activation, and the options of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import activations, constraints, initializers, regularizers
from pyconv.arguments import checked_flag
from pyconv.autograd import Tensor, Variable
from pyconv.layers.layer import Layer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import BaseOptions
    from pyconv.ops.activation import ActivationName


class WeightOptions:
    """How one weight starts, what it costs, and what it is held to.

    An initializer of None is add_weight's own, as in Keras.
    """

    def __init__(self, initializer: Any, regularizer: Any = None, constraint: Any = None) -> None:
        self.initializer = None if initializer is None else initializers.get(initializer)
        self.regularizer = regularizers.get(regularizer)
        self.constraint = constraints.get(constraint)

    def add_to(self, layer: Layer, shape: tuple[int, ...], name: str) -> Variable:
        """Return a new weight of the layer."""
        return layer.add_weight(
            shape,
            self.initializer,
            name=name,
            regularizer=self.regularizer,
            constraint=self.constraint,
        )

    @property
    def initializer_config(self) -> dict[str, Any] | None:
        """What makes an equal initializer."""
        return None if self.initializer is None else initializers.serialize(self.initializer)

    def get_config(self, name: str) -> dict[str, Any]:
        """Return Keras's three arguments for the weight `name`."""
        return {
            f"{name}_initializer": self.initializer_config,
            f"{name}_regularizer": regularizers.config_of(self.regularizer),
            f"{name}_constraint": constraints.config_of(self.constraint),
        }


class KernelLayer(Layer):
    """A layer with a kernel, an optional bias and an activation; a subclass makes its kernel.

    Args:
        activation: a name or function. use_bias: whether a bias is added.
        bias_initializer, bias_regularizer, bias_constraint: of the bias.
    """

    bias: Variable | None = None

    def __init__(
        self,
        activation: str | activations.Activation | None,
        use_bias: bool,
        bias: WeightOptions,
        activity_regularizer: Any = None,
        **base: Unpack[BaseOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **base)
        self.activation = activations.get(activation)
        if self.activation is activations.glu:
            raise ValueError(
                f"{type(self).__name__}: activation={activation!r}; must keep the shape; use "
                "Activation('glu') after the layer"
            )
        self.use_bias = checked_flag(type(self).__name__, "use_bias", use_bias)
        self.bias_options = bias

    @property
    def _fused(self) -> ActivationName:
        """What the operation itself ends with; `activation` may be set at any time."""
        return activations.fused_name(self.activation)

    def add_bias(self, size: int) -> None:
        """Make the bias where the layer has one."""
        if self.use_bias:
            self.bias = self.bias_options.add_to(self, (size,), "bias")

    def activated(self, y: Tensor) -> Tensor:
        """Return the activation of y where the operation has not applied it."""
        return y if self._fused else activations.applied(self.name, self.activation, y)

    def get_config(self) -> dict[str, Any]:
        return {
            "activity_regularizer": None,
            **super().get_config(),
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **self.bias_options.get_config("bias"),
        }
