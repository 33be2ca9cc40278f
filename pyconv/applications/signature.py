# SPDX-License-Identifier: BSD-3-Clause
"""The one signature of Keras's networks: functions that differ in what they build alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol

from pyconv.applications.classifier import Activation, Options, Pooling, Weights
from pyconv.layers import SymbolicTensor
from pyconv.models import Model

Build = Callable[[str, Options], Model]  # of the function's name and its arguments

ARGUMENTS = """

    Args:
        include_top: whether the classifier is part of the network.
        weights: None: random; "imagenet": trained on ImageNet, from our cache ($PYCONV_HOME),
            Keras's cache, or downloaded; a path of a .h5, .weights.h5, .keras or .npz file.
        input_tensor: a symbolic tensor to start from, instead of an Input of `input_shape`.
        input_shape: (height, width, channels); without a top height and width may be None.
        pooling: without a top None, "avg" or "max": images, or their means or maxima by channel.
        classes: of the classifier. classifier_activation: of its last layer; None: logits.
        name: the model's.
    Raises:
        ValueError, TypeError: naming the argument; a file of weights that does not fit.
        OSError: weights that are not here and cannot be downloaded. ImportError: no h5py for them.
"""


class NetworkFunction(Protocol):
    """A function of keras.applications."""

    __name__: str

    def __call__(
        self,
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: SymbolicTensor | None = None,
        input_shape: Any = None,
        pooling: Pooling = None,
        classes: int = 1000,
        classifier_activation: Activation = "softmax",
        name: str | None = ...,
    ) -> Model: ...


def network(
    function: str, about: str, build: Build, weights: Weights = "imagenet"
) -> NetworkFunction:
    """Return the function of a network, by Keras's signature.

    Args:
        function: its name; the model's is the same in small letters. about: its docstring, to which
            the arguments' are added. weights: the default of that argument.
    """
    default_weights = weights

    def make(
        include_top: bool = True,
        weights: Weights = default_weights,
        input_tensor: SymbolicTensor | None = None,
        input_shape: Any = None,
        pooling: Pooling = None,
        classes: int = 1000,
        classifier_activation: Activation = "softmax",
        name: str | None = function.lower(),
    ) -> Model:
        options = Options(
            include_top,
            weights,
            input_tensor,
            input_shape,
            pooling,
            classes,
            classifier_activation,
            name,
        )
        return build(function, options)

    make.__name__ = make.__qualname__ = function
    make.__module__ = sys._getframe(1).f_globals["__name__"]
    make.__doc__ = about.strip() + ARGUMENTS
    return make
