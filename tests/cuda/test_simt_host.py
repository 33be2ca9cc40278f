# SPDX-License-Identifier: BSD-3-Clause
"""The host SIMT layer finds the faults it exists for; every faulty kernel is named by its fault."""

from __future__ import annotations

from types import ModuleType

import pytest

# The kernel, and what the error must say. A GPU would run most of them to the right answer.
FAULTS = {
    "race": r"race on shared memory at byte \d+: .* by block \d, thread \d+ .* no barrier between",
    "race_after": r"race on shared memory at byte \d+: .* no barrier between",
    "race_across_warps": r"race on shared memory at byte \d+: .* no barrier between",
    "shuffle_is_no_barrier": r"race on shared memory at byte \d+: .* no barrier between",
    "race_across_blocks": r"race on out\[\d+\]: written by block \d, .* and by block \d, ",
    "read_across_blocks": r"race on both\[\d+\]: .* block \d, .* block \d, ",
    "divergent_barrier": r"thread \d+: waits at __syncthreads \(self_test.cpp:\d+\), but thread "
    r"\d+ at __syncthreads \(self_test.cpp:\d+\): divergent barrier",
    "partial_barrier": r"but thread 5 has left the kernel: partial barrier",
    "partial_warp": r"but thread (7|39) has left the kernel: partial barrier",
    "deadlock": r"deadlock: thread 0 waits at __syncthreads .* in phase 0|divergent barrier",
    "out_of_bounds_read": r"read of in\[192\], which has 192 elements",
    "out_of_bounds_write": r"write to out\[-1\], which has 192 elements",
    "shared_out_of_bounds": r"write to shared memory, element 64 of 64",
    "shared_beyond_launch": r"write to shared memory, .*; the launch asked for 256 bytes",
    "shared_misaligned": r"misaligned access to shared memory at byte 4",
    "uninitialised_shared": r"read of uninitialised shared memory at byte \d+",
    "uninitialised_global": r"read of uninitialised out\[\d+\]",
    "incomplete": r"out\[9\] was never written",
    "write_to_input": r"write to the input in\[\d+\]",
    "absent": r"access to element \d+ of an absent buffer",
}
CLEAN = ("clean", "clean_warp")


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_found_and_named(simt: ModuleType, fault: str) -> None:
    with pytest.raises(RuntimeError, match=FAULTS[fault]):
        simt.run_self_test(fault)


def test_every_kernel_of_the_layer_is_tested(simt_module: ModuleType) -> None:
    assert sorted([*FAULTS, *CLEAN]) == simt_module.self_tests()


def test_barrier_lets_a_block_reverse_itself(simt: ModuleType) -> None:
    blocks = [range(63, -1, -1), range(127, 63, -1), range(191, 127, -1)]
    assert simt.run_self_test("clean") == [word for block in blocks for word in block]


def test_warp_barrier_shuffle_and_votes_move_words(simt: ModuleType) -> None:
    assert simt.run_self_test("clean_warp") == list(range(192))


def test_all_waiting_is_a_deadlock_report(simt_module: ModuleType) -> None:
    texts = []
    for seed in range(1, 200):
        simt_module.set_schedule_seed(seed)
        with pytest.raises(simt_module.PyconvCudaError) as caught:
            simt_module.run_self_test("deadlock")
        texts.append(str(caught.value))
    assert any(": deadlock: thread 0 waits at __syncthreads" in text for text in texts)


def test_seed_repeats_a_run_and_another_one_changes_the_order(simt_module: ModuleType) -> None:
    def first_race(seed: int) -> str:
        simt_module.set_schedule_seed(seed)
        with pytest.raises(simt_module.PyconvCudaError) as caught:
            simt_module.run_self_test("race")
        text = str(caught.value)
        assert text.endswith(f"(PYCONV_SIMT_SEED={seed})")
        return text.removesuffix(f"(PYCONV_SIMT_SEED={seed})")

    assert first_race(7) == first_race(7)
    assert len({first_race(seed) for seed in range(10)}) > 3


def test_layer_works_on_after_an_error(simt: ModuleType) -> None:
    for fault in ("deadlock", "race", "partial_warp"):
        with pytest.raises(simt.PyconvCudaError):
            simt.run_self_test(fault)
        assert simt.run_self_test("clean")[0] == 63


def test_kernels_divide_exactly_over_the_whole_range(simt_module: ModuleType) -> None:
    edges = [2**p + d for p in range(63) for d in (-1, 0, 1)] + [2**63 - 1, 3, 5, 7, 10**18]
    numbers = [n for n in edges if n >= 0]
    for value in (v for v in numbers if v > 0):
        for n in [*numbers, *(value * k + d for k in (2, 3, 641) for d in (-1, 0, 1))]:
            if n < 2**63:
                assert simt_module.divide(n, value) == n // value, (n, value)
    for value in range(1, 400):
        for n in range(0, 4000, 7):
            assert simt_module.divide(n, value) == n // value, (n, value)
