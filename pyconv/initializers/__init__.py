# SPDX-License-Identifier: BSD-3-Clause
"""Initializers by Keras's names: the first values of a layer's weights."""

from pyconv.initializers.constant import Constant, Ones, Zeros
from pyconv.initializers.initializer import Initializer, RandomInitializer
from pyconv.initializers.matrices import Identity, Orthogonal
from pyconv.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
from pyconv.registry import Registry

registry = Registry(
    "initializers",
    Initializer,
    (
        *(Constant, Identity, Ones, Orthogonal, Zeros),
        *(GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform),
        *(RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling),
    ),
)
# Keras's names of old.
registry.names.update(
    {"normal": RandomNormal, "one": Ones, "uniform": RandomUniform, "zero": Zeros}
)
get = registry.get
serialize = registry.serialize
deserialize = registry.deserialize

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "deserialize",
    "get",
    "serialize",
]
