# SPDX-License-Identifier: BSD-3-Clause
"""Residual and separable: two small networks of modern form (lectures A and D).

A residual block adds its input to its output, so the gradient has a way around every layer. A
separable convolution looks at each channel alone and mixes them afterwards, for an eighth of the
work. Batch normalisation needs some epochs before its moving means can be trusted.

    python examples/modern_nets.py             100 epochs each on cats-dogs/
    python examples/modern_nets.py --quick     seconds, on two kinds of stripes
"""

from __future__ import annotations

from photographs import photographs
from program import Program

from pyconv.applications import mini_xception, small_residual_net


def main() -> None:
    """Train both on the same pictures."""
    program = Program(__doc__, epochs=100)
    size = 96 if program.quick else 180
    splits = photographs(program, size)
    for name, make, parameters in (
        ("small_residual_net", small_residual_net, 297_697),
        ("mini_xception", mini_xception, 721_857),
    ):
        model = make((size, size, 3))
        model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
        program.train(model, *splits, name=name, parameters=parameters, batch_size=16)


if __name__ == "__main__":
    main()
