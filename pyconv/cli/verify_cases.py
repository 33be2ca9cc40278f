# SPDX-License-Identifier: BSD-3-Clause
"""What `pyconv verify` calls: one table of ops, their arrays, and how exact they must be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyconv.cli.verify_arrays import Given, Indices, Numbers, Spec
from pyconv.geometry import Window


@dataclass(frozen=True)
class Case:
    """One call of an op.

    `arrays` come first, in the op's order; `rule` is a name of verify_bounds.RULES; with `exact`
    the result on whole numbers is the reference's at 0 ulp.
    """

    op: str
    arrays: tuple[Spec, ...]
    rule: str
    options: dict[str, Any] = field(default_factory=dict)
    exact: bool = True

    @property
    def in_place(self) -> bool:
        """Whether the op changes lists of arrays instead of returning new ones."""
        return self.op.endswith("_step")


IMAGES = (2, 18, 21, 19)
SHIFTED = [[1.0, 0.25, -0.5], [-0.25, 1.0, 0.75]], [[0.5, 0.0, 1.5], [0.5, -1.0, 9.0]]
GEOMETRY: dict[str, Any] = {
    "strides": 1,
    "padding": "valid",
    "dilation_rate": 1,
    "groups": 1,
    "data_format": "channels_last",
}
POOLING: dict[str, Any] = {
    "pool_size": 2,
    "strides": None,
    "padding": "valid",
    "data_format": "channels_last",
    "ceil_mode": False,
}
CONVOLUTIONS: tuple[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]], ...] = (
    ((2, 18, 21, 19), (3, 3, 19, 33), {"padding": "same"}),
    ((1, 12, 13, 64), (1, 1, 64, 65), {}),
    ((2, 14, 15, 3), (5, 4, 3, 16), {"strides": (2, 1), "padding": ((1, 2), (0, 1))}),
    ((2, 17, 12, 8), (3, 2, 2, 12), {"groups": 4, "dilation_rate": 2}),
    ((2, 6, 18, 21), (3, 3, 6, 17), {"data_format": "channels_first", "padding": 1}),
)
POOLS: tuple[dict[str, Any], ...] = (
    {},
    {"pool_size": 3, "strides": 2, "padding": "same"},
    {"pool_size": (2, 3), "data_format": "channels_first"},
)
OF_X = ("elu", "gelu", "hard_sigmoid", "hard_swish", "leaky_relu", "selu", "softplus", "swish")
CLIPS = ("relu", "relu6")
STEPS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("adagrad_step", ("square",), {}),
    ("adadelta_step", ("square", "square"), {}),
    ("adam_step", ("signed", "square"), {"step": 2}),
    ("adamax_step", ("signed", "square"), {"step": 2}),
    ("nadam_step", ("signed", "square"), {"step": 2, "product": 0.5}),
    ("rmsprop_step", ("square",), {}),
    ("sgd_step", (), {}),
    ("sgd_step", ("signed",), {"momentum": 0.9, "nesterov": True}),
)


def cases() -> list[Case]:
    """Return every call."""
    return [
        *_products(),
        *_convolutions(),
        *_kinds_of_convolution(),
        *_pools(),
        *_norms(),
        *_sampling(),
        *_activations(),
        *_losses(),
        *_steps(),
    ]


def _products() -> Iterator[Case]:
    for m, k, n in ((130, 600, 150), (1, 300, 700), (33, 257, 65)):
        yield Case("gemm", (Numbers((m, k)), Numbers((k, n))), "sum")
        flipped = {"transpose_a": True, "transpose_b": True}
        yield Case("gemm", (Numbers((k, m)), Numbers((n, k))), "sum", flipped)
    x, kernel, bias, dy = (Numbers(s) for s in ((33, 257), (257, 65), (65,), (33, 65)))
    yield Case("dense", (x, kernel, bias), "sum")
    yield Case("dense_backward", (dy, x, kernel), "sum")


def _convolutions() -> Iterator[Case]:
    for x, kernel, options in CONVOLUTIONS:
        y = Window.conv("verify", x, kernel, **{**GEOMETRY, **options}).output_shape
        for algorithm in ("direct", "im2col"):
            chosen = {**options, "algorithm": algorithm}
            arrays = Numbers(x), Numbers(kernel), Numbers(kernel[3:])
            yield Case("conv2d", arrays, "sum", chosen)
            yield Case("conv2d_backward", (Numbers(y), *arrays[:2]), "sum", chosen)
    windows: dict[str, Any] = {"kernel_size": (3, 2), "strides": (1, 2), "padding": 1}
    yield Case("im2col", (Numbers(IMAGES),), "equal", windows)
    col = Numbers((2 * 18 * 11, 6 * 19))
    yield Case("col2im", (col,), "sum", {"input_shape": IMAGES, **windows})


def _kinds_of_convolution() -> Iterator[Case]:
    same: dict[str, Any] = {"padding": "same"}
    for kernel_shape in ((3, 3, 19, 1), (3, 3, 19, 2)):
        x, kernel = Numbers(IMAGES), Numbers(kernel_shape)
        maps = kernel_shape[2] * kernel_shape[3]
        yield Case("depthwise_conv2d", (x, kernel, Numbers((maps,))), "sum", same)
        dy = Numbers((*IMAGES[:3], maps))
        yield Case("depthwise_conv2d_backward", (dy, x, kernel), "sum", same)
        kernels, dy = (x, kernel, Numbers((1, 1, maps, 17))), Numbers((*IMAGES[:3], 17))
        yield Case("separable_conv2d", (*kernels, Numbers((17,))), "two sums", same)
        yield Case("separable_conv2d_backward", (dy, *kernels), "two sums", same)
    x, kernel, dy = Numbers((2, 9, 11, 19)), Numbers((3, 3, 17, 19)), Numbers((2, 18, 22, 17))
    double = {"strides": 2, **same}
    yield Case("conv2d_transpose", (x, kernel, Numbers((17,))), "sum", double)
    yield Case("conv2d_transpose_backward", (dy, x, kernel), "sum", double)


def _norms() -> Iterator[Case]:
    x, dy, c = Numbers(IMAGES), Numbers(IMAGES), IMAGES[3]
    own, squares = Numbers((c,)), Numbers((c,), "square")
    for training in (False, True):
        chosen = {"training": training}
        yield Case("batch_norm", (x, own, own, own, squares), "norm", chosen, exact=False)
        back = (dy, x, own, own, squares)
        yield Case("batch_norm_backward", back, "norm gradient", chosen, exact=False)
    yield Case("layer_norm", (x, own, own), "norm", exact=False)
    yield Case("layer_norm_backward", (dy, x, own), "own norm gradient", exact=False)
    image, both = Numbers((2, 9, 8, 20)), Numbers((20,))
    four: dict[str, Any] = {"groups": 4}
    yield Case("group_norm", (image, both, both), "norm", four, exact=False)
    yield Case("group_norm_backward", (image, image, both), "own norm gradient", four, exact=False)
    yield Case("local_response_norm", (x,), "response", exact=False)
    yield Case("local_response_norm_backward", (dy, x), "response gradient", exact=False)


def _pools() -> Iterator[Case]:
    for options in POOLS:
        x, window = Numbers(IMAGES), Window.pool("verify", IMAGES, **{**POOLING, **options})
        for name, index in (("max", "argmax"), ("min", "argmin")):
            yield Case(f"{name}_pool2d", (x,), "equal", options)
            yield Case(f"{name}_pool2d_with_{index}", (x,), "equal", options)
        yield Case("avg_pool2d", (x,), "average", options)
        back = {"input_shape": IMAGES, **options}
        exact = not options  # windows of 4 pixels: quarters of whole numbers
        dy = Numbers(window.output_shape)
        yield Case("avg_pool2d_backward", (dy,), "average", back, exact)
    dy = Numbers((2, 9, 10, 19))
    for name in ("max", "min"):
        places = Indices(dy.shape, 4, "uint8")
        yield Case(f"{name}_pool2d_backward", (dy, places), "sum", {"input_shape": IMAGES})
    for data_format, channels in (("channels_last", 19), ("channels_first", 18)):
        form: dict[str, Any] = {"data_format": data_format}
        yield Case("global_avg_pool2d", (Numbers(IMAGES),), "average", form)
        yield Case("global_max_pool2d", (Numbers(IMAGES),), "equal", form)
        yield Case("global_max_pool2d_with_argmax", (Numbers(IMAGES),), "equal", form)
        dy, back = Numbers((2, channels)), {"input_shape": IMAGES, **form}
        yield Case("global_avg_pool2d_backward", (dy,), "average", back)
        places = Indices((2, channels), 19 * 18, "int32")
        yield Case("global_max_pool2d_backward", (dy, places), "equal", back)


def _sampling() -> Iterator[Case]:
    x, maps = Numbers(IMAGES), Given(SHIFTED)
    for interpolation, rule in (("nearest", "equal"), ("bilinear", "sample")):
        way: dict[str, Any] = {"interpolation": interpolation}
        for size, exact in (((36, 42), True), ((25, 11), interpolation == "nearest")):
            yield Case("resize", (x,), rule, {"size": size, **way}, exact)
            dy = Numbers((2, *size, 19))
            back = {"input_shape": IMAGES, **way}
            yield Case("resize_backward", (dy,), "sample", back, exact)
        yield Case("affine_sample", (x, maps), rule, way)
        yield Case("affine_sample_backward", (x, maps), "sum", {"fill_mode": "reflect", **way})


def _activations() -> Iterator[Case]:
    x, y, rows = Numbers((70_001,)), Numbers((70_001,), "share"), Numbers((300, 41))
    for op in CLIPS:
        yield Case(op, (x,), "equal")
        yield Case(f"{op}_backward", (x, Numbers((70_001,), "square")), "equal")
    for op in ("sigmoid", "tanh"):
        yield Case(op, (x,), "elementwise", exact=False)
        yield Case(f"{op}_backward", (x, y), "elementwise", exact=False)
    for op in OF_X:
        yield Case(op, (x,), "elementwise", exact=False)
        rule = f"{op} terms" if op in ("gelu", "hard_swish", "swish") else "elementwise"
        yield Case(f"{op}_backward", (x, Numbers((70_001,), "square")), rule, exact=False)
    for op in ("softmax", "log_softmax"):
        yield Case(op, (rows,), "softmax", exact=False)
        kept = Numbers((300, 41), "rows")
        yield Case(f"{op}_backward", (rows, kept), "softmax gradient", exact=False)
    for op in ("dropout", "dropout_backward"):
        yield Case(op, (x,), "equal", {"rate": 0.5, "seed": 3})


def _losses() -> Iterator[Case]:
    logits, labels = Numbers((300, 41)), Indices((300,), 41)
    yield Case("softmax_cross_entropy", (logits, labels), "softmax", exact=False)
    given = Numbers((300,)), Numbers((300, 41), "rows"), labels
    yield Case("softmax_cross_entropy_backward", given, "softmax gradient", exact=False)
    targets = Numbers((300, 41), "share")
    yield Case("sigmoid_cross_entropy", (logits, targets), "elementwise", exact=False)
    hard = logits, Numbers((300, 41), "square"), Given([[0.0, 1.0] * 20 + [1.0]] * 300)
    yield Case("sigmoid_cross_entropy_backward", hard, "elementwise", exact=False)


def _steps() -> Iterator[Case]:
    shape = (70_001,)
    for op, states, options in STEPS:
        arrays = tuple(Numbers(shape, kind) for kind in ("signed", "signed", *states))
        yield Case(op, arrays, "step", {"learning_rate": 0.01, **options}, exact=False)
