# SPDX-License-Identifier: BSD-3-Clause
"""What the compiler made of each instruction set's kernels: read from the object files."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ISAS = ("scalar", "avx2", "avx512")
# What every object may export: its table of functions.
TABLE = "pyconv::{isa}_kernels"


def object_files(pattern: str) -> list[Path]:
    found = sorted(ROOT.glob(f"build/*/CMakeFiles/**/{pattern}.cpp.o"))
    sanitized = [path for path in found if "sanitize" in path.parts]
    return [path for path in found if path not in sanitized]


def newest(pattern: str) -> Path:
    found = object_files(pattern)
    if not found:
        pytest.skip("no object files here: the package was not built from this checkout")
    return max(found, key=lambda path: path.stat().st_mtime)


def run(tool: str, *arguments: str) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    return subprocess.run([tool, *arguments], capture_output=True, text=True, check=True).stdout


@dataclass
class Loop:
    """A loop: from the target of a backward jump to the jump."""

    function: str
    lines: list[str]

    def count(self, pattern: str) -> int:
        return sum(re.search(pattern, line) is not None for line in self.lines)


def functions_of(path: Path) -> dict[str, list[tuple[int, str]]]:
    functions: dict[str, list[tuple[int, str]]] = {}
    current: list[tuple[int, str]] = []
    for line in run("objdump", "-dC", "--no-show-raw-insn", str(path)).splitlines():
        if header := re.match(r"^[0-9a-f]+ <(.*)>:$", line):
            current = functions.setdefault(header[1], [])
        elif code := re.match(r"^\s+([0-9a-f]+):\s+(.*)$", line):
            current.append((int(code[1], 16), code[2]))
    return functions


def loops_of(function: str, code: list[tuple[int, str]]) -> list[Loop]:
    """Return what lies between each backward jump and its target."""
    index = {address: i for i, (address, _) in enumerate(code)}
    loops = []
    for i, (_, text) in enumerate(code):
        jump = re.match(r"j\w+\s+([0-9a-f]+)\b", text)
        start = index.get(int(jump[1], 16)) if jump else None
        if start is not None and start <= i:
            loops.append(Loop(function, [line for _, line in code[start : i + 1]]))
    return loops


def tile_loops(isa: str) -> dict[str, Loop]:
    """Return the loop over k of every register tile, by its demangled name."""
    loops = {}
    for name, code in functions_of(newest(f"isa/{isa}")).items():
        if tile := re.search(r"Tile<\w+, \d+, \d+>::(\w+_gemm_tile|multiply<\w+>)", name):
            if code[0][1].startswith("jmp"):
                continue  # the tile is the function it jumps to
            found = [loop for loop in loops_of(name, code) if loop.count("fmadd")]
            assert found, f"{tile[0]} has no loop of multiply-adds"
            # The innermost one.
            loops[tile[0]] = min(found, key=lambda loop: len(loop.lines))
    assert len(loops) > 40, f"register tiles are missing from isa/{isa}"
    return loops


@pytest.mark.parametrize("isa", ISAS)
def test_each_instruction_set_exports_its_table_and_nothing_else(isa: str) -> None:
    lines = run("nm", "-C", "--defined-only", str(newest(f"isa/{isa}"))).splitlines()
    exported = [line.split(maxsplit=2) for line in lines]
    visible = [(kind, name) for _, kind, name in exported if kind.isupper() or kind in "vwu"]
    assert [name for _, name in visible] == [TABLE.format(isa=isa)]
    assert not [kind for kind, _ in visible if kind in "vVwWu"], "weak symbols may win the link"


@pytest.mark.parametrize("isa", ["avx2", "avx512"])
def test_hot_loops_never_touch_the_stack(isa: str) -> None:
    for tile, loop in tile_loops(isa).items():
        touching = [line for line in loop.lines if re.search(r"\(%[re]?(sp|bp)\b|%[re]sp", line)]
        assert not touching, f"{tile}: {touching}"


@pytest.mark.parametrize("isa", ["avx2", "avx512"])
def test_hot_loops_hold_one_multiply_add_per_element_of_the_tile(isa: str) -> None:
    for tile, loop in tile_loops(isa).items():
        rows, vectors = (int(size) for size in re.findall(r", (\d+)", tile))
        # The compiler may unroll the loop over k.
        assert loop.count("fmadd") % (rows * vectors) == 0, tile
        assert loop.count("fmadd") > 0, tile


def test_baseline_code_holds_no_wide_registers() -> None:
    baseline = [
        path
        for path in object_files("*")
        if "_core.dir" in str(path) or path.name == "scalar.cpp.o"
    ]
    if not baseline:
        pytest.skip("no object files here: the package was not built from this checkout")
    for path in baseline:
        wide = re.search(r"%[yz]mm\d+", run("objdump", "-d", "--no-show-raw-insn", str(path)))
        assert wide is None, f"{path.name} uses {wide and wide[0]}"
