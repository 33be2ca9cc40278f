# SPDX-License-Identifier: BSD-3-Clause
"""What the example programs share: their options, their data, and training with a report."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import pyconv
from pyconv import visualization
from pyconv.callbacks import CSVLogger, ModelCheckpoint
from pyconv.datasets import generated_digits

Pair = tuple[np.ndarray, np.ndarray]


class Program:
    """The options of one example, and what every example does with a model that it has built."""

    def __init__(
        self, doc: str, epochs: int, quick_epochs: int = 3, more: dict[str, str] | None = None
    ) -> None:
        parser = argparse.ArgumentParser(description=doc.splitlines()[0])
        parser.add_argument("--quick", action="store_true", help="seconds, on generated data")
        parser.add_argument("--data", type=Path, help="folder of the data; else $PYCONV_DATA")
        parser.add_argument("--epochs", type=int, help=f"{epochs}; {quick_epochs} with --quick")
        parser.add_argument("--subset", type=int, help="train on so many samples only")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--device", help="cpu or cuda; else $PYCONV_DEVICE, else cpu")
        parser.add_argument("--out", type=Path, default=Path("."), help="folder of what is written")
        for name, text in (more or {}).items():
            parser.add_argument(f"--{name}", help=text)
        self.options = parser.parse_args()
        self.quick: bool = self.options.quick
        self.seed: int = self.options.seed
        self.out: Path = self.options.out
        self.epochs: int = self.options.epochs or (quick_epochs if self.quick else epochs)
        self.out.mkdir(parents=True, exist_ok=True)
        if self.options.device is not None:
            pyconv.set_device(self.options.device)
        pyconv.set_seed(self.seed)

    def folder(self, name: str) -> Path:
        """Return the folder given by --data, or a folder in $PYCONV_DATA."""
        if self.options.data is not None:
            return self.options.data
        if "PYCONV_DATA" not in os.environ:
            raise SystemExit(f"say --data FOLDER, or set PYCONV_DATA to what holds {name}/")
        return Path(os.environ["PYCONV_DATA"]) / name

    def subset(self, x: np.ndarray, y: np.ndarray) -> Pair:
        """Return the first samples, as many as --subset says."""
        return x[: self.options.subset], y[: self.options.subset]

    def grey(self, dataset: Any) -> tuple[Pair, Pair]:
        """Return pictures (n, 28, 28, 1) from 0 to 1 and labels, to train on and to test with."""
        if self.quick:
            images, labels = generated_digits(1200, self.seed)
            train, test = (images[:1000], labels[:1000]), (images[1000:], labels[1000:])
        else:
            train, test = dataset.load_data(self.options.data)
        return self._scaled(train, test)

    def coloured(self, dataset: Any) -> tuple[Pair, Pair]:
        """Return pictures (n, 32, 32, 3) from 0 to 1 and labels of ten classes."""
        if self.quick:
            train, test = stripes(1000, 10, 32, self.seed), stripes(200, 10, 32, self.seed + 1)
        else:
            train, test = dataset.load_data(self.options.data)
        return self._scaled(train, test)

    def _scaled(self, train: Pair, test: Pair) -> tuple[Pair, Pair]:
        def scaled(x: np.ndarray, y: np.ndarray) -> Pair:
            x = x[..., None] if x.ndim == 3 else x
            return x.astype(np.float32) / 255, y.reshape(-1)

        return scaled(*self.subset(*train)), scaled(*test)

    def train(
        self,
        model: pyconv.Model,
        train: Pair,
        validation: Pair,
        test: Pair,
        *,
        name: str = "model",
        parameters: int | None = None,
        batch_size: int = 32,
        epochs: int | None = None,
        source: Any = None,
    ) -> float:
        """Train a compiled model, keep the epoch of least validation loss, return its accuracy.

        Writes NAME.npz (the model), NAME.csv and NAME.json (what each epoch gave) and, where
        matplotlib is installed, NAME.png (the curves).

        Args:
            parameters: how many weights the model has, which is checked.
            source: what feeds fit instead of the training arrays, such as a generator.
        """
        print(f"{name}: {model.count_params():,} parameters")
        assert parameters in (None, model.count_params()), f"{parameters:,} expected"
        file = self.out / f"{name}.npz"
        keep = ModelCheckpoint(file, monitor="val_loss", save_best_only=True)
        start = time.perf_counter()
        data: dict[str, Any] = {"x": source}
        if source is None:
            data = {"x": train[0], "y": train[1], "batch_size": batch_size}
        history = model.fit(
            **data,
            epochs=epochs or self.epochs,
            validation_data=validation,
            callbacks=[keep, CSVLogger(self.out / f"{name}.csv")],
            verbose=2,
        ).history
        seconds = time.perf_counter() - start
        if self.quick:
            losses = history["loss"]
            assert losses[-1] < losses[0], f"{name}: the loss did not fall: {losses}"
        (self.out / f"{name}.json").write_text(json.dumps(history, indent=1, default=float))
        with figures():
            visualization.curves(history, self.out / f"{name}.png")
        best = pyconv.load_model(file)
        loss, accuracy = map(float, best.evaluate(*test, batch_size=batch_size, verbose=0)[:2])
        print(f"{name}: test accuracy {accuracy:.4f} after {seconds:.1f} s; written to {file}")
        print(f"{name}: test loss {loss:.4f}")  # tells apart what the same photographs divide
        return accuracy


@contextmanager
def figures() -> Iterator[None]:
    """Draw what the block draws, or say what is missing for it."""
    try:
        yield
    except ImportError as missing:
        print(f"no figure: {missing}")


def stripes(n: int, classes: int, size: int, seed: int) -> Pair:
    """Return n coloured pictures (n, size, size, 3), 0 to 255, whose class is their direction."""
    generator = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    angle = (np.pi * labels / classes + generator.normal(0, 0.3 / classes, n))[:, None, None]
    period = generator.uniform(6, 12, (n, 1, 1))
    rows, columns = np.mgrid[:size, :size]
    way = rows * np.sin(angle) + columns * np.cos(angle)
    wave = np.sin(2 * np.pi * (way / period + generator.random((n, 1, 1))))
    pictures = 127.5 + 100 * wave[..., None] * generator.uniform(0.5, 1, (n, 1, 1, 3))
    pictures += generator.normal(0, 12, pictures.shape)
    return np.clip(pictures, 0, 255).astype(np.float32), labels.astype(np.uint8)
