# SPDX-License-Identifier: BSD-3-Clause
"""Models by Keras's names."""

from pyconv.models.functional import Functional
from pyconv.models.model import Model
from pyconv.models.sequential import Sequential
from pyconv.saving import load_model, save_model
from pyconv.saving.clone_model import clone_model

__all__ = [
    "Functional",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "save_model",
]
