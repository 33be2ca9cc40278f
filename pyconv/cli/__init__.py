# SPDX-License-Identifier: BSD-3-Clause
"""The command `pyconv`: each command is a module with `add_arguments` and `run`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import pyconv
from pyconv.cli import bench, demo, evaluate, info, predict, show, train, verify

COMMANDS = {
    "bench": bench,
    "demo": demo,
    "evaluate": evaluate,
    "info": info,
    "predict": predict,
    "show": show,
    "train": train,
    "verify": verify,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0, 1 for an error, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="pyconv", description="Convolutional networks at native speed."
    )
    parser.add_argument("--version", action="version", version=f"pyconv {pyconv.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for name, module in COMMANDS.items():
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
    given = sys.argv[1:] if arguments is None else list(arguments)
    if not given:
        parser.print_help(sys.stderr)
        parser.exit(2)
    chosen = parser.parse_args(given)
    try:
        status: int | None = COMMANDS[chosen.command].run(chosen)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    except (ValueError, OSError, ImportError, MemoryError) as error:
        print(f"pyconv {chosen.command}: {error}", file=sys.stderr)
        return 1
    return status or 0
