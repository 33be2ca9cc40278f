# SPDX-License-Identifier: BSD-3-Clause
"""From times to rates, shares, ratios and verdicts, and the table that ends the check."""

from __future__ import annotations

from typing import Any, TypeAlias

from benchmarks.figures import geometric_mean

Record: TypeAlias = dict[str, Any]

# Least ratio to cuDNN through PyTorch of the same precision, or least share of the copy rate.
_TARGETS = {
    "first layer": 0.7,
    "depthwise": 0.9,
    "float32": 0.8,
    "tf32": 0.7,
    "tf32 kernel": 0.65,
    "bfloat16": 0.55,
    "bfloat16 kernel": 0.55,
    "memory": 0.8,
    "training": 0.7,
    "small training": 1.0,
}
WIDE = 64  # channels from which the targets of float32 hold; 128 on tensor cores
SMALL_NETWORKS = ("SimpleConvNet", "Keras MNIST")


def target_of(task: Record) -> float | None:
    """Return what the design asks of a task; None where it asks nothing."""
    if task["kind"] == "memory":
        return _TARGETS["memory"]
    if task["kind"] == "training":
        return _TARGETS["small training" if task["network"] in SMALL_NETWORKS else "training"]
    if task["c"] <= 4:
        return _TARGETS["first layer"]
    if task["groups"] == task["c"]:
        return _TARGETS["depthwise"]
    least = WIDE if task["dtype"] == "float32" else 2 * WIDE
    if min(task["c"], task["f"]) < least:
        return None
    own = f"{task['dtype']} {task['direction']}"
    return _TARGETS.get(own, _TARGETS.get(task["dtype"]))


def judged(task: Record, seconds: float, peer: float | None, ceilings: Record) -> Record:
    """Return a task's record: rates, share of the larger floor, ratio and verdict.

    Args:
        seconds: our median. peer: PyTorch's, None where it is missing.
        ceilings: "copy" in bytes per second; operations per second by precision, where known.
    """
    found = {**task, "seconds": seconds, "peer_seconds": peer}
    floors = [task["bytes"] / ceilings["copy"]] if ceilings.get("copy") else []
    if task["flop"] and ceilings.get(task["dtype"]):
        floors.append(task["flop"] / ceilings[task["dtype"]])
    found["share_of_floor"] = max(floors) / seconds if floors and max(floors) > 0 else None
    found["tflops"] = task["flop"] / seconds / 1e12 if task["flop"] else None
    found["terabytes_per_second"] = task["bytes"] / seconds / 1e12 if task["bytes"] else None
    found["ratio"] = None if peer is None else peer / seconds
    found["target"] = target_of(task)
    value = found["share_of_floor"] if task["kind"] == "memory" else found["ratio"]
    found["verdict"] = _verdict(value, found["target"])
    return found


def _verdict(value: float | None, target: float | None) -> str:
    if value is None or target is None:
        return "no target" if target is None else "not compared"
    return "met" if value >= target else "missed"


def failed(task: Record, reason: str) -> Record:
    """Return the record of a task that gave no time."""
    return {**task, "verdict": "failed", "reason": reason}


def summary(records: list[Record]) -> list[Record]:
    """Return for each group its rows, geometric mean of ratios, and counts of verdicts."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record["group"], []).append(record)
    return [
        {
            "group": group,
            "rows": len(rows),
            "geometric_mean": geometric_mean([r["ratio"] for r in rows if r.get("ratio")]),
            **{
                verdict: sum(r["verdict"] == verdict for r in rows)
                for verdict in ("met", "missed", "failed")
            },
        }
        for group, rows in groups.items()
    ]


def table(records: list[Record]) -> list[str]:
    """Return the lines of all rows, group by group, then the groups' summary."""
    lines: list[str] = []
    group = None
    for record in sorted(records, key=lambda r: r["group"]):
        if record["group"] != group:
            group = record["group"]
            head = f"{'ms':>9} {'TF/s':>7} {'TB/s':>6} {'floor':>6} {'peer ms':>9} {'ratio':>6}"
            lines += ["", group, f"{'':34} {head}  target"]
        lines.append(_line(record))
    lines.append("")
    for total in summary(records):
        mean = total["geometric_mean"]
        ratio = "-" if mean is None else f"{mean:.2f}"
        counts = ", ".join(f"{total[name]} {name}" for name in ("met", "missed", "failed"))
        lines.append(f"{total['group']:34} ratio {ratio}; {total['rows']} rows: {counts}")
    return lines


def _line(record: Record) -> str:
    name = f"  {record['name']:32}"
    if record["verdict"] == "failed":
        return f"{name} FAILED: {record['reason']}"
    peer = record["peer_seconds"]
    cells = (
        f"{1e3 * record['seconds']:9.3f}",
        _cell(record["tflops"], 7, 1),
        _cell(record["terabytes_per_second"], 6, 2),
        _cell(record["share_of_floor"], 6, 2),
        _cell(None if peer is None else 1e3 * peer, 9, 3),
        _cell(record["ratio"], 6, 2),
    )
    target = "" if record["target"] is None else f"  {record['target']:.2f} {record['verdict']}"
    return f"{name} {' '.join(cells)}{target}"


def _cell(value: float | None, width: int, digits: int) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:{width}.{digits}f}"
