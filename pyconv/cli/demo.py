# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv demo`: train SimpleConvNet on digits; leave model, history and pictures in a folder."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.applications import simple_convnet
from pyconv.callbacks import History
from pyconv.cli.book_baseline import images_per_second
from pyconv.cli.demo_files import write_history, write_pictures
from pyconv.cli.options import positive, writable_folder
from pyconv.cli.pictures import as_inputs
from pyconv.cli.stopwatch import Stopwatch
from pyconv.datasets import generated_digits, mnist
from pyconv.models import Sequential
from pyconv.optimizers import Adam
from pyconv.random import set_seed

HELP = "train a small network on handwritten digits and draw what it learned"

BATCH = 100
HELD_OUT = 0.05  # share of the training images that only the curves see
EPOCHS = {"mnist": 4, "generated": 6}
GENERATED, GENERATED_TEST = 60_000, 5_000
SHAPE = (28, 28, 1)
BOOK_SECONDS = 3.0


@dataclass(frozen=True)
class Digits:
    """Images (n, 28, 28) and labels (n,), uint8, to train on and to test with."""

    kind: str
    x_train: npt.NDArray[np.uint8]
    y_train: npt.NDArray[np.uint8]
    x_test: npt.NDArray[np.uint8]
    y_test: npt.NDArray[np.uint8]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("--epochs", type=positive, help="4 on MNIST, 6 on generated digits")
    parser.add_argument("--subset", type=positive, help="train on the first N images only")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order, generated digits")
    parser.add_argument("--out", type=Path, default=Path("pyconv-demo"), help="folder for files")
    parser.add_argument("--data", help="folder or .npz file of MNIST, or the word 'generated'")


def run(arguments: argparse.Namespace) -> None:
    """Train, test, write the files and say where they are."""
    out = writable_folder(arguments.out)
    digits = _digits(arguments.data, arguments.subset, arguments.seed)
    set_seed(arguments.seed)
    model = simple_convnet()
    model.compile(Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    print(f"SimpleConvNet: {model.count_params():,} weights, Adam 0.001, batches of {BATCH}\n")
    before = model.layers[0].weights[0].numpy()
    history, rate = _train(model, digits, arguments.epochs or EPOCHS[digits.kind])
    predictions = model.predict(as_inputs(digits.x_test, SHAPE), 500).argmax(axis=1)
    book = images_per_second(digits.x_train, digits.y_train, seconds=BOOK_SECONDS, batch_size=BATCH)
    print(f"\ntest accuracy: {np.mean(predictions == digits.y_test):.4f}")
    print(
        f"training speed: {rate:,.0f} images/s, {rate / book:.1f} times the book's NumPy program "
        f"here ({book:,.0f} images/s)"
    )
    model.save(out / "model.npz")
    write_history(history, out / "history.csv")
    kernels = (before, model.layers[0].weights[0].numpy())
    _draw(out, history, kernels, digits, predictions)
    print(f"\nnext: pyconv evaluate {shlex.quote(str(out / 'model.npz'))} --data {digits.kind}")


def _digits(data: str | None, subset: int | None, seed: int) -> Digits:
    """Return MNIST where it is on this machine, else drawn digits; say which, and never wait."""
    if data == "generated" or (data is None and mnist.local_path() is None):
        count = subset or GENERATED
        images, labels = generated_digits(count + GENERATED_TEST, seed)
        if data is None:
            print(
                "MNIST is not on this machine: this run draws its own digits. For the real ones\n"
                "set PYCONV_DATA to a folder that holds mnist/ with its four files, or download:\n"
                "  pyconv train simple_convnet --epochs 4\n"
            )
        print(f"data: {count:,} generated digits to train on, {GENERATED_TEST:,} to test with")
        parts = images[:count], labels[:count], images[count:], labels[count:]
        return Digits("generated", *parts)
    (x_train, y_train), (x_test, y_test) = mnist.load_data(data)
    x_train, y_train = x_train[:subset], y_train[:subset]
    print(
        f"data: MNIST from {data or mnist.local_path()}: {len(x_train):,} digits to train on, "
        f"{len(x_test):,} to test with"
    )
    return Digits("mnist", x_train, y_train, x_test, y_test)


def _train(model: Sequential, digits: Digits, epochs: int) -> tuple[History, float]:
    """Return the history and the images per second, by the median batch."""
    watch = Stopwatch()
    share = HELD_OUT if len(digits.x_train) >= BATCH else 0.0
    history = model.fit(
        as_inputs(digits.x_train, SHAPE),
        digits.y_train,
        batch_size=BATCH,
        epochs=epochs,
        callbacks=[watch],
        validation_split=share,
    )
    return history, watch.images_per_second(BATCH)


def _draw(out: Path, history: History, kernels: Any, digits: Digits, predictions: Any) -> None:
    names = ["model.npz", "history.csv"]
    try:
        names += write_pictures(out, history, kernels, digits.x_test, digits.y_test, predictions)
    except ImportError:
        print("no pictures without matplotlib: pip install matplotlib, then pyconv demo again")
    print(f"files in {out}/: {', '.join(names)}")
