# SPDX-License-Identifier: BSD-3-Clause
"""Layers that disturb their input while training: Dropout, SpatialDropout2D, GaussianNoise.

Their random numbers come from the one generator of the process, so set_seed repeats them and a
saved model goes on with them. A layer's own seed tells it apart from others, no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv import autograd, random
from pyconv.arguments import finite_number
from pyconv.autograd import Tensor
from pyconv.backend import gradient_dtype, put_beside
from pyconv.geometry import DataFormat
from pyconv.layers.holding import one_tensor
from pyconv.layers.layer import STRUCTURES, Layer
from pyconv.layers.options import checked_shape
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format
from pyconv.ops.dropout import NoiseShape, checked_rate, checked_seed

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


def _own_seed(kind: str, seed: int | None) -> int | None:
    return None if seed is None else checked_seed(kind, seed)


class Dropout(Layer):
    """While training, set a share of the elements to 0 and scale the others by 1 / (1 - rate).

    Args:
        rate: from 0 to 1, which drops all.
        noise_shape: batch included; along an axis of 1 elements are dropped together, None is the
            input's size.
        seed: see above.
    Source: Keras Dropout.
    """

    structures = STRUCTURES  # which pass through, as in Keras

    def __init__(
        self,
        rate: float,
        noise_shape: NoiseShape = None,
        seed: int | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        self.rate = checked_rate("Dropout", rate)
        self.noise_shape = None
        if noise_shape is not None:
            self.noise_shape = checked_shape("Dropout", "noise_shape", noise_shape)
        self.seed = _own_seed("Dropout", seed)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate == 0:
            return x
        x, seed = one_tensor(self.name, x), random.draw_seed(self.seed)
        return autograd.dropout(x, self.rate, seed=seed, noise_shape=self.noise_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rate": self.rate,
            "noise_shape": self.noise_shape,
            "seed": self.seed,
        }


class SpatialDropout2D(Layer):
    """While training, drop whole channels of images (n, h, w, c).

    Source: Keras SpatialDropout2D.
    """

    def __init__(
        self,
        rate: float,
        data_format: DataFormat | None = None,
        seed: int | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        self.rate = checked_rate("SpatialDropout2D", rate)
        self.data_format = checked_data_format("SpatialDropout2D", data_format)
        self.seed = _own_seed("SpatialDropout2D", seed)

    def check_input(self, shape: Shape) -> None:
        if len(shape) != 4:
            raise ValueError(f"{self.name}: input shape {shape}; must have 4 axes")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate == 0:
            return x
        channels_first = self.data_format == "channels_first"
        noise_shape = (None, None, 1, 1) if channels_first else (None, 1, 1, None)
        seed = random.draw_seed(self.seed)
        return autograd.dropout(x, self.rate, seed=seed, noise_shape=noise_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["trainable"]  # Keras's layer does not take it
        return {
            **config,
            "rate": self.rate,
            "data_format": self.data_format,
            "seed": self.seed,
        }


class GaussianNoise(Layer):
    """While training, add normal random numbers of mean 0.

    Args:
        stddev: their standard deviation, >= 0. seed: see above.
    Source: Keras GaussianNoise.
    """

    structures = STRUCTURES  # which pass through, as in Keras

    def __init__(
        self, stddev: float, seed: int | None = None, **base: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**base)
        self.stddev = finite_number("GaussianNoise", "stddev", stddev)
        if self.stddev < 0:
            raise ValueError(f"GaussianNoise: stddev={stddev}; must be >= 0")
        self.seed = _own_seed("GaussianNoise", seed)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.stddev == 0:
            return x
        x = one_tensor(self.name, x)
        generator = np.random.Generator(np.random.PCG64(random.draw_seed(self.seed)))
        dtype: Any = gradient_dtype(x.array)
        noise = generator.standard_normal(x.shape, dtype)
        noise *= dtype.type(self.stddev)
        return x + Tensor.wrap(put_beside(noise, x.array))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}
