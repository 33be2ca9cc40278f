# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv verify`: is every kernel right on this machine? One card, exit status 1 for a FAIL."""

from __future__ import annotations

import argparse
import time

import numpy as np

import pyconv
from pyconv import backend, ops
from pyconv.cli.options import must_be_one_of
from pyconv.cli.verify_cases import Case, cases
from pyconv.cli.verify_checks import Finding, check, settings_kept
from pyconv.cli.verify_peak import peak_lines
from pyconv.cli.verify_places import places

HELP = "check every operation on this machine against naive NumPy; takes less than a minute"

DTYPES = ("float32", "float64")
NOTES = """integers: whole numbers give the reference's result at 0 ulp ("-": no such promise).
error: the largest on random numbers, as a share of what is allowed.
threads: 1, 2, 3 and 7 give the same bits."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("ops", nargs="*", metavar="OP", help="check these alone; all by default")


def run(arguments: argparse.Namespace) -> int:
    """Print the card and return the exit status."""
    begun = time.perf_counter()
    chosen = _chosen(arguments.ops)
    where = places()
    for name, value in {"pyconv": pyconv.__version__, **backend.config()}.items():
        print(f"{name:<8} {value}")
    names = [place.name for place in where]
    gpu = len(names) - names.count("cuda")
    print(f"\n{'':<67}{'cpu':<{len('  '.join(names[:gpu])) + 2}}{'gpu' if 'cuda' in names else ''}")
    print(f"{'op':<32}{'dtype':<9}{'integers':<10}{'error':<7}{'threads':<9}{'  '.join(names)}")
    failed: list[Finding] = []
    with settings_kept():
        for op, same in chosen.items():
            for name in DTYPES:
                found = [f for case in same for f in check(case, np.dtype(name), where)]
                print(_row(op, name, found, names), flush=True)
                failed += [finding for finding in found if finding.faults]
    for finding in failed:
        print(f"FAIL {finding.op} {finding.dtype} {finding.place}: {'; '.join(finding.faults)}")
    if not arguments.ops:
        print(f"\n{NOTES}\n")
        for line in (*peak_lines(), *_missing(chosen)):
            print(line)
    rows = len(chosen) * len(DTYPES)
    verdict = f"FAIL: {len(failed)} findings" if failed else "ok"
    print(f"\n{rows} rows, {time.perf_counter() - begun:.0f} s: {verdict}")
    return 1 if failed else 0


def _chosen(names: list[str]) -> dict[str, list[Case]]:
    """Return the cases by op."""
    known: dict[str, list[Case]] = {}
    for case in cases():
        known.setdefault(case.op, []).append(case)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"op {must_be_one_of(unknown[0], known)}")
    return {op: known[op] for op in names or known}


def _row(op: str, dtype: str, found: list[Finding], names: list[str]) -> str:
    faults = [fault for finding in found for fault in finding.faults]
    integers = "-" if not any(finding.exact for finding in found) else "0 ulp"
    if any(fault.startswith("whole") for fault in faults):
        integers = "FAIL"
    threads = "FAIL" if any("threads" in fault for fault in faults) else "same"
    error = max(finding.error for finding in found)
    bad = {finding.place for finding in found if finding.faults}
    marks = "  ".join(f"{'FAIL' if name in bad else 'ok':<{len(name)}}" for name in names)
    return f"{op:<32}{dtype:<9}{integers:<10}{error:<7.2f}{threads:<9}{marks}".rstrip()


def _missing(chosen: dict[str, list[Case]]) -> list[str]:
    """Say which ops have no case."""
    public = (name for name, value in vars(ops).items() if callable(value))
    missing = sorted(set(public) - set(chosen))
    return [f"not checked: {', '.join(missing)}"] if missing else []
