# SPDX-License-Identifier: BSD-3-Clause
"""Keras's fit on its JAX backend."""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras

from benchmarks.competitors import Job, keras_fit
from benchmarks.inputs import Arrays
from benchmarks.row import Options, Task


def versions() -> dict[str, str]:
    """Return JAX's version and its Keras's."""
    return {"jax": jax.__version__, "keras on jax": keras.__version__}


def prepare(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return one epoch."""
    if task["kind"] != "epoch":
        raise NotImplementedError(f"jax: {task['kind']} is compared with PyTorch")
    return keras_fit.epoch(task, inputs)
