# SPDX-License-Identifier: BSD-3-Clause
"""The one table of tolerances; tests ask here and hold no numbers of their own.

u is half the distance from 1 to the next number: 2^-24 for float32, 2^-53 for float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# A sum of products of zero-mean data, in units of u * sum |x| |w|; of same-sign data on the CPU.
_SUM_ZERO_MEAN = 8.0
_SUM_SAME_SIGN = 16.0
_ELEMENTWISE_ULPS = 4.0
_SOFTMAX_EPS = 10.0
_OPTIMIZER_ULPS = 2.0
_AVERAGE_EPS = 10.0
_SAMPLE_EPS = 4.0
# u of the types that a GPU alone has, as they lie in memory, and half their smallest step.
_ELEMENT_UNITS = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "tf32": 2.0**-24}
_ELEMENT_TINY = {"float16": 2.0**-25, "bfloat16": 2.0**-134, "tf32": 2.0**-150}
# A normalisation folded into a convolution, relative to the largest result.
FOLDED = 1e-5
# Root of the mean square error of Winograd's convolution, relative to that of the results.
WINOGRAD = 5e-6
# Losses of a network's first eight steps by Winograd's algorithm and without it.
WINOGRAD_CURVE = 1e-3
# 6e-7 and 5e-6 in float32.
_NORM_EPS = 5.0
_NORM_GRADIENT_EPS = 42.0
# Finite differences of float64 functions.
GRADIENT_CHECK = {"eps": 1e-6, "atol": 1e-5, "rtol": 1e-3}
# Vectors printed with ten digits, computed in float64; in float32, what its precision leaves.
_PRINTED = {"float32": {"rtol": 1e-6, "atol": 2e-7}, "float64": {"rtol": 1e-9, "atol": 2e-10}}
# Logits of a published network of 28 convolutions against those of Keras, relative to the largest.
PUBLISHED_LOGITS = 1e-5
# A layer, or a few steps of training, on one device beside another: sums run in another order.
BETWEEN_DEVICES = {"rtol": 2e-4, "atol": 2e-5}
# A layer, or the losses of some steps, with 11 or 8 bits of fraction beside float32, relative.
HALF_CURVE = {"mixed_float16": 0.02, "mixed_bfloat16": 0.1}
# Probabilities of a small network that Keras opened, or that Keras wrote.
KERAS_OUTPUTS_OF_A_FILE = 1e-6


def unit_roundoff(dtype: Any) -> float:
    """Return u of a floating-point dtype."""
    return float(np.finfo(dtype).eps) / 2.0


def sum_of_products(dtype: Any, *, same_sign: bool = False) -> float:
    """Return the factor of sum |x| |w| that bounds a sum of products' error."""
    return unit_roundoff(dtype) * (_SUM_SAME_SIGN if same_sign else _SUM_ZERO_MEAN)


def gpu_sum_of_products(dtype: Any, terms: int, *, same_sign: bool = False) -> float:
    """Return the same factor for the GPU, whose same-sign sums are not cut into blocks."""
    return unit_roundoff(dtype) * (2.0 * terms**0.5 if same_sign else _SUM_ZERO_MEAN)


def elementwise_factor(dtype: Any) -> float:
    """Return the largest relative error of an element-wise function."""
    return 2.0 * unit_roundoff(dtype) * _ELEMENTWISE_ULPS


def elementwise(exact: Any, dtype: Any) -> Any:
    """Return the largest error of an element-wise function; results below 2^-126 may become 0."""
    return elementwise_factor(dtype) * np.abs(exact) + float(np.finfo(dtype).tiny)


def one_rounding(kind: str, exact: Any) -> Any:
    """Return the largest error of a float32 function whose result is rounded once to a type."""
    computed = elementwise_factor(np.float32) * np.abs(exact)
    return _ELEMENT_UNITS[kind] * (np.abs(exact) + computed) + computed + _ELEMENT_TINY[kind]


def softmax(dtype: Any) -> float:
    """Return the largest error of a softmax, relative to 1 or to the loss if that is larger."""
    return 2.0 * unit_roundoff(dtype) * _SOFTMAX_EPS


def average(dtype: Any) -> float:
    """Return the largest error of average pooling, relative to the mean of |x|."""
    return 2.0 * unit_roundoff(dtype) * _AVERAGE_EPS


def sample(dtype: Any) -> float:
    """Return the largest error of resizing, relative to the same sum of |x|."""
    return 2.0 * unit_roundoff(dtype) * _SAMPLE_EPS


def norm(dtype: Any) -> float:
    """Return the largest error of a normalisation, relative to its result's terms."""
    return 2.0 * unit_roundoff(dtype) * _NORM_EPS


def norm_gradient(dtype: Any) -> float:
    """Return the same for its gradients."""
    return 2.0 * unit_roundoff(dtype) * _NORM_GRADIENT_EPS


def optimizer_step(dtype: Any) -> float:
    """Return the largest relative error of one optimizer step's results."""
    return 2.0 * unit_roundoff(dtype) * _OPTIMIZER_ULPS


def printed(dtype: Any) -> dict[str, float]:
    """Return rtol and atol for comparing with vectors printed with ten digits."""
    return _PRINTED[np.dtype(dtype).name]


# Beside Keras 3, relative: outputs and gradients of layers and losses, and what 20 training steps
# from the same weights and batches may differ by. Keras reports losses in float32.
KERAS = 1e-5
KERAS_LOSS_OF_STEPS = {"float32": 1e-5, "float64": 2e-7}
KERAS_WEIGHTS_AFTER_STEPS = {"float32": 2e-4, "float64": 1e-6}
# Formulas written again in float64 with sums of a few terms, relative.
FORMULA = 1e-12


# Weights after 20 steps beside Keras's optimizers, which round their rates to float32 always.
KERAS_STEPS = {"rtol": 1e-6, "atol": 1e-6}

# Outputs of a whole network with random weights beside Keras's, relative to the largest.
KERAS_NETWORK = 1e-5
# Losses of a head on predicted features beside those of the whole model: predict folds layers.
FOLDED_LOSS = 1e-4
# Pixels for a network, by arrays and by Tensors, here and in Keras: a few roundings of 255.
PIXELS = {"rtol": 1e-5, "atol": 1e-5}
# Pictures and maps from 0 to 1 in float32, absolute; those stretched to that range afterwards.
PIXEL = 1e-6
STRETCHED_PIXEL = 1e-5
# A picture after 20 steps of ascent, its filter alone or among others: rounding grows on the way.
ASCENT = 1e-3
# F-scores of a metric that adds 1e-7 to its denominators, of which there are two.
F_SCORE_EPSILON = 1e-6
# Beside the book's algorithms in float64, relative to the largest number of an array.
BOOK = 1e-10
# What its 1e-7 under the logarithm of a loss changes, in losses of its examples.
BOOK_LOGARITHM = 1e-6
# The book's own check of gradients by differences: mean difference for each parameter.
BOOK_GRADIENT_CHECK = 1e-5
