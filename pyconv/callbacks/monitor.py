# SPDX-License-Identifier: BSD-3-Clause
"""What callbacks that watch one value of the logs share: whether it has become better."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from pyconv.arguments import finite_number, one_of, plain_number
from pyconv.callbacks.callback import Callback, Logs

MODES = ("auto", "min", "max")


class MonitorCallback(Callback):
    """Compares a value with the best so far.

    Args:
        monitor: its name in the logs.
        mode: "min" or "max" is better; "auto" asks the metric of that name.
        baseline: the first best.
        min_delta: by how much more than the best a value must be better.
    Source: Keras MonitorCallback.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0.0,
    ) -> None:
        kind = type(self).__name__
        if not isinstance(monitor, str):
            raise TypeError(f"{kind}: monitor={monitor!r}; must be a name")
        self.monitor, self.mode = monitor, one_of(kind, "mode", mode, MODES)
        self.best = baseline if baseline is None else plain_number(kind, "baseline", baseline)
        self.min_delta = abs(finite_number(kind, "min_delta", min_delta))

    def improves(self, value: float, reference: float | None) -> bool:
        """Tell whether a value is better than a reference by more than min_delta.

        Any number is better than NaN, which would stay the best for ever.
        """
        if reference is None:
            return True
        if math.isnan(reference):
            return not math.isnan(value)
        if self._direction() == "min":
            return bool(value + self.min_delta < reference)
        return bool(value - self.min_delta > reference)

    def _direction(self) -> str:
        if self.mode != "auto":
            return self.mode
        found: str | None = self.model.metric_directions().get(self.monitor.removeprefix("val_"))
        if found is None:
            raise ValueError(
                f"{type(self).__name__}: monitor={self.monitor!r}; say mode='min' or mode='max', "
                "the metric does not"
            )
        return found

    def monitored(self, logs: Logs | None) -> float | None:
        """Return the value in the logs; None, with a warning, where it is not."""
        self._direction()
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"{type(self).__name__}: monitor={self.monitor!r} is not in the logs; there are "
                f"{list(logs or {})}",
                stacklevel=2,
            )
        elif np.ndim(value):
            raise ValueError(
                f"{type(self).__name__}: monitor={self.monitor!r} has {np.size(value)} values; "
                "must be one number"
            )
        return None if value is None else float(value)

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best}

    def set_state(self, state: dict[str, Any]) -> None:
        self.best = state["best"]


def checked_patience(kind: str, argument: str, value: Any) -> int:
    """Return a number of epochs."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise ValueError(f"{kind}: {argument}={value!r}; must be an integer >= 0")
    return int(value)


def checked_save_freq(kind: str, save_freq: Any) -> Any:
    """Return "epoch" or a number of batches."""
    whole = isinstance(save_freq, (int, np.integer)) and not isinstance(save_freq, bool)
    named = isinstance(save_freq, str) and save_freq == "epoch"
    if not named and not (whole and save_freq >= 1):
        raise ValueError(f"{kind}: save_freq={save_freq!r}; must be 'epoch' or an integer >= 1")
    return save_freq
