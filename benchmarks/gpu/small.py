# SPDX-License-Identifier: BSD-3-Clause
"""Every kernel once on small odd shapes: what compute-sanitizer watches."""

from __future__ import annotations

import importlib

import numpy as np

import pyconv
from benchmarks.gpu import certify
from benchmarks.gpu.ours import _dtype
from pyconv import backend, layers


def main() -> None:
    """Run products in all precisions, and two training steps of a network with many layers."""
    cupy = importlib.import_module("cupy")
    for _, dtype, case in certify.cases():
        kind = _dtype(dtype)
        with backend.tf32_products(dtype == "tf32"):
            case(lambda a, kind=kind: cupy.asarray(a).astype(kind, copy=False))
    model = network().to("cuda")
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    rng = np.random.default_rng(0)
    x, y = rng.random((6, 13, 11, 3), np.float32), rng.integers(0, 5, 6)
    model.fit(x, y, 3, 1, verbose=0)
    model.predict(x, verbose=0)


def network() -> pyconv.Sequential:
    """Return a network in which most kernels work."""
    return pyconv.Sequential(
        [
            pyconv.Input((13, 11, 3)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.LayerNormalization(),
            layers.LocalResponseNormalization(),
            layers.MaxPooling2D(padding="same"),
            layers.Activation("gelu"),
            layers.UpSampling2D(interpolation="bilinear"),
            layers.AveragePooling2D(3, padding="same"),
            layers.Conv2DTranspose(4, 2, strides=2),
            layers.RandomRotation(0.1),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(5, activation="softmax"),
        ]
    )
