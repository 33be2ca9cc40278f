# SPDX-License-Identifier: BSD-3-Clause
"""The table that Model.summary writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyconv.autograd import Variable
from pyconv.layers import Layer

if TYPE_CHECKING:
    from pyconv.models.model import Model

HEADINGS = ("Layer (type)", "Output Shape", "Param #")


def summary_text(model: Model) -> str:
    """Return one row per layer, and the total, trainable and other parameters."""
    rows = [_row(layer) for layer in model.layers]
    columns = list(zip(HEADINGS, *rows, strict=True))
    widths = [max(28, *map(len, columns[0])), max(26, *map(len, columns[1])), 14]
    width = sum(widths)

    def line(cells: tuple[str, ...]) -> str:
        return "".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True)).rstrip()

    return "\n".join(
        [
            f'Model: "{model.name}"',
            "_" * width,
            line(HEADINGS),
            "=" * width,
            *map(line, rows),
            "=" * width,
            f"Total params: {_amount(model.weights)}",
            f"Trainable params: {_amount(model.trainable_weights)}",
            f"Non-trainable params: {_amount(model.non_trainable_weights)}",
            "_" * width,
        ]
    )


def _row(layer: Layer) -> tuple[str, str, str]:
    try:
        shape = str(layer.output.shape)
    except AttributeError:
        shape = "?"
    count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
    return f"{layer.name} ({type(layer).__name__})", shape, count


def _amount(variables: list[Variable]) -> str:
    size = float(sum(v.array.nbytes for v in variables))
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            break
        size /= 1024
    return f"{sum(v.size for v in variables):,} ({size:.2f} {unit})"
