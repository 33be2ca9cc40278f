# SPDX-License-Identifier: BSD-3-Clause
"""How good a model is, and what it costs, in numbers; pyconv.visualization draws them."""

from pyconv.evaluation.ablation import Ablation, ablation
from pyconv.evaluation.classification_report import ClassificationReport, classification_report
from pyconv.evaluation.classifier import Classifier
from pyconv.evaluation.confusion_matrix import confusion_matrix
from pyconv.evaluation.cross_validation import CrossValidation, cross_validate
from pyconv.evaluation.ensemble import Ensemble, mean_of_probabilities, vote
from pyconv.evaluation.filter_statistics import (
    FilterStatistics,
    compare_filters,
    filter_statistics,
)
from pyconv.evaluation.layer_costs import LayerCost, cost_lines, layer_costs
from pyconv.evaluation.receptive_field import ReceptiveField, field_of_windows, receptive_field
from pyconv.evaluation.splitting import KFold, train_validation_test_split
from pyconv.evaluation.stacking import StackComparison, compare_stack
from pyconv.evaluation.top_k import top_k_accuracy

__all__ = [
    "Ablation",
    "ClassificationReport",
    "Classifier",
    "CrossValidation",
    "Ensemble",
    "FilterStatistics",
    "KFold",
    "LayerCost",
    "ReceptiveField",
    "StackComparison",
    "ablation",
    "classification_report",
    "compare_filters",
    "compare_stack",
    "confusion_matrix",
    "cost_lines",
    "cross_validate",
    "field_of_windows",
    "filter_statistics",
    "layer_costs",
    "mean_of_probabilities",
    "receptive_field",
    "top_k_accuracy",
    "train_validation_test_split",
    "vote",
]
