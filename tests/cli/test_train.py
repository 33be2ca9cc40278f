# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv train` and `pyconv evaluate` in small: files, words, refusals, Ctrl-C."""

from __future__ import annotations

import csv
import dataclasses
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv.applications import NETWORKS
from pyconv.applications.vgg16 import preprocess_input
from pyconv.cli import main
from pyconv.cli.classifier import white_of
from pyconv.cli.pictures import as_inputs, pictures_of
from pyconv.datasets import generated_digits
from pyconv.layers import Dense, Input, Rescaling
from pyconv.layers.loading import loading

SMALL = ["train", "small_convnet", "--data", "generated", "--subset", "400", "--epochs", "2"]


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder, where no data set lies either."""
    monkeypatch.chdir(tmp_path)
    for variable in ("PYCONV_DATA", "PYCONV_HOME", "KERAS_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "nothing"))
    return tmp_path


def archive(path: Path, **members: np.ndarray) -> str:
    images, labels = generated_digits(60, 3)
    parts = {"x_train": images[:50], "y_train": labels[:50], "x_test": images, "y_test": labels}
    np.savez(path, **{**parts, **members})
    return str(path)


@pytest.mark.parametrize(
    ("members", "options", "said"),
    [
        ({"y_test": np.arange(60) - 5}, [], "label -5 at 0; the model has 10 classes"),
        ({"y_train": np.full(50, 10)}, [], "label 10 at 0; the model has 10 classes"),
        ({"x_test": np.zeros((60, 40, 40), np.uint8)}, [], "pictures are (40, 40, 1)"),
        ({}, ["--validation", "nan"], "train: --validation=nan; must be finite"),
    ],
)
def test_what_does_not_fit_is_refused_before_training(
    in_folder: Path,
    members: dict[str, np.ndarray],
    options: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = archive(in_folder / "own.npz", **members)
    assert main(["train", "small_convnet", "--data", data, "--out", "run", *options]) == 1
    assert said in capsys.readouterr().err
    assert not list((in_folder / "run").iterdir())


def test_a_run_leaves_a_model_a_history_and_the_next_command(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SMALL, "--seed", "1", "--batch-size", "16", "--out", "my run"]) == 0
    shown = capsys.readouterr().out
    assert "data: generated digits: 400 to train on, 400 to test with" in shown
    assert "small_convnet: 33,082 weights, Adam 0.001, 2 epochs, batches of 16, seed 1" in shown
    accuracy = re.search(r"^test accuracy: (0\.\d{4})$", shown, re.MULTILINE)
    assert accuracy is not None
    assert float(accuracy[1]) > 0.3
    assert re.search(r"^training speed: [\d,]+ images/s$", shown, re.MULTILINE)
    out = in_folder / "my run"
    assert {"model.npz", "best.npz", "history.csv"} <= {path.name for path in out.iterdir()}
    with (out / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(rows[0])
    command = re.search(r"^next: pyconv (.*)$", shown, re.MULTILINE)
    assert command is not None
    assert main(shlex.split(command[1])) == 0
    evaluated = capsys.readouterr().out
    assert "2,000 pictures to test with" in evaluated
    lines = evaluated.splitlines()
    assert re.fullmatch(r"loss: \d\.\d{4}", lines[2])
    assert re.fullmatch(r"accuracy: 0\.\d{4}", lines[3])
    table = [line.split() for line in lines[6:]]
    assert [row[0] for row in table] == list("0123456789")
    assert sum(int(row[1].replace(",", "")) for row in table) == 2000
    found = sum(int(row[2].replace(",", "")) for row in table)
    assert f"{found / 2000:.4f}" == lines[3].split()[1]


@pytest.mark.parametrize("network", ["gender_convnet", "small_residual_net"])
def test_two_kinds_of_photographs_train_one_unit(
    in_folder: Path, capsys: pytest.CaptureFixture[str], network: str
) -> None:
    labels = np.arange(12) % 2
    x = np.zeros((12, *NETWORKS[network].input_shape), np.uint8)
    x[labels == 1] = 255
    data = archive(in_folder / "own.npz", x_train=x, y_train=labels, x_test=x, y_test=labels)
    command = ["train", network, "--data", data, "--out", "run", "--validation", "0"]
    assert main([*command, "--epochs", "4", "--batch-size", "4", "--learning-rate", "1e-3"]) == 0
    assert "test accuracy: 1.0000" in capsys.readouterr().out
    assert main(["evaluate", "run/model.npz", "--data", data]) == 0
    assert "accuracy: 1.0000" in capsys.readouterr().out
    data = archive(in_folder / "own.npz", x_train=x, y_train=labels + 1, x_test=x, y_test=labels)
    assert main([*command, "--epochs", "1"]) == 1
    assert "label 2 at 1; the model has 2 classes" in capsys.readouterr().err


def test_a_folder_of_pictures_trains_with_its_names(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    for kind, level in (("dark", 40), ("light", 200), ("unused", 0)):
        (in_folder / "own" / kind).mkdir(parents=True)
        for number in range(10):
            pixels = rng.integers(level, level + 40, (20, 30, 3), np.uint8)
            pyconv.utils.save_img(in_folder / "own" / kind / f"{number}.png", pixels, scale=False)
    command = ["train", "small_residual_net", "--data", "own", "--epochs", "6", "--out", "run"]
    assert main([*command, "--batch-size", "4", "--validation", "0"]) == 0
    shown = capsys.readouterr().out
    assert "data: own: dark, light: 14 to train on, 6 to test with" in shown
    assert "test accuracy: 1.0000" in shown
    (in_folder / "own" / "dark" / "0.png").write_bytes(b"no picture")
    assert main([*command]) == 1
    assert "0.png" in capsys.readouterr().err


def test_a_folder_may_say_what_to_train_on_and_what_to_test_with(in_folder: Path) -> None:
    for part, count in (("train", 3), ("test", 2)):
        for kind in ("a", "b"):
            (in_folder / part / kind).mkdir(parents=True)
            for number in range(count):
                pixels = np.full((9, 9, 3), 20 * number, np.uint8)
                pyconv.utils.save_img(
                    in_folder / part / kind / f"{number}.png", pixels, scale=False
                )
    pictures = pictures_of(str(in_folder), (8, 8, 1), 10)
    assert pictures.class_names == ("a", "b")
    (x, y), (x_test, y_test) = pictures.read()
    assert (x.shape, x.dtype, x_test.shape) == ((6, 8, 8, 1), np.uint8, (4, 8, 8, 1))
    assert sorted(x[y == 1, 0, 0, 0]) == [0, 20, 40]
    assert sorted(y_test) == [0, 0, 1, 1]


def test_a_folder_of_one_class_is_refused(in_folder: Path) -> None:
    (in_folder / "own" / "only").mkdir(parents=True)
    with pytest.raises(ValueError, match="own: holds 1 folders; must be one for each class"):
        pictures_of("own", (8, 8, 1), 10)


@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("gender_vgg16", ["--base", "none"]),
        ("cats_dogs_convnet_augmented", []),
        ("slide_classifier", []),
        ("leader_board_convnet", []),
    ],
)
def test_networks_of_the_lectures_train_on_what_is_drawn_here(
    in_folder: Path, network: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", network, "--data", "generated", "--subset", "6", "--epochs", "1", *options]
    assert main([*command, "--validation", "0", "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    count = pyconv.load_model(f"pyconv-{network}/model.npz").count_params()
    assert f"{network}: {count:,} weights" in shown


def test_drawn_pictures_have_the_form_of_the_networks() -> None:
    (x, y), (x_test, _) = pictures_of("generated", (90, 70, 3), 2, count=4).read()
    assert (x.shape, x_test.shape) == ((4, 56, 56, 3), (4, 56, 56, 3))
    digits, labels = generated_digits(4, 0)
    assert np.array_equal(x[:, ::2, ::2, 1], digits)
    assert np.array_equal(y, labels % 2)


def test_training_goes_on_from_a_model(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--out", "first"]) == 0
    go_on = [*SMALL, "--out", "second", "--start", "first/model.npz"]
    assert main([*go_on, "--learning-rate", "0"]) == 0
    first, second = (pyconv.load_model(f"{name}/model.npz") for name in ("first", "second"))
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert main(["train", "lenet_5", *go_on[2:]]) == 1
    assert "--start first/model.npz: not the weights of this network" in capsys.readouterr().err


def test_frozen_and_tuned_have_their_weights_in_the_same_order() -> None:
    shapes = []
    for name in ("cats_dogs_vgg16", "cats_dogs_vgg16_tuned"):
        with loading(sys.maxsize):
            shapes.append([w.shape for w in NETWORKS[name].new_model().weights])
    assert shapes[0] == shapes[1]


def test_a_model_that_subtracts_means_within_gets_bytes() -> None:
    inputs = Input((8, 8, 3))
    for prepared, white in ((preprocess_input(inputs), 255), (inputs * 2 - 1, 1)):
        outputs = 100 * Dense(2)(pyconv.layers.Flatten()(prepared))
        assert white_of(pyconv.Model(inputs, outputs)) == white


@pytest.mark.parametrize(
    ("first", "white"),
    [
        ([Rescaling(1 / 255)], 255),
        ([Rescaling(1 / 127.5, offset=-1)], 255),
        ([Rescaling(2.0)], 1),
        ([Rescaling(0.0)], 1),
        ([Dense(3), Rescaling(1 / 255)], 1),
        ([], 1),
    ],
)
def test_a_model_that_begins_with_a_rescaling_of_bytes_gets_bytes(
    first: list[Any], white: float
) -> None:
    model = pyconv.Sequential([Input((4, 4, 3)), *first, pyconv.layers.Flatten(), Dense(2)])
    assert white_of(model) == white


def test_the_same_seed_gives_the_same_weights(in_folder: Path) -> None:
    def weights(*arguments: str) -> list[np.ndarray]:
        assert main([*SMALL, "--validation", "0", "--out", "out", *arguments]) == 0
        assert not (in_folder / "out" / "best.npz").exists()
        return pyconv.load_model("out/model.npz").get_weights()

    once, again, other = weights(), weights("--seed", "0"), weights("--seed", "2")
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    assert not np.array_equal(once[0], other[0])


def test_optimizer_rate_and_batch_size_are_the_callers(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["--optimizer", "sgd", "--learning-rate", "0.05", "--batch-size", "10"]
    data = archive(in_folder / "own.npz")
    assert main(["train", "lenet_5", "--data", data, "--epochs", "1", "--out", "o", *own]) == 0
    assert "SGD 0.05, 1 epochs, batches of 10" in capsys.readouterr().out
    assert pyconv.load_model("o/model.npz").optimizer.learning_rate == 0.05
    assert main(["train", "lenet_5", "--data", data, "--epochs", "1", *own[:2]]) == 0
    assert "SGD 0.01, 1 epochs, batches of 128" in capsys.readouterr().out
    assert (in_folder / "pyconv-lenet_5" / "model.npz").exists()


def test_an_unknown_network_lists_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train", "resnet_9000"])
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert all(name in error for name in NETWORKS)


def test_an_unknown_network_is_answered_with_the_nearest_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["train", "mnist_conv"])
    assert "'mnist_conv'; did you mean mnist_convnet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("network", "loader", "way"),
    [
        ("small_convnet", "pyconv.datasets.mnist.load_data", "--data generated needs no download"),
        ("cifar_convnet", "pyconv.datasets.cifar10.load_data", "--data generated needs no"),
        ("gender_vgg16", "", "--base none begins with random weights"),
    ],
)
def test_what_cannot_be_downloaded_is_answered_with_what_needs_no_download(
    in_folder: Path,
    network: str,
    loader: str,
    way: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def unreachable(*given: Any, **named: Any) -> None:
        raise OSError("load_data: x.gz could not be downloaded")

    if not loader:
        known = dataclasses.replace(NETWORKS[network], build=unreachable)
        monkeypatch.setitem(NETWORKS, network, known)
    else:
        monkeypatch.setattr(loader, unreachable)
    assert main(["train", network]) == 1
    assert f"could not be downloaded; {way}" in capsys.readouterr().err


def test_small_pictures_get_a_border_and_bytes_become_shares() -> None:
    images = np.full((2, 28, 28), 255, np.uint8)
    inputs = as_inputs(images, (32, 32, 1))
    assert inputs.dtype == np.float32
    assert inputs.shape == (2, 32, 32, 1)
    assert inputs.sum() == 2 * 28 * 28
    assert (inputs[:, 2:-2, 2:-2] == 1).all()


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"x_train": np.zeros((50, 29, 28), np.uint8)}, "pictures are (29, 28, 1); the network"),
        ({"x_train": np.zeros((50, 28, 28, 3))}, "pictures are (28, 28, 3); the network takes"),
        ({"x_train": np.zeros((50, 784), np.uint8)}, "x_train is uint8 (50, 784); must be"),
        ({"x_train": np.zeros((0, 28, 28), np.uint8)}, "x_train is uint8 (0, 28, 28); must be"),
        ({"x_train": np.array([None])}, "Object arrays cannot be loaded"),
        ({"y_train": np.zeros(49, np.uint8)}, "y_train is uint8 (49,); must be integers (50,)"),
        ({"y_train": np.zeros(50)}, "y_train is float64 (50,); must be integers (50,)"),
        ({"y_train": np.full(50, 10)}, "10"),
        ({"x_train": np.full((50, 28, 28), np.nan)}, "a picture holds nan; must be a finite"),
        ({"x_train": np.full((50, 28, 28), 1e300)}, "a picture holds 1e+300; must be a finite"),
    ],
)
def test_wrong_archives_are_refused_in_one_line(
    in_folder: Path,
    capsys: pytest.CaptureFixture[str],
    members: dict[str, np.ndarray],
    message: str,
) -> None:
    data = archive(in_folder / "own.npz", **members)
    assert main(["train", "small_convnet", "--data", data, "--epochs", "1"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("pyconv train: ")
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "cifar"], "--data cifar; must be mnist, fashion_mnist, cifar10, generated"),
        (["--data", "nothing.npz"], "nothing.npz"),
        (["--data", "text.npz"], "text.npz: damaged .npz file"),
        (["--out", "text.npz"], "text.npz"),
        (["--out", "text.npz/below"], "text.npz"),
        ([*SMALL[2:], "--learning-rate", "nan"], "learning_rate=nan"),
        ([*SMALL[2:], "--learning-rate", "-1"], "learning_rate=-1"),
        ([*SMALL[2:], "--validation", "1"], "validation_split=1.0"),
        ([*SMALL[2:], "--seed", "-1"], "seed=-1"),
        ([*SMALL[2:], "--base", "none"], "--base none; small_convnet stands on no other network"),
        ([*SMALL[2:], "--start", "nothing.npz"], "nothing.npz"),
        ([*SMALL[2:], "--device", "gpu"], "device='gpu'"),
    ],
)
def test_wrong_options_are_refused_in_one_line(
    in_folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (in_folder / "text.npz").write_text("no archive")
    assert main(["train", "small_convnet", *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith("pyconv train: ")
    assert message in error
    assert not (in_folder / "pyconv-small_convnet" / "model.npz").exists()


def test_evaluate_refuses_what_is_no_classifier(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pyconv.Sequential([Input((4,)), Dense(2)]).save("dense.npz")
    (in_folder / "text.npz").write_text("no archive")
    two = pyconv.Sequential([Input((28, 28, 1)), pyconv.layers.Flatten(), Dense(2)])
    two.save("two.npz")
    data = archive(in_folder / "own.npz")
    for path, message in (
        ("absent.npz", "absent.npz"),
        ("text.npz", "text.npz"),
        ("dense.npz", "dense.npz: takes (None, 4) and gives (None, 2); must take (None, h, w, c)"),
        ("two.npz", "the model has 2 classes"),
    ):
        assert main(["evaluate", path, "--data", data]) == 1
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


def test_evaluate_knows_two_classes_of_one_unit(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = pyconv.Sequential(
        [Input((28, 28, 1)), pyconv.layers.Flatten(), Dense(1, activation="sigmoid")]
    )
    model.set_weights([np.zeros((784, 1), np.float32), np.array([2.0], np.float32)])
    model.save("one.npz")
    x = np.zeros((50, 28, 28), np.uint8)
    data = archive(in_folder / "own.npz", x_test=x, y_test=np.arange(50) % 2)
    assert main(["evaluate", "one.npz", "--data", data]) == 0
    out = capsys.readouterr().out
    assert "loss: 1.1269\naccuracy: 0.5000" in out  # (ln(1 + e^2) + ln(1 + e^-2)) / 2


def test_ctrl_c_leaves_the_model_of_the_last_whole_epoch(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = [*SMALL[:-1], "100000", "--out", str(out)]
    running = subprocess.Popen(
        [sys.executable, "-m", "pyconv", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        # A shell may have started the tests with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    limit = time.monotonic() + 60
    while not (out / "history.csv").exists() and time.monotonic() < limit:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    try:
        shown, error = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, error
    assert "Traceback" not in error
    stopped = re.search(r"^stopped after (\d+) whole epochs of 100000$", shown, re.MULTILINE)
    assert stopped is not None
    rows = (out / "history.csv").read_text().splitlines()
    assert len(rows) == 1 + int(stopped[1])
    assert pyconv.load_model(out / "model.npz").count_params() == 33_082
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
