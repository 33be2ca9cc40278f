# SPDX-License-Identifier: BSD-3-Clause
"""Data sets: MNIST and its kin from files, and digits drawn by our own code."""

from pyconv.datasets import cats_dogs, cifar10, fashion_mnist, mnist
from pyconv.datasets.generated_digits import generated_digits

__all__ = ["cats_dogs", "cifar10", "fashion_mnist", "generated_digits", "mnist"]
