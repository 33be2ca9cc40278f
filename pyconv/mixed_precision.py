# SPDX-License-Identifier: BSD-3-Clause
"""Mixed precision by Keras's names: policies of layers, and the optimizer that scales the loss."""

from pyconv.layers.policy import Policy as Policy
from pyconv.layers.policy import global_policy as global_policy
from pyconv.layers.policy import set_global_policy as set_global_policy
from pyconv.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer

DTypePolicy = Policy  # Keras 3's spelling
dtype_policy = global_policy
set_dtype_policy = set_global_policy
