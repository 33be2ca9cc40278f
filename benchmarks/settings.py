# SPDX-License-Identifier: BSD-3-Clause
"""The settings in which competitors are tried: a peer is compared at the best of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.row import Options, Row

COMPETITORS = ("torch", "keras", "numpy-book")


@dataclass(frozen=True)
class Setting:
    """One way to run a row in one library; huge pages are a matter of its process."""

    library: str
    name: str
    huge_pages: bool = False
    options: Options = field(default_factory=dict)


OURS = Setting("pyconv", "channels_last")
BOOK = Setting("numpy-book", "float64")


def rivals(row: Row, *, quick: bool) -> list[Setting]:
    """Return PyTorch's settings for a row; compiled training steps only in a full run.

    Layers that PyTorch lacks are compared with Keras's.
    """
    kind = row.task["kind"]
    if kind == "augmentation":
        return [Setting("keras", "torch backend")]
    if kind == "input_pipeline":
        return [
            Setting("torch", "a worker per thread", options={"workers": True}),
            Setting("torch", "no workers", options={"workers": False}),
        ]
    if kind == "scratch training":  # PyTorch stands beside the other training step
        return []
    layouts = {"gemm": ["row-major"], "col2im": ["contiguous"]}.get(
        kind, ["contiguous", "channels_last"]
    )
    modes = ["eager"]
    if kind == "training" and not quick:
        modes.append("compile")
    return [
        Setting(
            "torch",
            f"{layout} {mode}" + (" huge-pages" if huge_pages else ""),
            huge_pages,
            {"layout": layout, "mode": mode},
        )
        for layout in layouts
        for mode in modes
        for huge_pages in (False, True)
    ]


def origins(row: Row) -> list[Setting]:
    """Return the settings that are no rivals but where users come from."""
    return [BOOK] if row.origin else []
