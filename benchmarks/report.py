# SPDX-License-Identifier: BSD-3-Clause
"""The table on the terminal and the JSON file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.figures import CLEAR_LOSS, Record, seconds_of

_HEADER = (
    f"{'':34} {'ms':>9} {'rate':>12} {'share':>8} {'peer ms':>9} {'ratio':>6}  best peer setting"
)


def say(text: str = "") -> None:
    """Print a line now."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def progress(text: str) -> None:
    """Show on a terminal what is being measured; a file or pipe gets nothing."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def say_opening(about: dict[str, Any], missing: dict[str, str]) -> None:
    """Print machine, settings, versions, and one line for every competitor that is missing."""
    machine, chosen = about["machine"], about["settings"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    say(f"{machine['cpu']}, {chosen['threads']} threads, {chosen['isa']}")
    say(versions)
    for library, reason in missing.items():
        say(f"MISSING {library}: {reason}; rows have no ratio to it")


def say_group(batch: dict[str, Any], records: list[Record], totals: Record) -> None:
    """Print the rows of one group, their summary, and how quiet the machine was."""
    say(f"\n{batch['group']}\n{_HEADER}")
    for record in records:
        say(_line(record))
        for note in record["notes"]:
            say(f"    {note}")
    if totals["geometric_mean"] is not None:
        say(f"  {_means(totals)}")
    fma, copy = batch["after"]["fma_gflops"], batch["after"]["copy_gigabytes"]
    peaks = ", ".join(f"{dtype} {value:.0f}" for dtype, value in fma.items())
    quiet = "" if batch["quiet"] else "; NOT QUIET, repeat before quoting"
    say(
        f"  probes: {peaks} GF/s, copy {copy:.1f} GB/s; drift {batch['drift_percent']:.1f} %, "
        f"steal {batch['steal_percent']:.1f} %{quiet}"
    )


def _means(totals: Record) -> str:
    text = (
        f"geometric mean {totals['geometric_mean']:.2f}, lowest {totals['lowest_ratio']:.2f}, "
        f"below 1: {totals['losses']}"
    )
    return f"{text}, below {CLEAR_LOSS}: {totals['clear_losses']} of {totals['compared']}"


def say_end(totals: Record, stories: list[Record]) -> None:
    """Print what all rows against others come to, then what the lectures say beside it."""
    if totals["geometric_mean"] is not None:
        say(f"\nall rows against others: {_means(totals)}")
    if stories:
        say(f"\n{'training':44} {'the lectures say':24} here")
    for story in stories:
        here = f"{story['minutes']:.1f} minutes, {story['epochs']} epochs"
        say(f"  {story['what']:42} {story['said']:24} {here}")


def _line(record: Record) -> str:
    name = f"  {record['name']:32}"
    if "failed" in record:
        return f"{name} FAILED: {record['failed']}"
    if "peak_megabytes" in record["ours"]:
        return f"{name} {_memory(record)}"
    seconds = seconds_of(record["ours"])
    milliseconds = f"{1e3 * seconds:9.3f}"
    if "gflops" in record:
        rate = f"{record['gflops']:7.1f} GF/s"
        share = f"{record['percent_of_peak']:6.1f} %"
    else:
        rate = f"{record['gigabytes_per_second']:7.1f} GB/s"
        share = f"{record['percent_of_copy']:6.1f} %"
    if "ratio" in record:
        peer = f"{1e3 * record['ratio'] * seconds:9.3f} {record['ratio']:6.2f}"
        peer += f"  {record['best_rival']}"
    else:
        peer = f"{'-':>9} {'-':>6}"
    if "error_beside" in record:
        peer += f"; errors {record['error']:.1e}, {record['error_beside']:.1e}"
    if "origin_ratio" in record:
        peer += f"; {record['origin_ratio']:.1f} x the book's program"
    return f"{name} {milliseconds} {rate:>12} {share:>8} {peer}"


def _memory(record: Record) -> str:
    ours = record["ours"]
    text = f"{ours['peak_megabytes']:9.0f} MB, of which {ours['before_megabytes']:.0f} before it"
    if "ratio" not in record:
        return text
    peer = record["ratio"] * ours["peak_megabytes"]
    return f"{text}; {peer:.0f} MB, ratio {record['ratio']:.2f}, {record['best_rival']}"


def write_json(path: Path, report: dict[str, Any]) -> None:
    """Write the report, figures cut to six significant digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(report), indent=1) + "\n")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return value
