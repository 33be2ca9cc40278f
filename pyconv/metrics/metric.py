# SPDX-License-Identifier: BSD-3-Clause
"""What all metrics share, and the weighted mean that most of them are."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.autograd import array_of
from pyconv.backend import Array
from pyconv.naming import snake_case


class Metric:
    """A number gathered over batches: `update_state`, `result`, `reset_state`."""

    def __init__(self, name: str | None = None) -> None:
        self.name = snake_case(type(self).__name__) if name is None else name
        self.reset_state()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define update_state")

    def result(self) -> float:
        raise NotImplementedError(f"{type(self).__name__} must define result")

    def reset_state(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define reset_state")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        return cls(**config)


class _Average(Metric):
    """A sum and the weight it is divided by."""

    total: float
    count: float

    def reset_state(self) -> None:
        self.total = self.count = 0.0

    def result(self) -> float:
        return self.total / self.count if self.count else 0.0

    def gather(self, values: Array, sample_weight: Any = None) -> None:
        """Add values, each counted once or by its weight."""
        if sample_weight is None:
            self.total += float(np.sum(values, dtype=np.float64))
            self.count += values.size
        else:
            weights = np.broadcast_to(array_of(sample_weight), values.shape)
            self.total += float(np.sum(values * weights, dtype=np.float64))
            self.count += float(np.sum(weights, dtype=np.float64))


class Mean(_Average):
    """The mean of the values given so far.

    Source: Keras Mean.
    """

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        self.gather(array_of(values), sample_weight)

    def __call__(self, values: Any, sample_weight: Any = None) -> float:  # type: ignore[override]
        self.update_state(values, sample_weight)
        return self.result()


class MeanOfSamples(_Average):
    """The mean over samples of what `values` returns for each."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} must define values(y_true, y_pred)")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.gather(self.values(array_of(y_true), array_of(y_pred)), sample_weight)
