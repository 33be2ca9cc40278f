# SPDX-License-Identifier: BSD-3-Clause
"""Top-k accuracy of outputs that are there already."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.arguments import whole_number
from pyconv.evaluation.class_numbers import class_numbers
from pyconv.evaluation.numbers_of import numbers_of
from pyconv.metrics.top_k import in_top_k


def top_k_accuracy(labels: Any, outputs: Any, k: int = 5) -> float:
    """Return the share of samples whose label is among the k largest outputs.

    Outputs as large as the label's do not push it out, as in the metric
    SparseTopKCategoricalAccuracy.

    Args:
        labels: (n,) or (n, 1) class numbers, or (n, classes) one-hot.
        outputs: (n, classes) probabilities or logits.
    Raises:
        TypeError: what is no number. ValueError: k < 1, no sample, shapes that differ, or a label
            beyond the classes.

    >>> from pyconv.evaluation import top_k_accuracy
    >>> top_k_accuracy([2, 0], [[0.1, 0.6, 0.3], [0.2, 0.5, 0.3]], k=2)
    0.5
    """
    k = whole_number("top_k_accuracy", "k", k, 1)
    array = numbers_of("top_k_accuracy", "outputs", outputs)
    true = class_numbers("top_k_accuracy", "labels", labels)
    if array.ndim != 2 or len(array) != len(true) or not array.size:
        raise ValueError(
            f"top_k_accuracy: outputs.shape={array.shape} with {len(true)} labels; must be "
            "(n, classes), n >= 1"
        )
    if true.max() >= array.shape[1]:
        at = int(np.flatnonzero(true >= array.shape[1])[0])
        raise ValueError(
            f"top_k_accuracy: labels[{at}]={true[at]}; must be < {array.shape[1]}, the classes"
        )
    return float(in_top_k(true, array, k).mean())
