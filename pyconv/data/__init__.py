# SPDX-License-Identifier: BSD-3-Clause
"""The data pipeline: datasets of elements, images from files and folders."""
