# SPDX-License-Identifier: BSD-3-Clause
"""Optimizers by Keras's names."""

from pyconv import schedules
from pyconv.optimizers.adadelta import Adadelta
from pyconv.optimizers.adagrad import Adagrad
from pyconv.optimizers.adam import Adam, AdamW
from pyconv.optimizers.adamax import Adamax
from pyconv.optimizers.nadam import Nadam
from pyconv.optimizers.optimizer import Optimizer
from pyconv.optimizers.rmsprop import RMSprop
from pyconv.optimizers.sgd import SGD
from pyconv.registry import Registry

registry: Registry[Optimizer] = Registry(
    "optimizers",
    Optimizer,
    (Adadelta, Adagrad, Adam, AdamW, Adamax, Nadam, RMSprop, SGD),
    str.lower,
)
get = registry.get
serialize = registry.serialize
deserialize = registry.deserialize

from pyconv.optimizers.loss_scale import LossScaleOptimizer  # noqa: E402 - it asks the registry

registry.classes["LossScaleOptimizer"] = LossScaleOptimizer

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "LossScaleOptimizer",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
