# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv show`: pictures of what a model has learned, and of what it sees in a picture.

Without a model the digits model that comes with pyconv is shown.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pyconv import visualization
from pyconv.applications import DIGITS_FILE
from pyconv.cli.classifier import load_classifier
from pyconv.cli.options import positive
from pyconv.cli.picture_files import Picture, read_picture
from pyconv.cli.picture_fit import fit_picture
from pyconv.layers import Layer
from pyconv.layers.convolution import Convolution
from pyconv.models import Model, load_model
from pyconv.visualization.layer_outputs import layers_inside

HELP = "draw a model's filters, its feature maps, or where it looks"
NOTES = (
    "MODEL: .npz, .keras or .h5; the digits model by default. Pictures as for pyconv predict. Give "
    "--range -1 1 or 0 255 where the model does not take values from 0 to 1 nor begins with a "
    "Rescaling of values from 0 to 255."
)
LAYER_HELP = "name of a layer, or inner/name in a model inside; by default "
MODEL_SUFFIXES = (".npz", ".keras", ".h5")


class Seen(NamedTuple):
    """A picture (h, w, 1 or 3) from 0 to 1, its file, and the same as the model takes it."""

    file: str
    picture: Picture
    taken: npt.NDArray[np.float32]


def _filters(model: Model, seen: Seen | None, arguments: argparse.Namespace) -> str:
    grids = visualization.layer_kernels(model, arguments.out, layers=arguments.layer)
    return f"kernels of {', '.join(grids)}"


def _patterns(model: Model, seen: Seen | None, arguments: argparse.Namespace) -> str:
    layer = arguments.layer or _last_convolution(model)
    visualization.filter_patterns(
        model, layer, arguments.out, filters=arguments.filters, seed=arguments.seed
    )
    name = layer.name if isinstance(layer, Layer) else layer
    return f"what filters of {name} answer to, {arguments.filters} at most"


def _last_convolution(model: Model) -> Layer:
    found = [layer for layer in layers_inside(model) if isinstance(layer, Convolution)]
    if not found:
        raise ValueError(f"patterns: {model.name} has no convolution; name a --layer")
    return found[-1]


def _feature_maps(model: Model, seen: Seen | None, arguments: argparse.Namespace) -> str:
    assert seen is not None
    grids = visualization.feature_maps(model, seen.taken, arguments.out, layers=arguments.layer)
    return f"maps of {', '.join(grids)} for {seen.file}"


def _grad_cam(model: Model, seen: Seen | None, arguments: argparse.Namespace) -> str:
    assert seen is not None
    (outputs,) = model.predict(seen.taken[None], verbose=0)
    best = int(np.argmax(outputs)) if len(outputs) > 1 else int(outputs[0] > 0.5)
    label = best if arguments.label is None else arguments.label
    heat = visualization.grad_cam(model, seen.taken, arguments.layer, label)
    said = outputs[min(label, len(outputs) - 1)]
    visualization.overlay(seen.picture, heat, arguments.out, title=f"class {label}")
    return f"what speaks for class {label} (output {said:.4f}) in {seen.file}"


class Kind(NamedTuple):
    """One thing to show: what it says of itself, what draws it, and whether it takes a picture."""

    help: str
    draw: Callable[[Model, Seen | None, argparse.Namespace], str]
    takes_picture: bool


KINDS = {
    "feature-maps": Kind("what layers make of a picture", _feature_maps, True),
    "filters": Kind("the kernels of the convolution layers", _filters, False),
    "grad-cam": Kind("which places of a picture speak for a class", _grad_cam, True),
    "patterns": Kind("what a layer's filters answer to most", _patterns, False),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe what can be shown, each with its options."""
    parser.epilog = NOTES
    kinds = parser.add_subparsers(dest="kind", metavar="WHAT", required=True)
    for name, kind in KINDS.items():
        one = kinds.add_parser(name, help=kind.help, description=kind.help, epilog=NOTES)
        files = "[MODEL] PICTURE" if kind.takes_picture else "[MODEL]"
        one.usage = f"pyconv show {name} [options] {files}"
        one.add_argument("files", nargs="+" if kind.takes_picture else "*", metavar="FILE")
        which = "the last that fits" if name in ("grad-cam", "patterns") else "all that fit"
        one.add_argument("--layer", help=LAYER_HELP + which)
        one.add_argument("--out", type=Path, default=Path(f"{name}.png"), help="the PNG file")
        if kind.takes_picture:
            bounds: dict[str, Any] = {"nargs": 2, "type": float, "metavar": ("BLACK", "WHITE")}
            one.add_argument("--range", **bounds, help="values the model takes")
        if name == "grad-cam":
            one.add_argument("--class", dest="label", type=int, help="the likeliest by default")
        if name == "patterns":
            one.add_argument("--filters", type=positive, default=16, help="the first so many")
            one.add_argument("--seed", type=int, default=0, help="of the noise they start from")


def run(arguments: argparse.Namespace) -> None:
    """Draw, and say what and where."""
    kind = KINDS[arguments.kind]
    model, files = str(DIGITS_FILE), list(arguments.files)
    if files and files[0].endswith(MODEL_SUFFIXES):
        model = files.pop(0)
    if len(files) != kind.takes_picture:
        wanted = "one picture" if kind.takes_picture else "no picture"
        raise ValueError(f"{arguments.kind}: {len(files)} pictures; must be {wanted}")
    for file in (model, *files):
        there = os.path.exists(arguments.out) and os.path.exists(file)
        if there and os.path.samefile(arguments.out, file):
            raise ValueError(f"--out {arguments.out}: is read; must be another file")
    if kind.takes_picture:
        classifier = load_classifier(model)
        black, white = arguments.range or (0.0, classifier.white)
        seen = _seen(files[0], classifier.input_shape, black, white)
        shown = kind.draw(classifier.model, seen, arguments)
    else:
        shown = kind.draw(load_model(model, compile=False), None, arguments)
    print(f"{arguments.out}: {shown}")


def _seen(file: str, input_shape: tuple[int, int, int], black: float, white: float) -> Seen:
    picture = fit_picture(read_picture(file), input_shape)
    return Seen(file, picture, np.asarray(black + (white - black) * picture, np.float32))
