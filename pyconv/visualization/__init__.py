# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of training and its results; each function also returns the array that it draws.

Drawing needs matplotlib, but no display: with a path a PNG file is written.
"""

from pyconv.visualization.confusion_matrix import confusion_matrix
from pyconv.visualization.curves import curves
from pyconv.visualization.filter_grid import filter_grid
from pyconv.visualization.ladder import ladder
from pyconv.visualization.misclassified import misclassified

__all__ = ["confusion_matrix", "curves", "filter_grid", "ladder", "misclassified"]
