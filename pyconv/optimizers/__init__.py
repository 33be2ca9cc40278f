# SPDX-License-Identifier: BSD-3-Clause
"""Optimizers by Keras's names."""

from pyconv.optimizers.adam import Adam
from pyconv.optimizers.optimizer import Optimizer
from pyconv.registry import Registry

registry: Registry[Optimizer] = Registry("optimizers", Optimizer, (Adam,))
get = registry.get
serialize = registry.serialize
deserialize = registry.deserialize

__all__ = ["Adam", "Optimizer", "deserialize", "get", "serialize"]
