# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of training, of results, and of what a network sees.

A function with a `path` draws, and returns the array that it draws: it needs matplotlib, but no
display, and writes a PNG file. The others only compute.
"""

from pyconv.visualization.augmented_samples import augmented_samples
from pyconv.visualization.box_plot import box_plot
from pyconv.visualization.confusion_matrix import confusion_matrix
from pyconv.visualization.curves import curves
from pyconv.visualization.feature_maps import feature_maps
from pyconv.visualization.filter_grid import filter_grid
from pyconv.visualization.filter_histogram import filter_histogram
from pyconv.visualization.filter_patterns import filter_patterns, layer_depth
from pyconv.visualization.filters_over_picture import filters_over_picture
from pyconv.visualization.grad_cam import grad_cam
from pyconv.visualization.image_kernels import IMAGE_KERNELS, apply_image_kernel, image_kernels
from pyconv.visualization.ladder import ladder
from pyconv.visualization.layer_kernels import layer_kernels
from pyconv.visualization.maximise_filter import maximise_filter
from pyconv.visualization.misclassified import misclassified
from pyconv.visualization.overlay import jet, overlay, superimpose
from pyconv.visualization.saliency import saliency
from pyconv.visualization.smoothing import exponential_mean, kaiser_mean

__all__ = [
    "IMAGE_KERNELS",
    "apply_image_kernel",
    "augmented_samples",
    "box_plot",
    "confusion_matrix",
    "curves",
    "exponential_mean",
    "feature_maps",
    "filter_grid",
    "filter_histogram",
    "filter_patterns",
    "filters_over_picture",
    "grad_cam",
    "image_kernels",
    "jet",
    "kaiser_mean",
    "ladder",
    "layer_depth",
    "layer_kernels",
    "maximise_filter",
    "misclassified",
    "overlay",
    "saliency",
    "superimpose",
]
