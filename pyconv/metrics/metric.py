# SPDX-License-Identifier: BSD-3-Clause
"""What all metrics share, and the weighted mean that most of them are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pyconv import initializers
from pyconv.autograd import Variable, array_of
from pyconv.backend import Array
from pyconv.losses.loss import aligned, along
from pyconv.naming import automatic_name, snake_case


class Metric:
    """A number gathered over batches: `update_state`, `result`, `reset_state`.

    A subclass names in `slots` the attributes that hold its state, floats or arrays, or makes
    variables by `add_weight`. `direction` tells callbacks whether "max" or "min" is better.
    Source: Keras Metric.
    """

    slots: tuple[str, ...] = ()
    direction: str | None = None
    dtype = "float32"  # as `dtype=` said; sums are gathered in float64 whatever it is

    def __init__(self, name: str | None = None) -> None:
        kind = type(self).__name__
        if name is not None and not isinstance(name, str):
            raise TypeError(f"{kind}: name={name!r}; must be a string")
        self.name = automatic_name(snake_case(kind)) if name is None else name
        self._variables: dict[str, tuple[Variable, Array]] = {}  # and their first values
        if self.slots:
            self.reset_state()

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: Any = "zeros",
        dtype: str | None = None,
        name: str | None = None,
    ) -> Variable:
        """Return a new Variable of the metric's state, float64 whatever dtype says.

        Source: Keras Metric.
        """
        name = f"variable_{len(self._variables)}" if name is None else name
        if name in self._variables or name in self.slots:
            raise ValueError(f"{self.name}: add_weight: name={name!r} is taken; names must differ")
        first = initializers.get(initializer)(tuple(map(int, shape)), "float64")
        variable = Variable(first, name=name, trainable=False)
        self._variables[name] = (variable, variable.numpy())
        return variable

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define update_state")

    def result(self) -> Any:
        """Return a float, or an array where the metric has a value per class or threshold."""
        raise NotImplementedError(f"{type(self).__name__} must define result")

    def reset_state(self) -> None:
        """Begin anew; the base class sets the variables back to their first values."""
        if not self._variables:
            raise NotImplementedError(f"{type(self).__name__} must define reset_state")
        for variable, first in self._variables.values():
            variable.assign(first)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def get_state(self) -> dict[str, Array]:
        """Return copies of what has been gathered, by slot."""
        own = {slot: np.array(getattr(self, slot), np.float64) for slot in self.slots}
        return own | {name: variable.numpy() for name, (variable, _) in self._variables.items()}

    def set_state(self, state: dict[str, Array]) -> None:
        """Go on from what `get_state` returned."""
        for slot in self.slots:
            value = np.array(state[slot], np.float64)
            setattr(self, slot, value if value.ndim else float(value))
        for name, (variable, _) in self._variables.items():
            variable.assign(np.array(state[name]))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        return cls(**{key: value for key, value in config.items() if key != "dtype"})


class _Average(Metric):
    """A sum and the weight it is divided by."""

    slots = ("total", "count")
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
            weights = along(self.name, array_of(sample_weight), values.shape)
            weights = np.broadcast_to(weights, values.shape)
            self.total += float(np.sum(values * weights, dtype=np.float64))
            self.count += float(np.sum(weights, dtype=np.float64))


class Mean(_Average):
    """The mean of the values given so far.

    Source: Keras Mean.
    """

    def __init__(self, name: str = "mean", dtype: str | None = None) -> None:
        super().__init__(name)
        self.dtype = checked_dtype(self.name, dtype)

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        self.gather(array_of(values), sample_weight)

    def add(self, value: float, count: int) -> None:
        """Gather one mean of so many values."""
        if not (isinstance(value, (int, float)) and isinstance(count, int) and count >= 0):
            raise TypeError(
                f"{self.name}: add({value!r}, {count!r}); must be a number and an int >= 0"
            )
        self.total += value * count
        self.count += float(count)

    def __call__(self, values: Any, sample_weight: Any = None) -> float:  # type: ignore[override]
        self.update_state(values, sample_weight)
        return self.result()


class MeanOfSamples(_Average):
    """The mean over samples of what `values` returns for each."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} must define values(y_true, y_pred)")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.gather(self.values(array_of(y_true), array_of(y_pred)), sample_weight)


class MeanMetricWrapper(MeanOfSamples):
    """The mean of a user's function (y_true, y_pred) -> value per sample.

    Source: Keras MeanMetricWrapper.
    """

    def __init__(
        self, fn: Callable[[Any, Any], Any], name: str | None = None, dtype: str | None = None
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", "metric"))
        self.dtype = checked_dtype(self.name, dtype)
        self.fn = fn

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return array_of(self.fn(y_true, y_pred), f"{self.name}: what the metric returned")


def checked_dtype(name: str, dtype: Any) -> str:
    """Return the name of a floating dtype; anything else: ValueError."""
    if dtype is None:
        return "float32"
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if found.kind != "f":
        raise ValueError(f"{name}: dtype={dtype!r}; must be a floating dtype such as 'float32'")
    return str(found)


def same_shape(name: str, y_true: Array, y_pred: Array) -> Array:
    """Return labels in the shape of the outputs; a last axis of size 1 is gained or lost."""
    y_true = aligned(y_true, y_pred.shape)
    if y_true.shape == (*y_pred.shape, 1):
        y_true = y_true[..., 0]
    if y_true.shape != y_pred.shape:
        raise ValueError(f"{name}: labels of shape {y_true.shape}; must be {y_pred.shape}")
    return y_true
