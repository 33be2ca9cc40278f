# SPDX-License-Identifier: BSD-3-Clause
"""nvcc turns every kernel into code without spills, within its ceiling of registers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MMA = {"mma_conv2d", "mma_conv2d_backward_data", "mma_conv2d_backward_kernel", "mma_gemm"}
SOURCES = sorted((ROOT / "src_cuda").glob("*/*.cu"))
# One of each generation that matters, and the newest that the toolkit knows.
ARCHITECTURES = ("75", "80", "90", "newest")

# Registers a thread may use, by kernel and element type (f, d, or one of element.hpp). A product's
# block has 256 threads: up to 128 registers two blocks fit on a multiprocessor, up to 80 three do.
# Small blocks of tensor-core products have 128 threads. Products that read packs are held to what
# lets their blocks share one, whatever stands here.
CEILINGS = {
    ("activation_16bit_backward_kernel", ""): 64,
    ("activation_16bit_kernel", ""): 56,
    ("activation_backward_kernel", "f"): 48,
    ("activation_backward_kernel", "d"): 48,
    ("activation_kernel", "f"): 48,
    ("activation_kernel", "d"): 48,
    ("add_16bit_kernel", ""): 40,
    ("add_slices_kernel", "f"): 48,
    ("add_slices_kernel", "d"): 48,
    ("affine_sample_backward_kernel", "f"): 96,
    ("affine_sample_backward_kernel", "d"): 96,
    ("avg_pool2d_16bit_backward_kernel", ""): 80,
    ("avg_pool2d_16bit_kernel", ""): 96,
    ("avg_pool2d_backward_kernel", "f"): 64,
    ("avg_pool2d_backward_kernel", "d"): 64,
    ("avg_pool2d_kernel", "f"): 72,
    ("avg_pool2d_kernel", "d"): 72,
    ("best_pool2d_16bit_kernel", ""): 80,
    ("best_pool2d_kernel", "f"): 64,
    ("best_pool2d_kernel", "d"): 64,
    ("bias_gradient_kernel", ""): 64,
    ("col2im_kernel", "f"): 64,
    ("col2im_kernel", "d"): 64,
    ("column_sum_kernel", "f"): 64,
    ("column_sum_kernel", "d"): 64,
    ("conv2d_backward_data_kernel", "f"): 224,
    ("conv2d_backward_data_kernel", "d"): 192,
    ("conv2d_backward_kernel_kernel", "f"): 208,
    ("conv2d_backward_kernel_kernel", "d"): 192,
    ("conv2d_kernel", "f"): 208,
    ("conv2d_kernel", "d"): 192,
    ("convert_kernel", "f"): 16,
    ("convert_kernel", ""): 16,
    ("depthwise_conv2d_backward_data_kernel", ""): 80,
    ("depthwise_conv2d_backward_data_kernel", "f"): 80,
    ("depthwise_conv2d_backward_data_kernel", "d"): 80,
    ("depthwise_conv2d_backward_kernel_kernel", ""): 80,
    ("depthwise_conv2d_backward_kernel_kernel", "f"): 80,
    ("depthwise_conv2d_backward_kernel_kernel", "d"): 80,
    ("depthwise_conv2d_kernel", ""): 80,
    ("depthwise_conv2d_kernel", "f"): 80,
    ("depthwise_conv2d_kernel", "d"): 80,
    ("dropout_kernel", "f"): 48,
    ("dropout_kernel", "d"): 40,
    ("first_layer_conv2d_backward_kernel_kernel", "f"): 128,
    ("first_layer_conv2d_backward_kernel_kernel", "d"): 128,
    ("first_layer_conv2d_kernel", "f"): 128,
    ("first_layer_conv2d_kernel", "d"): 128,
    ("gemm_kernel", "f"): 208,
    ("gemm_kernel", "d"): 192,
    ("im2col_kernel", "f"): 40,
    ("im2col_kernel", "d"): 40,
    ("labels_check_kernel", ""): 16,
    ("local_response_norm_backward_kernel", "f"): 80,
    ("local_response_norm_backward_kernel", "d"): 80,
    ("local_response_norm_kernel", "f"): 64,
    ("local_response_norm_kernel", "d"): 64,
    ("master_step_kernel", ""): 48,
    ("max_pool2d_16bit_backward_kernel", ""): 80,
    ("max_pool2d_backward_kernel", "f"): 48,
    ("max_pool2d_backward_kernel", "d"): 48,
    ("max_pool2d_check_kernel", ""): 40,
    ("mma_add_slices_kernel", ""): 48,
    ("mma_conv2d_backward_data_kernel", ""): 232,
    ("mma_conv2d_backward_kernel_kernel", ""): 184,
    ("mma_conv2d_kernel", ""): 216,
    ("mma_gemm_kernel", ""): 224,
    ("norm_statistics_kernel", ""): 64,
    ("norm_statistics_kernel", "f"): 64,
    ("norm_statistics_kernel", "d"): 64,
    ("normalize_backward_kernel", ""): 64,
    ("normalize_backward_kernel", "f"): 64,
    ("normalize_backward_kernel", "d"): 64,
    ("normalize_kernel", ""): 64,
    ("normalize_kernel", "f"): 64,
    ("normalize_kernel", "d"): 64,
    ("normalize_scale_backward_kernel", ""): 64,
    ("normalize_scale_backward_kernel", "f"): 64,
    ("normalize_scale_backward_kernel", "d"): 64,
    ("optimizer_step_kernel", "f"): 64,
    ("optimizer_step_kernel", "d"): 64,
    ("reference_conv2d_backward_bias_kernel", "f"): 48,
    ("reference_conv2d_backward_bias_kernel", "d"): 48,
    ("reference_conv2d_backward_data_kernel", "f"): 80,
    ("reference_conv2d_backward_data_kernel", "d"): 80,
    ("reference_conv2d_backward_kernel_kernel", "f"): 64,
    ("reference_conv2d_backward_kernel_kernel", "d"): 64,
    ("reference_conv2d_kernel", "f"): 80,
    ("reference_conv2d_kernel", "d"): 80,
    ("resize_backward_kernel", "f"): 96,
    ("resize_backward_kernel", "d"): 96,
    ("sample2d_kernel", "f"): 96,
    ("sample2d_kernel", "d"): 96,
    ("sigmoid_cross_entropy_backward_kernel", "f"): 32,
    ("sigmoid_cross_entropy_backward_kernel", "d"): 40,
    ("sigmoid_cross_entropy_kernel", "f"): 32,
    ("sigmoid_cross_entropy_kernel", "d"): 40,
    ("softmax_16bit_backward_kernel", ""): 64,
    ("softmax_16bit_kernel", ""): 64,
    ("softmax_backward_kernel", "f"): 64,
    ("softmax_backward_kernel", "d"): 64,
    ("softmax_cross_entropy_backward_kernel", "f"): 40,
    ("softmax_cross_entropy_backward_kernel", "d"): 40,
    ("softmax_cross_entropy_kernel", "f"): 64,
    ("softmax_cross_entropy_kernel", "d"): 64,
    ("softmax_kernel", "f"): 64,
    ("softmax_kernel", "d"): 64,
    ("transpose_kernel", ""): 80,
    ("unscale_kernel", ""): 24,
    ("wrapper_kernel", ""): 48,
}
# Two blocks of 256 threads share a multiprocessor, where it has the memory.
LARGE_MMA_BLOCK = "MmaBlockILi128"
LARGE_MMA_CEILING = 128
KERNEL = re.compile(r"_ZN6pyconv(?:7certify)?\d+([a-z0-9_]+_kernel)I([fd]?)")

# The widths of an operand's reads, and the sums of a thread.
WIDTH = re.compile(r"(?:Matrix|Windows)If(?:Lb[01]E)+Li(\d)E")
# 64 sums whose blocks have a multiprocessor alone: see kResidentBlocks and kRoomyBlocks.
LINES_ALONG_MEMORY = re.compile(r"MatrixIfLb0ELi4EEES\d_E")
ROOMY = ("conv2d_kernel", "conv2d_backward_kernel_kernel")
SUMS = re.compile(r"TileBlockILi(\d)ELi(\d)E")

pytestmark = pytest.mark.gates


@pytest.fixture(scope="session")
def nvcc() -> str:
    found = shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
    if found is None:
        pytest.skip("no nvcc: kernels are not compiled for any GPU here")
    return found


@cache
def architecture_of(name: str, nvcc: str) -> str:
    if name != "newest":
        return name
    listed = subprocess.run(
        [nvcc, "--list-gpu-arch"], check=True, capture_output=True, text=True
    ).stdout
    return str(max(int(number) for number in re.findall(r"compute_(\d+)", listed)))


def resources(log: str) -> dict[str, tuple[int, int, int]]:
    """Return registers, bytes of stack, bytes of spills by kernel, from ptxas' report."""
    found = {}
    for part in log.split("Compiling entry function ")[1:]:
        # Of the kernel itself, and of functions it calls.
        stack = sum(int(size) for size in re.findall(r"(\d+) bytes stack frame", part))
        spilled = sum(int(size) for size in re.findall(r"(\d+) bytes spill", part))
        registers = int(re.findall(r"Used (\d+) registers", part)[0])
        found[part.split("'")[1]] = (registers, stack, spilled)
    return found


def ceiling_of(name: str) -> int:
    kernel = KERNEL.match(name)
    assert kernel is not None, f"{name} is not a kernel template of pyconv"
    widths, sums = WIDTH.findall(name), SUMS.search(name)
    small = sums is not None and sums.groups() != ("8", "8")
    roomy = kernel[1] in ROOMY or LINES_ALONG_MEMORY.search(name) is not None
    if sums and widths and "1" not in widths and (small or not roomy):
        return 128
    return CEILINGS[kernel[1], kernel[2]]


Run = subprocess.CompletedProcess[str]


def compiled(nvcc: str, folder: Path, source: Path, target: str) -> Run:
    command = [nvcc, "-std=c++17", "-cubin", f"-arch={target}", "-Xptxas", "-v"]
    paths = ["-I", str(ROOT / "src_cuda"), "-I", str(ROOT / "src_cpp")]
    cubin = folder / f"{source.stem}.{target}.cubin"
    return subprocess.run(
        [*command, *paths, str(source), "-o", str(cubin)], capture_output=True, text=True
    )


@pytest.fixture(scope="session")
def compilations(
    nvcc: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[tuple[str, Path], Future[Run]]]:
    """All that the chosen tests ask for, begun in their order on all processors."""
    folder = tmp_path_factory.mktemp("cubins")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        begun = {}
        for item in request.session.items:
            asked = getattr(getattr(item, "callspec", None), "params", {})
            if "architecture" in asked:
                target = f"sm_{architecture_of(asked['architecture'], nvcc)}"
                key = asked["architecture"], asked["source"]
                begun[key] = pool.submit(compiled, nvcc, folder, asked["source"], target)
        yield begun
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_spills_and_registers_within_the_ceiling(
    nvcc: str,
    compilations: dict[tuple[str, Path], Future[Run]],
    architecture: str,
    source: Path,
) -> None:
    target = f"sm_{architecture_of(architecture, nvcc)}"
    run = compilations[architecture, source].result()
    assert run.returncode == 0, run.stderr
    assert "warning" not in run.stderr, run.stderr
    for name, (registers, stack, spilled) in resources(run.stderr).items():
        assert (stack, spilled) == (0, 0), f"{name} on {target}"
        assert registers <= ceiling_of(name), f"{name} on {target}: {registers}"
        if LARGE_MMA_BLOCK in name and target != "sm_75":
            assert registers <= LARGE_MMA_CEILING, f"{name} on {target}: {registers}"


@pytest.mark.parametrize("source", [s for s in SOURCES if s.stem in MMA], ids=lambda s: s.stem)
def test_tensor_cores_compute_the_products(nvcc: str, tmp_path: Path, source: Path) -> None:
    dump = shutil.which("cuobjdump") or shutil.which("cuobjdump", path="/usr/local/cuda/bin")
    if dump is None:
        pytest.skip("no cuobjdump: instructions are not read")
    cubin = tmp_path / "kernels.cubin"
    paths = ["-I", str(ROOT / "src_cuda"), "-I", str(ROOT / "src_cpp")]
    command = [nvcc, "-std=c++17", "-cubin", "-arch=sm_80", *paths, str(source), "-o", str(cubin)]
    subprocess.run(command, check=True, capture_output=True)
    listed = subprocess.run([dump, "-sass", str(cubin)], check=True, capture_output=True, text=True)
    for part in listed.stdout.split("Function : ")[1:]:
        name = part.split()[0]
        if not name.startswith("_ZN6pyconv") or "add_slices" in name:
            continue
        assert "HMMA" in part, name
        assert not re.search(r"\b(LDL|STL)\b", part), name
        if "Li16EEE" in name:  # 16 bytes at a time
            assert "LDGSTS.E.BYPASS.128" in part, name


def test_report_of_a_spill_is_read() -> None:
    log = (
        "ptxas info    : Compiling entry function '_ZN6pyconv11gemm_kernelIfLb1EEEvi' for 'sm_75'\n"
        "ptxas info    : Function properties for _ZN6pyconv11gemm_kernelIfLb1EEEvi\n"
        "    8 bytes stack frame, 8 bytes spill stores, 20 bytes spill loads\n"
        "ptxas info    : Used 64 registers, used 1 barriers\n"
    )
    assert resources(log) == {"_ZN6pyconv11gemm_kernelIfLb1EEEvi": (64, 8, 28)}


def test_every_kernel_has_a_ceiling() -> None:
    text = "".join(path.read_text() for path in (ROOT / "src_cuda").glob("*/*.cuh"))
    kernels = set(re.findall(r"__global__[^;{]*?\b([a-z0-9_]+_kernel)\(", text))
    assert {name for name, _ in CEILINGS} == kernels
