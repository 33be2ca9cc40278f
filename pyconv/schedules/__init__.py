# SPDX-License-Identifier: BSD-3-Clause
"""Learning-rate schedules by Keras's names; also pyconv.optimizers.schedules."""

from pyconv.registry import Registry
from pyconv.schedules.cosine_decay import CosineDecay
from pyconv.schedules.decay import ExponentialDecay, InverseTimeDecay, PolynomialDecay
from pyconv.schedules.piecewise_constant_decay import PiecewiseConstantDecay
from pyconv.schedules.schedule import LearningRateSchedule

registry: Registry[LearningRateSchedule] = Registry(
    "optimizers.schedules",
    LearningRateSchedule,
    (CosineDecay, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay),
)
serialize = registry.serialize
deserialize = registry.deserialize

__all__ = [
    "CosineDecay",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
