# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv info` says what is here and imports no extra for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pyconv
from pyconv import _core
from pyconv.cli import COMMANDS, main


@pytest.mark.filterwarnings("default:PYCONV_DATA=./nowhere. is no folder")
def test_info_shows_version_processor_threads_and_extras(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYCONV_DATA", "/nowhere")
    assert main(["info"]) == 0
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert shown["pyconv"].startswith(pyconv.__version__)
    assert shown["cpu"] == _core.cpu_name()
    assert shown["isa"].startswith(_core.isa())
    assert all(name in shown["isa"] for name in _core.isas())
    assert shown["threads"] == str(_core.num_threads())
    assert "built" in shown["cuda"]
    assert "PYCONV_DATA=/nowhere" in shown["settings"]
    assert {"numpy", "python", "matplotlib", "h5py", "pillow", "cupy"} <= set(shown)
    assert {"mnist", "fashion-mnist", "cifar-10"} <= set(shown)


def test_a_missing_extra_comes_with_its_pip_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.metadata

    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert "pip install h5py" in out
    assert "pip install matplotlib" in out


def test_info_imports_no_extra() -> None:
    program = (
        "import sys; from pyconv.cli import main; main(['info']); "
        "sys.exit(bool({'matplotlib', 'h5py', 'PIL', 'cupy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["demo", "--epochs", "0"]])
def test_wrong_commands_end_with_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: pyconv" in capsys.readouterr().err


def test_the_command_alone_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    shown = capsys.readouterr().err
    assert all(f"    {name} " in shown for name in COMMANDS)
