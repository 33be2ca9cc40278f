# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv train`: train a ready network on labelled pictures; leave model, history and curves."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import numpy as np

from pyconv import optimizers
from pyconv.applications import NETWORKS, Network
from pyconv.arguments import finite_number
from pyconv.callbacks import Callback, History, ModelCheckpoint
from pyconv.callbacks.callback import Logs
from pyconv.cli.classifier import white_of
from pyconv.cli.demo_files import write_history
from pyconv.cli.options import DATA_HELP, must_be_one_of, positive, writable_folder
from pyconv.cli.pictures import as_inputs, checked_labels, pictures_of
from pyconv.cli.stopwatch import Stopwatch
from pyconv.models import Model, load_model
from pyconv.random import set_seed
from pyconv.runtime import set_device
from pyconv.visualization import curves

HELP = "train a network of pyconv.applications on labelled pictures"

FIRST = (
    "To begin with: pyconv train mnist_convnet --data generated --subset 6000 --epochs 3. What is "
    "not given is as in its lecture or paper: 5 epochs for mnist_convnet, 90 for resnet50."
)

MODEL, BEST = "model.npz", "best.npz"  # of the last epoch; of the best by val_accuracy
TEST_BATCH = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.epilog = FIRST
    parser.add_argument(
        "network", type=_network, metavar="NETWORK", help=", ".join(sorted(NETWORKS))
    )
    parser.add_argument("--data", help=DATA_HELP)
    parser.add_argument(
        "--base",
        metavar="FILE",
        help="weights of the network that a transfer network stands on, without top: a file, "
        "imagenet (by default) or none",
    )
    parser.add_argument(
        "--start", type=Path, metavar="MODEL", help="a model of the same form to go on from"
    )
    parser.add_argument("--device", help="cpu or cuda; otherwise PYCONV_DEVICE, otherwise cpu")
    parser.add_argument(
        "--epochs", type=positive, help="passes over the data; by default the network's own"
    )
    parser.add_argument(
        "--batch-size", type=positive, help="pictures per step; by default the network's own"
    )
    parser.add_argument(
        "--optimizer",
        choices=sorted(optimizers.registry.names),
        help="by default the network's own",
    )
    parser.add_argument(
        "--learning-rate", type=float, help="of the optimizer; by default the network's own"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of weights, order, dropout; 0 by default"
    )
    parser.add_argument("--out", type=Path, help="folder for files; pyconv-NETWORK by default")
    parser.add_argument(
        "--validation",
        type=float,
        default=0.05,
        help="share of the training pictures, the last, that only the curves see; 0.05 by default",
    )
    parser.add_argument("--subset", type=positive, help="train on the first N pictures only")


def run(arguments: argparse.Namespace) -> None:
    """Train, test, write the files and say where they are."""
    network = NETWORKS[arguments.network]
    out = writable_folder(arguments.out or Path(f"pyconv-{arguments.network}"))
    batch_size = arguments.batch_size or network.batch_size
    epochs = arguments.epochs or network.epochs
    optimizer = _optimizer(arguments, network)
    if arguments.device is not None:
        set_device(arguments.device)
    set_seed(arguments.seed)
    model = _model(arguments, network)
    given: tuple[int, ...] = getattr(model, "output_shape", ())
    two = given[-1] == 1  # classes: the unit is the probability of class 1
    classes = 2 if two else given[-1]
    data = pictures_of(
        arguments.data,
        network.input_shape,
        classes,
        seed=arguments.seed,
        count=arguments.subset,
    )
    loss = "binary_crossentropy" if two else "sparse_categorical_crossentropy"
    model.compile(optimizer, loss, metrics=["accuracy"])
    (x_train, y_train), (x_test, y_test) = data.read()
    x_train, y_train = x_train[: arguments.subset], y_train[: arguments.subset]
    print(f"data: {data.title}: {len(x_train):,} to train on, {len(x_test):,} to test with")
    print(
        f"{arguments.network}: {model.count_params():,} weights, {type(optimizer).__name__} "
        f"{optimizer.learning_rate:g}, {epochs} epochs, batches of {batch_size}, "
        f"seed {arguments.seed}\n"
    )
    share = finite_number("train", "--validation", arguments.validation, least=0)
    validates = int(len(x_train) * (1 - share)) < len(x_train)
    white = white_of(model)
    inputs, test_inputs = (as_inputs(x, network.input_shape, white) for x in (x_train, x_test))
    for labels in (y_train, y_test):
        checked_labels(labels, classes)
    run = Run(out, validates)
    try:
        model.fit(
            inputs,
            y_train,
            batch_size=batch_size,
            epochs=epochs,
            validation_split=share,
            callbacks=run.callbacks,
        )
    except KeyboardInterrupt:
        print(f"\nstopped after {len(run.history.epoch)} whole epochs of {epochs}")
        run.tell_files()
        raise
    tested = model.predict(test_inputs, TEST_BATCH, verbose=0)
    found = tested[:, 0] > 0.5 if two else tested.argmax(axis=1)
    print(f"\ntest accuracy: {np.mean(found == y_test):.4f}")
    print(f"training speed: {run.watch.images_per_second(batch_size):,.0f} images/s")
    run.tell_files()
    same = f" --data {shlex.quote(arguments.data)}" if arguments.data else ""
    print(f"\nnext: pyconv evaluate {shlex.quote(str(out / MODEL))}{same}")


def _network(name: str) -> str:
    if name not in NETWORKS:
        raise argparse.ArgumentTypeError(must_be_one_of(name, NETWORKS))
    return name


def _model(arguments: argparse.Namespace, network: Network) -> Model:
    """Return the network with the weights that it begins with.

    Raises:
        ValueError: --base for a network of its own; --start with a model of another form.
    """
    base, start = arguments.base, arguments.start
    if base is not None and not network.transfers:
        raise ValueError(f"--base {base}; {arguments.network} stands on no other network")
    if start is not None and base is not None:
        raise ValueError(f"--base {base}; --start brings all weights")
    if base is None and network.transfers and start is None:
        base = "imagenet"
    try:
        model = network.new_model(None if base == "none" else base)
    except OSError as error:
        raise OSError(f"{error}; --base none begins with random weights") from None
    if start is not None:
        known = load_model(start, compile=False).get_weights()
        try:
            model.set_weights(known)
        except ValueError as error:
            raise ValueError(f"--start {start}: not the weights of this network: {error}") from None
    return model


def _optimizer(arguments: argparse.Namespace, network: Network) -> optimizers.Optimizer:
    """Return what the options ask for; the network's numbers belong to the network's optimizer."""
    name, rate = arguments.optimizer or network.optimizer, arguments.learning_rate
    own = name == network.optimizer
    optimizer = network.new_optimizer() if own else optimizers.get(name)
    if rate is not None:
        optimizer.learning_rate = rate
    return optimizer


class HistoryFile(History):
    """Keeps the history in a file, whole after every epoch."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        write_history(self, self.path)


class Run:
    """The files of one training run; every one is replaced in one step after an epoch."""

    def __init__(self, out: Path, validates: bool) -> None:
        self.out, self.validates = out, validates
        self.watch, self.history = Stopwatch(), HistoryFile(out / "history.csv")
        savers = [ModelCheckpoint(out / MODEL)]
        if validates:
            savers.append(ModelCheckpoint(out / BEST, "val_accuracy", save_best_only=True))
        self.callbacks: list[Callback] = [self.watch, *savers, self.history]

    def tell_files(self) -> None:
        """Draw the curves and say what lies in the folder."""
        if not self.history.epoch:
            print(f"no file in {self.out}/ is of this run")
            return
        files = [MODEL, *([BEST] if self.validates else []), "history.csv"]
        try:
            curves(self.history, self.out / "curves.png")
            files.append("curves.png")
        except ImportError:
            print("no curves without matplotlib: pip install matplotlib")
        print(f"files in {self.out}/: {', '.join(files)}")
