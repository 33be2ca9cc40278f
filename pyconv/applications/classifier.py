# SPDX-License-Identifier: BSD-3-Clause
"""What all networks of Keras's signature share: checks, the way from body to head, weights."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal

from pyconv import activations
from pyconv.applications.image_input import checked_image_shape, image_input, model_of
from pyconv.applications.published_weights import PublishedWeights, weights_path
from pyconv.arguments import checked_flag
from pyconv.geometry import whole_number
from pyconv.layers import Dense, GlobalAveragePooling2D, GlobalMaxPooling2D, SymbolicTensor
from pyconv.layers.loading import loading
from pyconv.models import Model

Weights = str | os.PathLike[str] | None
Pooling = Literal["avg", "max"] | None
Activation = str | activations.Activation | None
Body = Callable[[SymbolicTensor], SymbolicTensor]
Head = Callable[[SymbolicTensor, int, Activation], SymbolicTensor]

IMAGENET_CLASSES = 1000
POOLINGS = (None, "avg", "max")


@dataclass(frozen=True)
class Options:
    """The arguments of every such network, as the user gave them."""

    include_top: bool
    weights: Weights
    input_tensor: SymbolicTensor | None
    input_shape: Any
    pooling: Pooling
    classes: int
    classifier_activation: Activation
    name: str | None


def average_and_dense(x: SymbolicTensor, classes: int, activation: Activation) -> SymbolicTensor:
    """Return the usual head: avg_pool, then a dense layer called predictions."""
    x = GlobalAveragePooling2D(name="avg_pool")(x)
    return Dense(classes, activation=activation, name="predictions")(x)


def classifier(
    function: str,
    options: Options,
    body: Body,
    head: Head = average_and_dense,
    *,
    published: PublishedWeights | None = None,
    default_size: int = 224,
    min_size: int = 32,
    sizes: tuple[int, ...] | None = None,
    pool_names: tuple[str | None, str | None] = ("avg_pool", "max_pool"),
) -> Model:
    """Return a network: body, then head or pooling, with the weights that are asked for.

    All arguments are checked and the file is found before any weight is made.

    Args:
        published: Keras's files. default_size, min_size, sizes: as in checked_image_shape.
        pool_names: of the layers that `pooling` adds; None: named by themselves.
    """
    include_top = checked_flag(function, "include_top", options.include_top)
    pretrained = options.weights == "imagenet"
    if options.pooling not in POOLINGS:
        raise ValueError(f"{function}: pooling={options.pooling!r}; must be one of {POOLINGS}")
    classes = whole_number(function, "classes", options.classes, 1)
    if include_top:
        _check_head(function, pretrained, classes, options.classifier_activation)
    shape = checked_image_shape(
        function,
        options.input_shape,
        default_size,
        min_size,
        include_top=include_top,
        pretrained=pretrained,
        sizes=sizes,
    )
    path = weights_path(function, options.weights, published, include_top)
    with nullcontext() if path is None else loading(sys.maxsize):
        start = image_input(function, options.input_tensor, shape, min_size)
        x = body(start)
        if include_top:
            x = head(x, classes, options.classifier_activation)
        elif options.pooling == "avg":
            x = GlobalAveragePooling2D(name=pool_names[0])(x)
        elif options.pooling == "max":
            x = GlobalMaxPooling2D(name=pool_names[1])(x)
    model = model_of(start, x, options.name)
    if path is not None:
        model.load_weights(path)
    return model


def _check_head(function: str, pretrained: bool, classes: int, activation: Activation) -> None:
    if not pretrained:
        return
    if classes != IMAGENET_CLASSES:
        raise ValueError(
            f"{function}: classes={classes}; weights='imagenet' with include_top=True has "
            f"{IMAGENET_CLASSES}"
        )
    if activations.get(activation) not in (activations.get("softmax"), activations.get(None)):
        raise ValueError(
            f"{function}: classifier_activation={activation!r}; must be 'softmax' or None with "
            "weights='imagenet'"
        )
