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
    takes_functions=True,
)
# The classes by Keras's small names.
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
identity, lecun_normal = Identity, LecunNormal
lecun_uniform, ones = LecunUniform, Ones
orthogonal, random_normal = Orthogonal, RandomNormal
random_uniform, truncated_normal = RandomUniform, TruncatedNormal
variance_scaling, zeros = VarianceScaling, Zeros
# Its names of old.
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
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]
