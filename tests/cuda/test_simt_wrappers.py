# SPDX-License-Identifier: BSD-3-Clause
"""The cases that certify special instructions: host models pass them, one wrong word fails."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from benchmarks.gpu import wrappers

PTX = Path(__file__).resolve().parents[2] / "src_cuda" / "ptx.cuh"
CASES = {case.name: case for case in wrappers.cases()}


@pytest.mark.parametrize("name", CASES)
def test_the_host_model_gives_what_numpy_expects(simt: ModuleType, name: str) -> None:
    case = CASES[name]
    words_in, words_out = simt.ptx_wrappers()[case.wrapper]
    assert (case.words.shape[1], case.expected.shape[1]) == (words_in, words_out)
    found = wrappers.run(simt, case)
    assert wrappers.differing(case, found) == 0
    assert wrappers.judged(case, found, found)["passed"]


@pytest.mark.parametrize("name", CASES)
def test_one_wrong_word_of_a_device_is_seen(simt_module: ModuleType, name: str) -> None:
    case = CASES[name]
    model = wrappers.run(simt_module, case)
    broken = model.copy()
    if case.bound is None:
        broken[-1, -1] ^= np.uint32(1)
    else:
        broken.view(np.float32)[-1, -1] += 4 * np.float32(case.bound[-1, -1])
    verdict = wrappers.judged(case, broken, model)
    assert (verdict["differing"], verdict["passed"]) == (1, False)
    assert wrappers.differing(case, broken) == 1


def test_every_wrapper_of_ptx_has_a_case(simt_module: ModuleType) -> None:
    assert {case.wrapper for case in CASES.values()} == set(simt_module.ptx_wrappers())
    bodies = re.findall(r"__device__ __forceinline__ \w+ (\w+)[(<]", PTX.read_text())
    met = {re.split(" ", name)[0] for name in simt_module.ptx_wrappers()}
    # Waits and commits are part of each copy.
    assert set(bodies) - {"cp_async_commit_group", "cp_async_wait_group"} == met


def test_an_unknown_wrapper_is_refused(simt_module: ModuleType) -> None:
    words = np.zeros(32, np.uint32).ctypes.data
    with pytest.raises(ValueError, match="name=wgmma; must be one of ptx_wrappers"):
        simt_module.run_ptx_wrapper("wgmma", words, words, 1, 0)
