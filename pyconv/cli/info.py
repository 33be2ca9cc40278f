# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv info`: what is installed here, and what it runs on."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform

import numpy as np

import pyconv
from pyconv import backend
from pyconv.datasets import cifar10, fashion_mnist, mnist

HELP = "show version, processor, threads, CUDA, extras and data sets on this machine"

EXTRAS = (
    ("matplotlib", "matplotlib", "pictures"),
    ("h5py", "h5py", ".keras and .h5 files"),
    ("pillow", "pillow", "image files"),
    ("cupy", "cupy-cuda13x", "arrays on a GPU"),
)
DISTRIBUTIONS = {"cupy": ("cupy-cuda13x", "cupy-cuda12x", "cupy")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(arguments: argparse.Namespace) -> None:
    """Print the table; no extra is imported for it."""
    for name, value in rows():
        print(f"{name:<14} {value}")


def rows() -> list[tuple[str, str]]:
    """Return (name, value) of everything that the command shows."""
    config = backend.config()
    cuda = config.pop("cuda")
    settings = [f"{name}={os.environ[name]}" for name in sorted(os.environ) if "PYCONV_" in name]
    return [
        ("pyconv", f"{pyconv.__version__}  ({os.path.dirname(pyconv.__file__)})"),
        ("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("numpy", np.__version__),
        *config.items(),
        ("cuda", cuda),
        ("settings", ", ".join(settings) or "no PYCONV_ variable is set"),
        *((name, _extra(name, package, purpose)) for name, package, purpose in EXTRAS),
        *(
            (name, str(data.local_path() or "not on this machine"))
            for name, data in (
                ("mnist", mnist),
                ("fashion-mnist", fashion_mnist),
                ("cifar-10", cifar10),
            )
        ),
    ]


def _extra(name: str, package: str, purpose: str) -> str:
    for distribution in DISTRIBUTIONS.get(name, (name,)):
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return f"not installed  (for {purpose}: pip install {package})"
