# SPDX-License-Identifier: BSD-3-Clause
"""Pickles of parameters that call, name or ask for what they must not are refused."""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_net import DTYPE, Params, refused


class Calls:
    """Pickles to a call of any function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


HARMFUL: dict[str, Callable[[Path], object]] = {
    "os.system": lambda path: Calls(os.system, f"touch {path}"),
    "subprocess": lambda path: Calls(subprocess.check_call, ["touch", str(path)]),
    "eval": lambda path: Calls(eval, f"open({str(path)!r}, 'w')"),
    "exec": lambda path: Calls(exec, f"open({str(path)!r}, 'w')"),
    "open": lambda path: Calls(open, str(path), "w"),
    "getattr": lambda path: Calls(getattr, "", "join"),
    "import": lambda path: Calls(__import__, "this"),
    "numpy load": lambda path: Calls(np.load, str(path)),
    "numpy save": lambda path: Calls(np.save, str(path), [1]),
    "numpy ndarray": lambda path: Calls(np.ndarray, (2**40,)),
    "numpy zeros": lambda path: Calls(np.zeros, 2**40),
    "pickle": lambda path: Calls(pickle.loads, pickle.dumps(1)),
    "class": lambda path: Calls,
    "object": lambda path: Path(path),
}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", HARMFUL)
def test_a_pickle_that_calls_anything_is_refused(
    name: str, protocol: int, params: Params, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    for content in (
        HARMFUL[name](touched),
        {"W1": HARMFUL[name](touched)},
        {**params, "extra": HARMFUL[name](touched)},
        {HARMFUL[name](touched): 1, **params},
    ):
        path = tmp_path / "params.pkl"
        path.write_bytes(pickle.dumps(content, protocol))
        refused(path)
        assert not touched.exists()


def test_stack_instructions_that_name_modules_are_refused(tmp_path: Path) -> None:
    touched, path = tmp_path / "touched", tmp_path / "params.pkl"
    command = f"touch {touched}".encode()
    for program in (
        b"\x80\x03cos\nsystem\nX" + struct.pack("<I", len(command)) + command + b"\x85R.",
        b"\x80\x03(X" + struct.pack("<I", len(command)) + command + b"ios\nsystem\n.",
        b"\x80\x03(cos\nsystem\nX" + struct.pack("<I", len(command)) + command + b"o.",
        b"\x80\x04\x8c\x05numpy\x8c\x12ndarray.__class__.x\x93.",
        b"\x80\x04\x8c\x05numpy\x8c\x0dndarray.dumps\x93.",
        b"\x80\x03cbuiltins\nexec\n.",
        b"\x80\x03cnumpy\nndarray\n(tR.",
        b"\x80\x03cnumpy\nndarray\n)\x81.",
        b"\x80\x03cnumpy\nndarray\n}b.",
        b"\x80\x03cnumpy\ndtype\nX\x01\x00\x00\x00O\x85R.",
        b"\x80\x03Pname\n.",
        b"\x80\x03X\x01\x00\x00\x00aQ.",
        b"\x80\x03\x82\x01.",
        b"\x80\x05\x97.",
        b"\x80\x03\x80\x63.",
        b"\x80\x63.",
    ):
        path.write_bytes(program)
        refused(path)
        assert not touched.exists()


def test_memory_that_a_pickle_asks_for_is_not_taken(tmp_path: Path) -> None:
    path, huge = tmp_path / "params.pkl", 2**62
    for program in (
        b"\x80\x04\x8e" + struct.pack("<Q", huge) + b"a.",
        b"\x80\x05\x96" + struct.pack("<Q", huge) + b"a.",
        b"\x80\x04\x95" + struct.pack("<Q", huge) + b"N.",
        b"\x80\x03X" + struct.pack("<I", 2**32 - 1) + b"a.",
        b"\x80\x03Nr" + struct.pack("<I", 2**32 - 1) + b".",
        b"\x80\x03\x8b" + struct.pack("<i", 2**31 - 1) + b"\x01.",
    ):
        path.write_bytes(program)
        refused(path)


def test_arrays_that_share_their_bytes_do_not_multiply_them(tmp_path: Path) -> None:
    content = b"\0" * 80_000

    class Array:
        def __reduce__(self) -> Any:
            from numpy._core.multiarray import _reconstruct

            return _reconstruct, (np.ndarray, (0,), b"b"), (1, (10_000,), DTYPE, False, content)

    (tmp_path / "p.pkl").write_bytes(pickle.dumps({f"W{i}": Array() for i in range(50)}, 4))
    assert (tmp_path / "p.pkl").stat().st_size < 100_000
    refused(tmp_path / "p.pkl", "arrays share their numbers")


STATES = [
    (1, (2**40, 2**40), "f8", False, b""),
    (1, (3,), "f8", False, b"\0" * 16),
    (1, (-1,), "f8", False, b""),
    (1, (1.0,), "f8", False, b"\0" * 8),
    (1, (True,), "f8", False, b"\0" * 8),
    (1, [1], "f8", False, b"\0" * 8),
    (1, (0,) * 33, "f8", False, b""),
    (1, (1,), "f8", False, [1.0]),
    (2, (1,), "f8", False, b"\0" * 8),
    (1, (1,), None, False, b"\0" * 8),
    (1,),
]


@pytest.mark.parametrize("state", STATES, ids=range(len(STATES)))
def test_arrays_whose_parts_do_not_fit_are_refused(state: Any, tmp_path: Path) -> None:
    class Array:
        def __reduce__(self) -> Any:
            from numpy._core.multiarray import _reconstruct

            parts = tuple(np.dtype(p) if p == "f8" else p for p in state)
            return _reconstruct, (np.ndarray, (0,), b"b"), parts

    (tmp_path / "p.pkl").write_bytes(pickle.dumps({"W1": Array()}, 4))
    refused(tmp_path / "p.pkl", "only NumPy arrays are read")


@pytest.mark.parametrize("kind", [object, "U3", "S3", "M8[s]", "c16", [("a", "f8")], "V8"])
def test_arrays_of_other_kinds_are_refused(kind: Any, tmp_path: Path) -> None:
    (tmp_path / "p.pkl").write_bytes(pickle.dumps({"W1": np.zeros(2, kind)}, 4))
    refused(tmp_path / "p.pkl")
