# SPDX-License-Identifier: BSD-3-Clause
"""Convolutional networks at native speed, with NumPy as the only dependency."""

__version__ = "0.1.0"
