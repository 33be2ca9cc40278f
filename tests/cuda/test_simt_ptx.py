# SPDX-License-Identifier: BSD-3-Clause
"""The host models of special instructions: what they move and compute, and what they refuse."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

# The kernel, and what the error must say.
FAULTS = {
    "copy_never_waited": r"read before the wait for its cp.async: shared memory at byte \d+",
    "copy_waits_for_older": r"read before the wait for its cp.async: shared memory at byte \d+",
    "copy_not_committed": r"read before the wait for its cp.async: shared memory at byte \d+",
    "copy_no_barrier": r"(race on|read before the wait for its cp.async:) shared memory at byte",
    "copy_over_reader": r"(race on|read before the wait for its cp.async:) shared memory at byte",
    "copy_left": r"left the kernel without waiting for its cp.async",
    "copy_misaligned_source": r"cp.async of 8 bytes from a misaligned address, in\[\d+\]",
    "copy_misaligned_destination": r"cp.async of 16 bytes to byte \d+ .*: misaligned",
    "copy_out_of_bounds": r"read of in\[64\], which has 64 elements",
    "ldmatrix_misaligned": r"ldmatrix: row 0 of matrix 0 begins at byte 4: misaligned",
    "ldmatrix_uninitialised": r"read of uninitialised shared memory at byte \d+",
    "ldmatrix_no_barrier": r"(race on|read of uninitialised) shared memory at byte \d+",
    "ldmatrix_divergent": r"waits at ldmatrix .* at ldmatrix .*: divergent barrier",
    "ldmatrix_partial": r"thread (7|39) has left the kernel: partial barrier",
    "mma_divergent": r"waits at mma .* at mma .*: divergent barrier",
    "mma_unrounded": r"mma: an operand has more bits than tf32",
}
EVERY_HALF = np.arange(2**16, dtype=np.uint16)
# By the type's code: elements of 16 bits or words in a row of A.
DEPTHS = {0: 16, 1: 16, 2: 8, 3: 8}


@pytest.mark.parametrize("fault", FAULTS)
def test_misuse_is_found_and_named(simt: ModuleType, fault: str) -> None:
    with pytest.raises(RuntimeError, match=FAULTS[fault]):
        simt.run_ptx_self_test(fault)


def test_copies_appear_at_their_wait(simt: ModuleType) -> None:
    assert simt.run_ptx_self_test("copy") == list(range(63, -1, -1))
    assert simt.run_ptx_self_test("copy_zeros") == [i if i % 2 == 0 else 0 for i in range(64)]
    assert simt.run_ptx_self_test("copy_groups") == [2 * i for i in range(64)]
    assert simt.run_ptx_self_test("copy_wide") == list(range(64))


def test_every_kernel_of_the_models_is_tested(simt_module: ModuleType) -> None:
    clean = ["copy", "copy_zeros", "copy_groups", "copy_wide"]
    assert sorted([*FAULTS, *clean]) == simt_module.ptx_self_tests()


def convert(simt: ModuleType, kind: str, x: Any, dtype: Any) -> Any:
    x = np.ascontiguousarray(x)
    y = np.empty(x.size, dtype)
    simt.ptx_convert(kind, x.ctypes.data, y.ctypes.data, x.size)
    return y


def test_every_float16_becomes_float32_exactly(simt_module: ModuleType) -> None:
    found = convert(simt_module, "from_float16", EVERY_HALF, np.float32)
    wanted = EVERY_HALF.view(np.float16).astype(np.float32)
    numbers = ~np.isnan(wanted)
    np.testing.assert_array_equal(found.view(np.uint32)[numbers], wanted.view(np.uint32)[numbers])
    assert np.isnan(found[~numbers]).all()


def test_every_bfloat16_is_the_upper_half_of_a_float32(simt_module: ModuleType) -> None:
    found = convert(simt_module, "from_bfloat16", EVERY_HALF, np.float32)
    np.testing.assert_array_equal(found.view(np.uint32), EVERY_HALF.astype(np.uint32) << 16)


def hostile_floats() -> Any:
    """Return every half, its neighbours, the points midway to the next one, and random bits."""
    halves = EVERY_HALF.view(np.float16)
    with np.errstate(invalid="ignore"):
        exact = halves[np.isfinite(halves)].astype(np.float32)
        middle = (exact[:-1].astype(np.float64) + exact[1:]) / 2
    middle = middle.astype(np.float32)
    upper = EVERY_HALF.astype(np.uint32) << 16
    tops = np.concatenate([upper, upper + 0x8000, upper + 0x7FFF, upper + 0x8001])
    fine = np.concatenate([upper + 0x1000, upper + 0x0FFF, upper + 0x1001, upper + 0x3000])
    noise = np.random.default_rng(1).integers(0, 2**32, 1 << 18, dtype=np.uint32)
    bits = np.concatenate([tops, fine, noise]).astype(np.uint32)
    near = [np.nextafter(a, np.float32(s)) for a in (exact, middle) for s in (-np.inf, np.inf)]
    edges = np.array([65519.996, 65520, 2.0**-25, 2.0**-24, 3e38, 3.4e38], np.float32)
    parts = [bits.view(np.float32), exact, middle, *near, edges, -edges]
    return np.concatenate(parts)[: 2 * (sum(p.size for p in parts) // 2)]


def test_float32_becomes_float16_as_in_numpy(simt_module: ModuleType) -> None:
    x = hostile_floats()
    found = convert(simt_module, "float16", x, np.uint16)
    with np.errstate(over="ignore", invalid="ignore"):
        wanted = x.astype(np.float16).view(np.uint16)
    np.testing.assert_array_equal(found[~np.isnan(x)], wanted[~np.isnan(x)])
    assert (found[np.isnan(x)] == 0x7FFF).all()


def nearest(x: Any, dropped: int, *, ties_to_even: bool) -> Any:
    """Round float32 by whole numbers: to multiples of 2**dropped of its bits."""
    size = x.view(np.uint32).astype(np.int64) & 0x7FFFFFFF
    step = 1 << dropped
    below, rest = size // step * step, size % step
    up = (rest > step // 2) | (
        (rest == step // 2) & ((below // step % 2 == 1) if ties_to_even else True)
    )
    sign = x.view(np.uint32).astype(np.int64) & 0x80000000
    return (below + up * step) | sign


def test_float32_becomes_bfloat16_and_tf32_to_the_nearest(simt_module: ModuleType) -> None:
    x = hostile_floats()
    numbers = ~np.isnan(x)
    found = convert(simt_module, "bfloat16", x, np.uint16)
    wanted = nearest(x, 16, ties_to_even=True) >> 16
    np.testing.assert_array_equal(found[numbers], wanted[numbers])
    assert (found[~numbers] == 0x7FFF).all()
    found = convert(simt_module, "tf32", x, np.uint32)
    wanted = nearest(x, 13, ties_to_even=False)
    np.testing.assert_array_equal(found[numbers], wanted[numbers])
    assert (found[~numbers] == 0x7FFFFFFF).all()


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_ldmatrix_deals_rows_or_columns_to_lanes(
    simt: ModuleType, count: int, transposed: bool
) -> None:
    rng = np.random.default_rng(count)
    memory = rng.integers(0, 2**32, 512, dtype=np.uint32)
    rows = (rng.permutation(128)[:32] * 4).astype(np.int32)
    out = np.empty((32, count), np.uint32)
    simt.ptx_ldmatrix(count, transposed, *(a.ctypes.data for a in (memory, rows, out)))
    halves = memory.view(np.uint16)
    for matrix in range(count):
        elements = np.stack([halves[2 * rows[matrix * 8 + r] :][:8] for r in range(8)])
        wanted = (elements.T if transposed else elements).reshape(32, 2)
        np.testing.assert_array_equal(out[:, matrix].copy().view(np.uint16).reshape(32, 2), wanted)


def bits_of(kind: int, x: Any) -> Any:
    """Return the words of a row-major matrix of float32 that the type holds exactly."""
    if kind == 2:
        return x.view(np.uint32)
    narrow = x.astype(np.float16).view(np.uint16) if kind != 1 else x.view(np.uint32) >> 16
    return np.ascontiguousarray(narrow.astype(np.uint16)).view(np.uint32)


def multiply(simt: ModuleType, kind: int, a: Any, b: Any, c: Any) -> Any:
    """Return c + a b by one mma; a is (16, k), b (k, 8), c (16, 8)."""
    g, t = np.divmod(np.arange(32), 4)
    words_a, words_b = bits_of(kind, a), bits_of(kind, np.ascontiguousarray(b.T))
    last = min(4, words_a.shape[1] - 4)  # the second half of the words, if there is one
    columns = [t, t, t + last, t + last]
    fragments_a = np.stack([words_a[g + 8 * (i % 2), columns[i]] for i in range(4)], 1)
    fragments_b = np.stack([words_b[g, t], words_b[g, t + last]], 1)
    places = [(g + i // 2 * 8, 2 * t + i % 2) for i in range(4)]
    d = np.ascontiguousarray(np.stack([c[place] for place in places], 1))
    fragments = (np.ascontiguousarray(fragments_a), np.ascontiguousarray(fragments_b), d)
    simt.ptx_mma(kind, *(array.ctypes.data for array in fragments))
    out = np.empty_like(c)
    for i, place in enumerate(places):
        out[place] = d[:, i]
    return out


@pytest.mark.parametrize("kind", DEPTHS, ids=["f16", "bf16", "tf32", "f16 k8"])
def test_mma_is_a_plain_product_on_integers(simt: ModuleType, kind: int) -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        largest = 2 ** int(rng.integers(1, 9))  # bfloat16 holds whole numbers up to 256
        shapes = (16, DEPTHS[kind]), (DEPTHS[kind], 8), (16, 8)
        a, b, c = (rng.integers(-largest, largest + 1, s).astype(np.float32) for s in shapes)
        np.testing.assert_array_equal(multiply(simt, kind, a, b, c), a @ b + c)


@pytest.mark.parametrize("kind", DEPTHS, ids=["f16", "bf16", "tf32", "f16 k8"])
def test_mma_multiplies_subnormals_infinities_and_nan(simt: ModuleType, kind: int) -> None:
    a = np.zeros((16, DEPTHS[kind]), np.float32)
    b = np.zeros((DEPTHS[kind], 8), np.float32)
    a[0, 0], b[0, 0] = 2.0**-24, 4  # the smallest float16
    a[1, 1], a[2, 2] = np.inf, np.nan
    b[1, :] = 1
    d = multiply(simt, kind, a, b, np.zeros((16, 8), np.float32))
    assert d[0, 0] == 2.0**-22
    assert (d[1] == np.inf).all()
    assert np.isnan(d[2]).all()


def test_bank_conflicts_are_counted(simt: ModuleType) -> None:
    out = np.empty((32, 1), np.uint32)
    memory = np.zeros(512, np.uint32)
    # Words between rows: dense, an odd number of 16-byte units, a multiple of 128 bytes.
    for stride, conflicts in ((4, 0), (20, 0), (12, 0), (8, 1), (16, 3), (32, 7)):
        rows = (np.arange(32) % 8 * stride).astype(np.int32)
        simt.count_banks(True)
        simt.ptx_ldmatrix(1, False, *(a.ctypes.data for a in (memory, rows, out)))
        phases, found = simt.bank_count()
        simt.count_banks(False)
        assert found == conflicts, stride
        assert phases == 16 + 1  # 512 words written by 32 lanes, one matrix
