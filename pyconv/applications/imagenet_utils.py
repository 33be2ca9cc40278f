# SPDX-License-Identifier: BSD-3-Clause
"""What goes with networks trained on ImageNet: pixels as they take them, classes by their names."""

from __future__ import annotations

import json
from typing import Any, Literal

import numpy as np

from pyconv.applications.published_weights import find_published
from pyconv.autograd import Tensor, array_of
from pyconv.backend import array_module
from pyconv.data.regular_file import open_regular
from pyconv.datasets.download import RemoteFile
from pyconv.geometry import DataFormat, whole_number
from pyconv.layers import SymbolicTensor
from pyconv.layers.operation import Operation
from pyconv.layers.window import checked_data_format

Mode = Literal["caffe", "tf", "torch"]

BLUE_GREEN_RED_MEAN = (103.939, 116.779, 123.68)
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # red, green, blue, of pixels / 255
MODES = ("caffe", "tf", "torch")

CLASSES = 1000
CLASS_INDEX = RemoteFile("imagenet_class_index.json", "md5:c2c37ea517e94d9795004a39431a14cb")
CLASS_INDEX_ADDRESS = "https://storage.googleapis.com/download.tensorflow.org/data/"
LARGEST_INDEX = 1 << 20  # bytes; it has 35,363


def preprocess_input(x: Any, data_format: DataFormat | None = None, mode: Mode = "caffe") -> Any:
    """Return pixels 0 to 255 as a network of this mode takes them.

    Args:
        x: images (n, h, w, 3) or one image (h, w, 3), channels in front for "channels_first":
            an array, a Tensor (differentiable) or a symbolic tensor (the step becomes part of the
            model). An array stays as it is: the result is a new one, float32 for integers.
        mode: "caffe": blue, green, red less their means; "tf": within -1 and 1; "torch": within 0
            and 1, then less the mean and divided by the deviation of each channel.
    Source: Keras imagenet_utils.preprocess_input.
    """
    if mode not in MODES:
        raise ValueError(f"preprocess_input: mode={mode!r}; must be one of {MODES}")
    axis = -1 if checked_data_format("preprocess_input", data_format) == "channels_last" else -3
    if not isinstance(x, (Tensor, SymbolicTensor)):
        x = array_of(x)
    if len(x.shape) not in (3, 4) or x.shape[axis] != 3:
        raise ValueError(
            f"preprocess_input: x.shape={tuple(x.shape)}; must be images or one image of 3 "
            f"channels along axis {axis}"
        )
    if not isinstance(x, (Tensor, SymbolicTensor)):
        return _of_array(x, axis, mode)
    if mode == "tf":
        return x / 127.5 - 1.0
    if mode == "torch":
        mean, deviation = (_by_channel(one, axis, x.dtype) for one in (MEAN, DEVIATION))
        return (x / 255.0 - mean) / deviation
    return _reversed(x, axis) - _by_channel(BLUE_GREEN_RED_MEAN, axis, x.dtype)


def _of_array(x: Any, axis: int, mode: Mode) -> Any:
    """Return a new array, in the order of operations of Keras, so with its rounding."""
    numpy, dtype = array_module(x), x.dtype if x.dtype.kind == "f" else np.dtype(np.float32)
    if mode == "caffe":
        mean = numpy.asarray(_by_channel(BLUE_GREEN_RED_MEAN, axis, dtype))
        return numpy.subtract(numpy.flip(x, axis), mean, dtype=dtype, order="C")
    y = numpy.divide(x, dtype.type(127.5 if mode == "tf" else 255.0), dtype=dtype, order="C")
    if mode == "tf":
        y -= dtype.type(1)
        return y
    y -= numpy.asarray(_by_channel(MEAN, axis, dtype))
    y /= numpy.asarray(_by_channel(DEVIATION, axis, dtype))
    return y


def _by_channel(numbers: tuple[float, ...], axis: int, dtype: Any) -> np.ndarray[Any, Any]:
    """Return a number for each channel, shaped to meet images with channels along an axis."""
    return np.asarray(numbers, dtype).reshape((3,) if axis == -1 else (3, 1, 1))


def _reversed(x: Any, axis: int) -> Any:
    """Return red, green, blue as blue, green, red."""
    others = (slice(None),) * (-1 - axis)
    if isinstance(x, Tensor):
        backwards = (..., slice(None, None, -1), *others)
        return x[backwards]
    # In a model part by part, as Keras writes it: not every backend of its steps backwards.
    keys = [(..., channel, *others) for channel in (2, 1, 0)]
    return Operation("Stack", axis=axis).apply([x[key] for key in keys])


def preprocess_caffe(x: Any, data_format: DataFormat | None = None) -> Any:
    """Return pixels 0 to 255 as blue, green, red less the means of ImageNet.

    See imagenet_utils.preprocess_input for arrays, Tensors and symbolic tensors.
    """
    return preprocess_input(x, data_format, "caffe")


def preprocess_tf(x: Any, data_format: DataFormat | None = None) -> Any:
    """Return pixels 0 to 255 within -1 and 1.

    See imagenet_utils.preprocess_input for arrays, Tensors and symbolic tensors.
    """
    return preprocess_input(x, data_format, "tf")


def preprocess_torch(x: Any, data_format: DataFormat | None = None) -> Any:
    """Return pixels 0 to 255 as shares of 255, less mean and by deviation of ImageNet's channels.

    See imagenet_utils.preprocess_input for arrays, Tensors and symbolic tensors.
    """
    return preprocess_input(x, data_format, "torch")


def preprocess_none(x: Any, data_format: DataFormat | None = None) -> Any:
    """Return x: the network itself scales its pixels, 0 to 255.

    Source: Keras efficientnet.preprocess_input.
    """
    return x


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """Return the likeliest classes of each image, best first: (WordNet id, name, score).

    The names are those of ImageNet's class index, from our cache ($PYCONV_HOME/models), Keras's
    (~/.keras/models), or downloaded.

    Args:
        preds: scores (n, 1000). top: classes per image, 1 to 1000.
    Raises:
        OSError: the index is not on this machine and cannot be downloaded.
    Source: Keras decode_predictions.
    """
    scores = np.asarray(array_of(preds))
    if scores.ndim != 2 or scores.shape[1] != CLASSES:
        raise ValueError(
            f"decode_predictions: preds.shape={scores.shape}; must be (n, {CLASSES}), the "
            "predictions of a network with ImageNet's classes"
        )
    top = whole_number("decode_predictions", "top", top, 1)
    index = _class_index()
    best = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return [
        [(*index[i], float(row[i])) for i in order] for row, order in zip(scores, best, strict=True)
    ]


def _class_index() -> list[tuple[str, str]]:
    path = find_published("decode_predictions", CLASS_INDEX, CLASS_INDEX_ADDRESS)
    with open_regular(path) as file:
        content = file.read(LARGEST_INDEX)
    try:
        entries = json.loads(content)
        pairs = [entries[str(number)] for number in range(CLASSES)]
        if not all(isinstance(text, str) for pair in pairs for text in pair):
            raise TypeError("names are texts")
        return [(wordnet_id, name) for wordnet_id, name in pairs]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(
            f"decode_predictions: {path}: is no class index: 0 to {CLASSES - 1}, each with "
            "WordNet id and name"
        ) from None
