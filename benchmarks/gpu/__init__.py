# SPDX-License-Identifier: BSD-3-Clause
"""Certification of a GPU: does it compute right, and how fast beside PyTorch and cuDNN."""
