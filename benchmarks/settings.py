# SPDX-License-Identifier: BSD-3-Clause
"""The settings in which competitors are tried: a peer is compared at the best of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from benchmarks import networks
from benchmarks.row import Options, Row

COMPETITORS = ("torch", "keras", "onnxruntime", "tensorflow", "jax", "numpy-book")
_SESSIONS = {
    "all threads, spinning": {"all_threads": True, "spinning": True},
    "all threads": {"all_threads": True, "spinning": False},
    "one thread": {"all_threads": False, "spinning": False},
}


@dataclass(frozen=True)
class Setting:
    """One way to run a row in one library; all but the options is a matter of its process.

    Attributes:
        threads, isa: None: those of the whole run.
    """

    library: str
    name: str
    huge_pages: bool = False
    options: Options = field(default_factory=dict)
    threads: int | None = None
    isa: str | None = None


OURS = Setting("pyconv", "channels_last")
BOOK = Setting("numpy-book", "float64")
# What pyconv is compared with in itself: how much faster the first setting is than this one.
BESIDE = {
    "direct": Setting("pyconv", "direct", options={"algorithm": "direct"}),
    "channels_first": Setting(
        "pyconv", "channels_first", options={"data_format": "channels_first"}
    ),
    "float64": Setting("pyconv", "float64", options={"dtype": "float64"}),
    "one thread": Setting("pyconv", "one thread", threads=1),
}


def ours(row: Row) -> Setting:
    """Return pyconv's setting for a row."""
    return replace(OURS, isa=row.isa)


def rivals(row: Row, *, eager: bool) -> list[Setting]:
    """Return the settings that pyconv is compared with: those of others, or one of its own."""
    if row.beside:
        return [BESIDE[row.beside]]
    return [replace(setting, isa=row.isa) for setting in _competitors(row, eager=eager)]


def _competitors(row: Row, *, eager: bool) -> list[Setting]:
    """Return PyTorch's settings for a row; compiled networks unless `eager`.

    Layers that PyTorch lacks are compared with Keras's, predictions with ONNX Runtime's, too.
    """
    kind = row.task["kind"]
    if kind == "augmentation":
        return [Setting("keras", "torch backend")]
    if kind == "input_pipeline":
        return [
            Setting("torch", "a worker per thread", options={"workers": True}),
            Setting("torch", "no workers", options={"workers": False}),
            Setting("tensorflow", "Keras's image_dataset_from_directory"),
        ]
    if kind == "scratch training":  # PyTorch stands beside the other training step
        return []
    layouts = {"gemm": ["row-major"], "col2im": ["contiguous"]}.get(
        kind, ["contiguous", "channels_last"]
    )
    modes = ["eager"]
    if kind in ("training", *networks.KINDS) and not eager:
        modes.append("compile")
    pages = (False,) if kind == "epoch" else (False, True)
    others = []
    if kind == "epoch":
        others = [
            Setting("keras", "fit, torch backend"),
            Setting("tensorflow", "Keras's fit"),
            Setting("jax", "Keras's fit"),
        ]
    elif kind == "inference":
        others = [
            Setting("onnxruntime", name, options=options) for name, options in _SESSIONS.items()
        ]
    return others + [
        Setting(
            "torch",
            f"{layout} {mode}" + (" huge-pages" if huge_pages else ""),
            huge_pages,
            {"layout": layout, "mode": mode},
        )
        for layout in layouts
        for mode in modes
        for huge_pages in pages
    ]


def origins(row: Row) -> list[Setting]:
    """Return the settings that are no rivals but where users come from."""
    return [BOOK] if row.origin else []
