# SPDX-License-Identifier: BSD-3-Clause
"""Every kind of array in every argument: the same bits as its plain copy, or a TypeError."""

import numpy as np
import pytest
from compare import assert_same_bits
from op_calls import (
    ELEMENTWISE,
    INTEGER_ARGUMENTS,
    OPTIONAL_ARGUMENTS,
    every_argument,
    op_calls,
    run,
)

from pyconv import ops


class Subclass(np.ndarray):
    """A subclass whose arithmetic would not be NumPy's."""

    def __mul__(self, other):
        raise AssertionError("an op used a subclass's arithmetic")


class HasArray:
    """An object that turns into an array when asked."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype)


class HasDLPack(HasArray):
    """An object that lends its memory by DLPack, as arrays of other libraries do."""

    __array__ = None

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def unaligned(array):
    raw = np.empty(array.nbytes + 1, np.uint8)
    view = np.frombuffer(raw.data, array.dtype, array.size, 1).reshape(array.shape)
    view[...] = array
    assert array.itemsize == 1 or not view.flags.aligned
    return view


def field_of_records(array):
    records = np.zeros(array.shape, np.dtype([("tag", "u1"), ("value", array.dtype)]))
    records["value"] = array
    return records["value"]


def reversed_storage(array):
    every = tuple([slice(None, None, -1)] * array.ndim)
    return array[every].copy()[every]


def slice_of_wider(array):
    wide = np.zeros((*array.shape[:-1], array.shape[-1] * 2 + 1), array.dtype)
    wide[..., 1::2] = array
    return wide[..., 1::2]


def read_only(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


GOOD = {
    "Fortran order": np.asfortranarray,
    "negative strides": reversed_storage,
    "slice of a wider array": slice_of_wider,
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "little-endian": lambda array: array.astype(array.dtype.newbyteorder("<")),
    "unaligned": unaligned,
    "field of records": field_of_records,
    "read-only": read_only,
    "subclass": lambda array: array.view(Subclass),
    "memory of a bytearray": lambda array: np.frombuffer(
        bytearray(array.tobytes()), array.dtype
    ).reshape(array.shape),
    "__array__": HasArray,
    "__dlpack__": HasDLPack,
    "transposed twice": lambda array: np.ascontiguousarray(array.T).T,
}


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize(("op", "argument"), every_argument())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_bits_as_the_plain_copy(op, argument, kind, dtype):
    arrays, options = op_calls(dtype)[op]
    expected = run(op, arrays, options)
    plain = arrays[argument]
    special = GOOD[kind](plain)
    got = run(op, {**arrays, argument: special}, options)
    assert_same_bits(got, expected)
    for result in got if isinstance(got, tuple) else (got,):
        assert type(result) is np.ndarray
        assert result.flags.c_contiguous
        assert result.flags.writeable
        assert result.dtype.isnative
    if isinstance(special, np.ndarray):
        assert np.array_equal(special, plain), "the input was changed"


@pytest.mark.parametrize(("op", "argument"), every_argument())
def test_broadcast_and_overlapping_views(op, argument):
    arrays, options = op_calls("float32")[op]
    plain = arrays[argument]
    first = plain.reshape(-1)[:1]
    flat = np.zeros(plain.size + plain.shape[-1], plain.dtype)
    flat[: plain.size] = np.abs(plain.reshape(-1)) % 4
    overlapping = np.lib.stride_tricks.as_strided(
        flat, plain.shape, (plain.itemsize,) * plain.ndim, writeable=False
    )
    for view in (np.broadcast_to(first, plain.shape), overlapping):
        expected = run(op, {**arrays, argument: view.copy()}, options)
        assert_same_bits(run(op, {**arrays, argument: view}, options), expected)


@pytest.mark.parametrize(
    ("op", "argument"), [row for row in every_argument() if row[1] not in INTEGER_ARGUMENTS]
)
def test_lists_are_arrays_of_float64(op, argument):
    arrays, options = op_calls("float64")[op]
    expected = run(op, arrays, options)
    got = run(op, {**arrays, argument: arrays[argument].tolist()}, options)
    assert_same_bits(got, expected)


def bad_kinds(array):
    """Return every kind of argument that is not an array of the right numbers."""
    shape = array.shape
    kinds = {
        "str": "1.5",
        "bytes": b"1.5",
        "dict": {},
        "set": {1.0},
        "object": object(),
        "function": len,
        "objects": np.full(shape, None, object),
        "numbers as objects": array.astype(object),
        "strings": np.full(shape, "1.5"),
        "dates": np.zeros(shape, "datetime64[D]"),
        "durations": np.zeros(shape, "timedelta64[s]"),
        "complex": array.astype(np.complex64),
        "masked": np.ma.masked_array(array, np.zeros(shape, bool)),
        "records": np.zeros(shape, [("value", array.dtype)]),
        "bool": np.zeros(shape, bool),
        "float16": array.astype(np.float16),
        "longdouble": array.astype(np.longdouble),
    }
    if array.dtype.kind == "f":
        for name in ("int8", "uint8", "int16", "int32", "int64", "uint64"):
            kinds[name] = np.zeros(shape, name)
        kinds["other precision"] = array.astype("f8" if array.itemsize == 4 else "f4")
    else:
        kinds["float32"] = array.astype(np.float32)
        kinds["float64"] = array.astype(np.float64)
    return kinds


@pytest.mark.parametrize(("op", "argument"), every_argument())
def test_refuses_other_kinds_by_name(op, argument):
    arrays, options = op_calls("float32")[op]
    alone = sum(name not in INTEGER_ARGUMENTS for name in arrays) == 1
    for name, bad in bad_kinds(arrays[argument]).items():
        if name == "other precision" and alone and argument not in INTEGER_ARGUMENTS:
            continue
        try:
            run(op, {**arrays, argument: bad}, options)
        except TypeError as error:
            text = str(error)
            assert text.startswith(f"{op.partition('_with_arg')[0]}: "), text
            # Of two arrays that differ in precision either may be named.
            assert argument in text or name == "other precision", text
        else:
            raise AssertionError(f"{op}({argument}={name}) is accepted")


@pytest.mark.parametrize(
    ("op", "argument"), [row for row in every_argument() if row[1] not in OPTIONAL_ARGUMENTS]
)
def test_refuses_none(op, argument):
    arrays, options = op_calls("float32")[op]
    with pytest.raises(TypeError, match=argument):
        run(op, {**arrays, argument: None}, options)


@pytest.mark.parametrize(
    ("op", "argument"), [row for row in every_argument() if row[1] not in INTEGER_ARGUMENTS]
)
def test_refuses_ragged_lists(op, argument):
    arrays, options = op_calls("float64")[op]
    with pytest.raises(ValueError, match=argument):
        run(op, {**arrays, argument: [[1.0, 2.0], [3.0]]}, options)


@pytest.mark.parametrize("value", [np.float32(1), np.zeros((), np.float32), 1.0])
@pytest.mark.parametrize(
    ("op", "argument"),
    [row for row in every_argument() if row[0].removesuffix("_backward") not in ELEMENTWISE],
)
def test_refuses_scalars(op, argument, value):
    arrays, options = op_calls("float32")[op]
    with pytest.raises((ValueError, TypeError), match=argument):
        run(op, {**arrays, argument: value}, options)


def test_matrices_are_two_dimensional_arrays():
    arrays, options = op_calls("float32")["gemm"]
    with pytest.warns(PendingDeprecationWarning):
        matrices = {name: np.matrix(array) for name, array in arrays.items()}
    got = run("gemm", matrices, options)
    assert type(got) is np.ndarray
    assert_same_bits(got, run("gemm", arrays, options))


def test_results_never_share_memory_with_inputs():
    for op, (arrays, options) in op_calls("float32").items():
        got = run(op, arrays, options)
        for result in got if isinstance(got, tuple) else (got,):
            for array in arrays.values():
                assert result is None or not np.shares_memory(result, array), op


def test_later_calls_leave_earlier_results_alone():
    x = np.ones((2, 40, 40, 33), np.float32)
    first = ops.relu(x)
    kept = first.copy()
    for value in (2, 3, 4):
        ops.relu(x * np.float32(value))
    assert_same_bits(first, kept)
