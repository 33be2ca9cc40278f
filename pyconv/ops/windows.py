# SPDX-License-Identifier: BSD-3-Clause
"""The checked windows of operations; those of sizes that came before are not made again."""

from pyconv.backend import remembered
from pyconv.geometry import Window

conv_window = remembered(Window.conv)
conv_transpose_window = remembered(Window.conv_transpose)
pool_window = remembered(Window.pool)
