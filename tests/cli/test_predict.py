# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv predict`: pictures of every kind become the model's input, and wrong ones are refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv.applications import DIGITS_FILE, digits
from pyconv.cli import main
from pyconv.cli.picture_files import read_picture
from pyconv.cli.picture_fit import fit_picture
from pyconv.datasets import generated_digits, mnist
from pyconv.layers import Dense, Flatten, Input

SHAPE = (28, 28, 1)


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, int]:
    """Return a digit (28, 28) uint8 that the model is sure of, and its label."""
    images, labels = generated_digits(50, 0)
    sure = digits().predict(images[..., None] / np.float32(255), verbose=0)
    best = int(sure[np.arange(50), labels].argmax())
    return images[best], int(labels[best])


def answers(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_the_digits_model_is_small_and_knows_mnist(data_folder: Callable[[str], Path]) -> None:
    assert DIGITS_FILE.stat().st_size <= 300_000
    _, (x, labels) = mnist.load_data(data_folder("mnist"))
    found = digits().predict(x[..., None] / np.float32(255), 500, verbose=0).argmax(axis=1)
    assert np.mean(found == labels) >= 0.985


def test_pictures_of_every_kind_show_the_same_digit(
    drawn: tuple[np.ndarray, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image_module = pytest.importorskip("PIL.Image")
    digit, label = drawn
    large = np.kron(digit, np.ones((7, 7), np.uint8))
    wide = np.pad(large, ((0, 0), (60, 60)))
    pictures = {
        "plain.png": image_module.fromarray(digit),
        "negative.png": image_module.fromarray(255 - digit),
        "large.jpg": image_module.fromarray(large),
        "colour.bmp": image_module.fromarray(255 - wide).convert("RGB"),
        "palette.gif": image_module.fromarray(wide).convert("P"),
        "deep.png": image_module.fromarray(digit.astype(np.uint16) * 257),
        "clear.png": image_module.fromarray(np.dstack([digit * 0] * 3 + [large[::7, ::7]])),
    }
    for name, picture in pictures.items():
        picture.save(tmp_path / name)
    np.save(tmp_path / "bytes.npy", digit)
    np.save(tmp_path / "floats.npy", digit[..., None] / 255)
    names = [str(tmp_path / name) for name in (*pictures, "bytes.npy", "floats.npy")]
    assert main(["predict", *names]) == 0
    rows = answers(capsys)
    assert [row[0] for row in rows] == names
    assert {row[1] for row in rows} == {str(label)}
    assert all(0.5 < float(row[2]) <= 1 for row in rows)


def test_a_picture_of_the_right_size_is_taken_as_it_is(drawn: tuple[np.ndarray, int]) -> None:
    picture = (drawn[0] / np.float32(255))[..., None]
    assert np.array_equal(fit_picture(picture, SHAPE), picture)


def test_every_new_pixel_is_the_mean_of_its_area() -> None:
    picture = np.zeros((56, 84, 1), np.float32)
    picture[10:40, 20:60] = np.random.default_rng(0).random((30, 40, 1))
    fitted = fit_picture(picture, SHAPE)
    framed = np.pad(picture, ((14, 14), (0, 0), (0, 0)))
    means = framed.reshape(28, 3, 28, 3).mean(axis=(1, 3))
    assert fitted[..., 0] == pytest.approx(means, abs=1e-6)


def test_constant_pictures_and_single_pixels_survive() -> None:
    for shape in ((1, 1, 1), (1, 5000, 1), (5000, 1, 3), (3, 29, 3)):
        fitted = fit_picture(np.full(shape, 0.25, np.float32), SHAPE)
        assert fitted.dtype == np.float32
        assert fitted == pytest.approx(np.full(SHAPE, 0.25), abs=1e-6)


def test_a_model_of_colours_gets_colours() -> None:
    colour = np.random.default_rng(0).random((8, 8, 3), np.float32)
    assert np.array_equal(fit_picture(colour, (8, 8, 3)), colour)
    grey = np.full((4, 4, 1), 0.5, np.float32)
    assert np.array_equal(fit_picture(grey, (2, 2, 3)), np.full((2, 2, 3), 0.5))
    with pytest.raises(ValueError, match=r"the model takes 4 channels; must be 1 or 3"):
        fit_picture(grey, (2, 2, 4))


def test_a_model_of_ones_own_names_its_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = pyconv.Sequential(
        [Input((2, 2, 1)), Flatten(), Dense(2, activation="softmax", kernel_initializer="ones")]
    )
    kernel = np.array([[5.0, 0.0]] * 4, np.float32)
    model.set_weights([kernel, np.array([0.0, 10.0], np.float32)])
    model.save(tmp_path / "own.npz")
    np.save(tmp_path / "dark.npy", np.full((2, 2), 0.25))
    command = ["predict", str(tmp_path / "own.npz"), str(tmp_path / "dark.npy")]
    assert main([*command, "--labels", "light,dark"]) == 0
    assert answers(capsys)[0][1:] == ["dark", "0.9933"]
    assert main([*command, "--labels", "light"]) == 1
    assert "--labels light: 1 names; the model has 2 classes" in capsys.readouterr().err


def test_one_unit_is_the_probability_of_the_second_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = pyconv.Sequential([Input((2, 2, 1)), Flatten(), Dense(1, activation="sigmoid")])
    model.set_weights([np.ones((4, 1), np.float32), np.array([-1.5], np.float32)])
    model.save(tmp_path / "own.npz")
    for value, name in ((0.25, "cat"), (0.5, "dog")):  # sigmoid(-0.5) and sigmoid(0.5)
        np.save(tmp_path / "flat.npy", np.full((2, 2), value))
        command = ["predict", str(tmp_path / "own.npz"), str(tmp_path / "flat.npy")]
        assert main([*command, "--labels", "cat,dog"]) == 0
        assert answers(capsys)[0][1:] == [name, "0.6225"]


def test_what_is_no_probability_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = pyconv.Sequential([Input((2, 2, 1)), Flatten(), Dense(2)])
    model.set_weights([np.ones((4, 2), np.float32), np.full(2, 3.5, np.float32)])
    model.save(tmp_path / "logits.npz")
    np.save(tmp_path / "dark.npy", np.zeros((2, 2)))
    assert main(["predict", str(tmp_path / "logits.npz"), str(tmp_path / "dark.npy")]) == 1
    error = capsys.readouterr().err
    assert error == (
        "pyconv predict: the model gives 3.5; must give probabilities, by a softmax or sigmoid at "
        "its end\n"
    )


ARRAYS: list[tuple[Any, str]] = [
    (np.zeros(4), "must be uint8 or float (h, w)"),
    (np.zeros((4, 4, 2)), "must be uint8 or float (h, w)"),
    (np.zeros((4, 4), np.int64), "must be uint8 or float (h, w)"),
    (np.zeros((0, 4)), "has 4 x 0 pixels; must be"),
    (np.full((4, 4), np.nan), "has values outside [0, 1]"),
    (np.full((4, 4), 255.0), "has values outside [0, 1]"),
    (np.array([[None]]), "must be uint8 or float (h, w)"),
]


@pytest.mark.parametrize(("array", "message"), ARRAYS)
def test_wrong_arrays_are_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], array: Any, message: str
) -> None:
    path = tmp_path / "wrong.npy"
    np.save(path, array)
    assert main(["predict", str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"pyconv predict: {path}: ")
    assert message in error


def test_a_header_larger_than_the_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bomb.npy"
    np.save(path, np.zeros((4, 4)))
    whole = path.read_bytes()
    for size in ("1048576", "99999999"):
        path.write_bytes(
            whole.replace(b"(4, 4), }" + b" " * len(size), f"({size}, {size}), }}".encode())
        )
        assert main(["predict", str(path)]) == 1
        assert "pixels; must be 1 to" in capsys.readouterr().err
    for size in range(0, len(whole), 5):
        path.write_bytes(whole[:size])
        assert main(["predict", str(path)]) == 1
        assert str(path) in capsys.readouterr().err


def test_damaged_pictures_are_refused_by_name(
    drawn: tuple[np.ndarray, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image_module = pytest.importorskip("PIL.Image")
    path = tmp_path / "cut.png"
    image_module.fromarray(drawn[0]).save(path)
    whole = path.read_bytes()
    for content in (b"", b"<html>", whole[:20], whole[: len(whole) // 2]):
        path.write_bytes(content)
        assert main(["predict", str(path)]) == 1
        assert f"{path}: " in capsys.readouterr().err
    for missing in (tmp_path / "absent.png", tmp_path):
        assert main(["predict", str(missing)]) == 1
        assert str(missing) in capsys.readouterr().err


def test_the_cameras_turn_is_undone_and_transparent_parts_are_white(tmp_path: Path) -> None:
    image_module = pytest.importorskip("PIL.Image")
    upright = np.zeros((8, 16), np.uint8)
    upright[:, :8] = 255
    turned = image_module.fromarray(np.rot90(upright))  # a camera held sideways
    exif = image_module.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(read_picture(str(tmp_path / "turned.png"))[..., 0] * 255, upright)
    clear = np.zeros((4, 4, 4), np.uint8)
    clear[:2, :, 3] = 255
    image_module.fromarray(clear).save(tmp_path / "clear.png")
    assert read_picture(str(tmp_path / "clear.png")).mean(axis=(1, 2)).tolist() == [0, 0, 1, 1]


def test_a_picture_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    image_module = pytest.importorskip("PIL.Image")
    path = tmp_path / "bomb.png"
    image_module.new("1", (12_000, 8_000)).save(path)
    with pytest.raises(ValueError, match=r"has 12000 x 8000 pixels"):
        read_picture(str(path))


def test_without_pillow_the_message_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert main(["predict", str(tmp_path / "some.png")]) == 1
    assert "pip install pillow" in capsys.readouterr().err


def test_a_model_without_pictures_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(DIGITS_FILE)]) == 1
    assert "no picture after the model" in capsys.readouterr().err
