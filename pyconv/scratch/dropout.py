# SPDX-License-Identifier: BSD-3-Clause
"""Dropout as the book has it: not inverted, its mask from np.random."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.arguments import finite_number
from pyconv.backend import Array, array_module
from pyconv.scratch.arrays import after_forward, promoted, same_shape


class Dropout:
    """Training: x * mask, kept where np.random.rand > ratio; else x * (1 - ratio). Chapter 6.4.3.

    Args:
        dropout_ratio: the share that is dropped, 0 to 1.
    Attributes:
        dropout_ratio: as given; it may be replaced. mask: the last one, bool, in x's shape.
    """

    def __init__(self, dropout_ratio: float = 0.5) -> None:
        self.dropout_ratio = dropout_ratio
        self.mask: Any = None

    def forward(self, x: Any, train_flg: bool = True) -> Array:
        """Return x with a share of its elements 0, or scaled by what training keeps.

        Raises:
            TypeError: no array of numbers. ValueError: dropout_ratio.
        """
        name = "Dropout.forward"
        (x,) = promoted(name, x=x)
        ratio = finite_number(name, "dropout_ratio", self.dropout_ratio, least=0)
        if ratio > 1:
            raise ValueError(f"{name}: dropout_ratio={ratio}; must be <= 1")
        if not train_flg:
            return x * (1.0 - ratio)  # type: ignore[no-any-return]
        self.mask = array_module(x).asarray(np.random.rand(*x.shape) > ratio)
        return x * self.mask  # type: ignore[no-any-return]

    def backward(self, dout: Any) -> Array:
        """Return dout * mask, of the last forward in training.

        Raises:
            RuntimeError: no forward in training before. TypeError, ValueError: dout.
        """
        name = "Dropout.backward"
        mask: Array = after_forward(name, self.mask)
        (dout,) = promoted(name, dout=dout)
        return same_shape(name, "dout", dout, mask.shape) * mask
