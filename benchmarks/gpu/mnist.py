# SPDX-License-Identifier: BSD-3-Clause
"""Seconds until a small network reads 99 % of the test digits of MNIST."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import pyconv
from benchmarks.gpu.ours import network
from pyconv.datasets import mnist

BATCH = 1024
GOAL = 0.99


def trained(seconds: float, device: str = "cuda") -> dict[str, Any]:
    """Train until the goal or the time is reached; the time begins with the first step.

    Raises:
        FileNotFoundError: the data set is not on this machine; nothing is downloaded.
    """
    if mnist.local_path() is None:
        raise FileNotFoundError("MNIST is not on this machine: set PYCONV_DATA")
    (x, y), (x_test, y_test) = mnist.load_data()
    x, x_test = (a[..., None].astype(np.float32) / 255 for a in (x, x_test))
    pyconv.set_seed(1)
    model, _ = network("Keras MNIST")
    model.to(device)
    rate = pyconv.schedules.CosineDecay(4e-3, 8 * -(-len(x) // BATCH))
    model.compile(
        pyconv.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.predict(x_test[:BATCH], BATCH, verbose=0)  # kernels are loaded
    began, accuracy, epochs, learning = time.perf_counter(), 0.0, 0, 0.0
    while accuracy < GOAL and time.perf_counter() - began < seconds:
        before = time.perf_counter()
        model.fit(x, y, BATCH, 1, verbose=0)
        learning += time.perf_counter() - before
        epochs += 1
        accuracy = model.evaluate(x_test, y_test, BATCH, verbose=0)[1]
    return {"accuracy": float(accuracy), "epochs": epochs, "training_seconds": learning}
