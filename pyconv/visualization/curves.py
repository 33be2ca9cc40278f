# SPDX-License-Identifier: BSD-3-Clause
"""Curves of training: the loss, and every metric, over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pyconv.callbacks import History
from pyconv.evaluation.numbers_of import numbers_of
from pyconv.visualization.canvas import BLUE, ORANGE, Path, figure
from pyconv.visualization.smoothing import exponential_mean, kaiser_mean

SIDE = 4.2  # inches of one panel
Series = npt.NDArray[np.float64]


def curves(
    history: History | Mapping[str, Sequence[float]],
    path: Path | None = None,
    *,
    smoothing: Literal["kaiser"] | float | None = None,
) -> npt.NDArray[np.float64]:
    """Draw loss and metrics per epoch, one panel each, with the validation's value beside it.

    Args:
        history: what fit returns, or its dictionary {name: value per epoch}; of a validation after
            every so many epochs only their values.
        path: of the PNG file; None shows the picture.
        smoothing: "kaiser" draws the mean over a Kaiser window of 11 epochs, beta 2; a number in
            [0, 1) the exponential mean with this factor (0.8 in the book). What was measured
            stands behind, pale.
    Returns:
        (names, epochs), rows in the order of the dictionary, smoothed as drawn; NaN for epochs
        after which there was no validation.
    Raises:
        TypeError: no numbers. ValueError: no epoch, or numbers of epochs that no validation_freq
            explains; a smoothing that is unknown, or "kaiser" for less than 6 epochs.
    """
    if not isinstance(history, (History, Mapping)):
        raise TypeError(f"curves: history={history!r}; must be what fit returns, or a dictionary")
    given = history.history if isinstance(history, History) else history
    measured = {name: _series(name, values) for name, values in given.items()}
    numbers = _epochs(history, measured)
    smooth = {name: _smoothed(series, smoothing) for name, series in measured.items()}
    count = max(map(len, measured.values()))
    values = {name: _spread(series, numbers[name], count) for name, series in smooth.items()}
    names = [
        name for name in values if name.removeprefix("val_") not in values or name[:4] != "val_"
    ]
    with figure("curves", path, SIDE * len(names), SIDE * 0.8) as picture:
        for axes, name in zip(
            picture.subplots(1, len(names), squeeze=False)[0], names, strict=True
        ):
            _panel(axes, name, values, numbers)
            if smoothing is not None:
                _measured(axes, name, measured, numbers)
    return np.array(list(values.values()), np.float64)


def _series(name: object, values: object) -> Series:
    """Return the values of one name, one per epoch."""
    if not isinstance(name, str):
        raise TypeError(f"curves: history has the name {name!r}; must be text")
    series = numbers_of("curves", f"history[{name!r}]", values)
    if series.ndim != 1:
        raise ValueError(f"curves: history[{name!r}]={values!r}; must be one number per epoch")
    return series.astype(np.float64)


def _epochs(
    history: History | Mapping[str, Sequence[float]], measured: Mapping[str, Series]
) -> dict[str, list[int]]:
    """Return in which epochs, from 1, each name was measured.

    A dictionary does not say; there a validation after every so many epochs is the only rule.
    """
    lengths = {name: len(series) for name, series in measured.items()}
    count = max(lengths.values(), default=0)
    known = history.epochs_of if isinstance(history, History) else {}
    first = history.epoch[0] if isinstance(history, History) and history.epoch else 0
    found = {}
    for name, length in lengths.items():
        apart = count // length if length else 0
        if len(known.get(name, ())) == length > 0:
            found[name] = [epoch - first + 1 for epoch in known[name]]
        elif apart and count // apart == length and (apart == 1 or name.startswith("val_")):
            found[name] = list(range(apart, count + 1, apart))
        else:
            raise ValueError(
                f"curves: history has {sorted(set(lengths.values()))} epochs; must be one number, "
                ">= 1, but for a validation after every so many epochs"
            )
    if not found:
        raise ValueError("curves: history has [] epochs; must be one number, >= 1")
    return found


def _spread(series: Series, numbers: list[int], count: int) -> Series:
    """Return a value for every epoch, NaN where none was measured."""
    values = np.full(max(count, *numbers), np.nan)
    values[np.array(numbers) - 1] = series
    return values


def _smoothed(series: Series, smoothing: Any) -> Series:
    if smoothing is None:
        return series
    if isinstance(smoothing, str):
        if smoothing != "kaiser":
            raise ValueError(f"curves: smoothing={smoothing!r}; must be 'kaiser' or a factor < 1")
        return kaiser_mean(series)
    return exponential_mean(series, smoothing)


def _measured(
    axes: Any,
    name: str,
    measured: Mapping[str, Series],
    numbers: Mapping[str, list[int]],
) -> None:
    for key, colour in ((name, BLUE), (f"val_{name}", ORANGE)):
        if key in measured:
            axes.plot(numbers[key], measured[key], color=colour, alpha=0.25, zorder=0)


def _panel(
    axes: Any,
    name: str,
    values: Mapping[str, Series],
    numbers: Mapping[str, list[int]],
) -> None:
    twins = [(name, "training", BLUE, "-"), (f"val_{name}", "validation", ORANGE, "--")]
    for key, label, colour, line in twins:
        if key in values:
            drawn = values[key][np.array(numbers[key]) - 1]
            axes.plot(numbers[key], drawn, line, color=colour, marker="o", ms=4, label=label)
    axes.set_title(name)
    axes.set_xlabel("epoch")
    axes.set_xlim(0.5, len(values[name]) + 0.5)
    axes.set_xticks(_whole_ticks(len(values[name])))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if f"val_{name}" in values:
        axes.legend(frameon=False)


def _whole_ticks(epochs: int) -> range:
    """Return at most ten epochs to number, evenly apart."""
    return range(1, epochs + 1, -(-epochs // 10))
