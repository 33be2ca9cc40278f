# SPDX-License-Identifier: BSD-3-Clause
"""_cuda serves every kernel of _core under the same name with the same arguments and a stream."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import pyconv

STUBS = Path(pyconv.__file__).parent
# What only a CPU needs: its arena, threads and instruction sets; one pass less over large arrays.
CORE_ONLY = {
    "address",
    "conv2d_max_pool2d",
    "conv2d_max_pool2d_backward",
    "conv2d_prepare",
    "conv2d_prepared_size",
    "conv2d_add_backward_data",
    "conv2d_residual",
    "cpu_name",
    "empty",
    "flush_denormals",
    "isa",
    "isas",
    "memory_info",
    "normalize_to_end",
    "normalize_to_end_backward",
    "num_threads",
    "program",
    "remembered",
    "resize_bytes",
    "run_lanes",
    "separable_conv2d",
    "set_flush_denormals",
    "set_num_threads",
    "transpose_images",
    "trim_memory",
}
# What only a GPU needs.
CUDA_ONLY = {
    "architectures",
    "compute_capability",
    "convert",
    "device_count",
    "device_name",
    "driver_version",
    "runtime_version",
    "synchronize",
    "unscale",
}


def signatures(stub: str) -> dict[str, list[str]]:
    """Return the argument names of every public function of a stub."""
    tree = ast.parse((STUBS / stub).read_text())
    return {
        node.name: [a.arg for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


def test_both_modules_serve_the_same_kernels() -> None:
    core, cuda = signatures("_core.pyi"), signatures("_cuda.pyi")
    assert core.keys() - CORE_ONLY == cuda.keys() - CUDA_ONLY
    assert core.keys() >= CORE_ONLY
    assert cuda.keys() >= CUDA_ONLY


def test_arguments_differ_by_the_trailing_stream_alone() -> None:
    core, cuda = signatures("_core.pyi"), signatures("_cuda.pyi")
    for name in core.keys() - CORE_ONLY:
        assert cuda[name] == [*core[name], "stream"], name


def test_built_module_has_the_stub_s_signatures(simt_module: ModuleType) -> None:
    for name, arguments in signatures("_cuda.pyi").items():
        text = getattr(simt_module, name).__doc__.splitlines()[0]
        shown = text[text.index("(") + 1 : text.rindex(") ->")]
        assert [a.split(":")[0].strip() for a in shown.split(",") if a] == arguments, text


@pytest.mark.parametrize("name", sorted(signatures("_cuda.pyi")))
def test_binding_says_in_one_line_what_it_does(simt_module: ModuleType, name: str) -> None:
    lines = inspect.getdoc(getattr(simt_module, name))
    assert lines is not None
    assert len(lines.strip().splitlines()) == 3, lines  # signature, empty line, one line
