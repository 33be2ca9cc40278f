# SPDX-License-Identifier: BSD-3-Clause
"""Dataset: what each step yields, how long it is, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv.data import AUTOTUNE, INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, Dataset

X = np.arange(20, dtype=np.float32).reshape(10, 2)
Y = np.arange(10)


def numbers(dataset: Dataset) -> list[Any]:
    return [element.numpy().tolist() for element in dataset]


def counted(n: int) -> Dataset:
    return Dataset.from_tensor_slices(np.arange(n))


def generated(n: int) -> Dataset:
    return Dataset.from_generator(lambda: iter(range(n)))


def test_slices_of_an_array_a_tuple_a_dictionary() -> None:
    assert [x.shape for x in Dataset.from_tensor_slices(X)] == [(2,)] * 10
    for number, (x, y) in enumerate(Dataset.from_tensor_slices((X, Y))):
        assert x.numpy().tolist() == X[number].tolist()
        assert y.numpy() == number
    element = next(iter(Dataset.from_tensor_slices({"a": X, "b": (Y, [0.5] * 10)})))
    assert element["a"].numpy().tolist() == [0, 1]
    assert element["b"][1].dtype == np.float32


def test_texts_stay_texts() -> None:
    dataset = Dataset.from_tensor_slices((["a", "bc"], Y[:2]))
    assert [text for text, _ in dataset] == ["a", "bc"]
    assert next(iter(dataset.batch(2)))[0].tolist() == ["a", "bc"]


@pytest.mark.parametrize("source", [counted, generated])
def test_batches_keep_the_last_part_unless_told(source: Any) -> None:
    assert numbers(source(7).batch(3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert numbers(source(7).batch(3, drop_remainder=True)) == [[0, 1, 2], [3, 4, 5]]
    assert numbers(source(4).batch(2).batch(2)) == [[[0, 1], [2, 3]]]
    assert numbers(source(0).batch(2)) == []


def test_batches_stack_every_part_of_an_element() -> None:
    for dataset in (
        Dataset.from_tensor_slices({"x": X, "y": Y}),
        Dataset.from_generator(lambda: ({"x": x, "y": y} for x, y in zip(X, Y, strict=True))),
    ):
        first, last = dataset.batch(8)
        np.testing.assert_array_equal(first["x"].numpy(), X[:8])
        np.testing.assert_array_equal(last["y"].numpy(), Y[8:])
        assert last["x"].dtype == np.float32


def test_maps_take_the_parts_of_a_tuple_as_arguments() -> None:
    dataset = Dataset.from_tensor_slices((X, Y)).map(lambda x, y: (x * 2 + 1, {"label": y}))
    for number, (x, label) in enumerate(dataset):
        np.testing.assert_array_equal(x.numpy(), X[number] * 2 + 1)
        assert label["label"].numpy() == number
    assert numbers(counted(3).map(lambda i: [1.5, i.item()])) == [[1.5, 0], [1.5, 1], [1.5, 2]]


def test_a_differentiable_function_maps() -> None:
    reshaped = Dataset.from_tensor_slices(np.ones((3, 16))).map(lambda x: pyconv.reshape(x, (4, 4)))
    assert [x.shape for x in reshaped] == [(4, 4)] * 3


def test_filter_take_skip_repeat() -> None:
    for source in (counted, generated):
        assert numbers(source(6).filter(lambda i: i.item() % 2 == 0)) == [0, 2, 4]
        assert numbers(source(5).take(2)) == [0, 1]
        assert numbers(source(5).skip(3)) == [3, 4]
        assert numbers(source(3).take(-1)) == [0, 1, 2]
        assert numbers(source(3).skip(-1)) == []
        assert numbers(source(2).repeat(3)) == [0, 1] * 3
        assert numbers(source(2).repeat().take(5)) == [0, 1, 0, 1, 0]
        assert numbers(source(5).skip(1).take(3).skip(1)) == [2, 3]
        assert numbers(source(0).repeat()) == []


def test_zip_goes_by_the_shortest() -> None:
    zipped = Dataset.zip(counted(3), generated(5))
    assert [(a.item(), b.item()) for a, b in zipped] == [(0, 0), (1, 1), (2, 2)]
    for form in ((counted(2), counted(4)), {"a": counted(2)}):
        assert len(Dataset.zip(form)) == 2
    assert next(iter(Dataset.zip({"a": counted(2)})))["a"].item() == 0


def test_lengths() -> None:
    for dataset, length in (
        (counted(7).batch(3), 3),
        (counted(7).batch(3, drop_remainder=True), 2),
        (counted(7).map(lambda i: i).shuffle(2).prefetch(1).cache(), 7),
        (counted(7).take(9), 7),
        (counted(7).skip(9), 0),
        (counted(7).repeat(2).batch(4), 4),
        (counted(7).repeat().take(11), 11),
        (generated(3).take(0), 0),
        (Dataset.zip(counted(7), counted(2).repeat()), 7),
    ):
        assert len(dataset) == length == len(list(dataset))
        assert dataset.cardinality().numpy() == length


def test_lengths_that_are_unknown_or_infinite() -> None:
    endless, unknown = counted(7).repeat(), generated(3).batch(2)
    assert endless.cardinality() == INFINITE_CARDINALITY
    assert unknown.cardinality() == UNKNOWN_CARDINALITY
    with pytest.raises(TypeError, match="number of elements is infinite"):
        len(endless)
    with pytest.raises(TypeError, match="number of elements is unknown"):
        len(unknown)
    assert endless
    assert counted(0)
    assert "infinitely many" in repr(endless)


@pytest.mark.parametrize("source", [counted, generated])
def test_a_shuffle_is_a_permutation_from_the_buffer(source: Any) -> None:
    pyconv.set_seed(4)
    whole = numbers(source(100).shuffle(100))
    assert sorted(whole) == list(range(100)) != whole
    near = numbers(source(100).shuffle(10))
    assert sorted(near) == list(range(100)) != near
    assert all(value < place + 10 for place, value in enumerate(near))


def test_a_whole_shuffle_is_uniform() -> None:
    pyconv.set_seed(4)
    dataset = counted(3).shuffle(5)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(3000):
        order = tuple(numbers(dataset))
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert max(abs(count - 500) for count in counts.values()) < 5 * 500**0.5


def test_every_pass_shuffles_anew_unless_told() -> None:
    for options in ({}, {"seed": 3}):
        dataset = counted(50).shuffle(50, **options)
        assert numbers(dataset) != numbers(dataset)
        dataset = counted(50).shuffle(50, reshuffle_each_iteration=False, **options)
        assert numbers(dataset) == numbers(dataset)
    first, second = np.split(np.array(numbers(counted(20).shuffle(20, seed=1).repeat(2))), 2)
    assert sorted(first) == sorted(second)
    assert first.tolist() != second.tolist()


def test_a_seed_fixes_the_order_and_leaves_the_one_generator_alone() -> None:
    pyconv.set_seed(1)
    before = pyconv.random.get_state()
    orders = [numbers(counted(30).shuffle(30, seed=8)) for _ in range(2)]
    assert orders[0] == orders[1]
    assert pyconv.random.get_state() == before


def test_without_a_seed_the_order_is_the_one_generators() -> None:
    def order() -> list[int]:
        return numbers(counted(30).shuffle(30).shuffle(7))

    pyconv.set_seed(1)
    first, second = order(), order()
    pyconv.set_seed(1)
    assert [order(), order()] == [first, second]
    assert first != second


def test_gathered_and_stacked_batches_are_the_same() -> None:
    def batches(dataset: Dataset) -> list[Any]:
        pyconv.set_seed(3)
        steps = dataset.shuffle(4).skip(1).take(8).batch(3)
        return [(x.numpy().tolist(), y.numpy().tolist()) for x, y in steps]

    direct = Dataset.from_tensor_slices((X, Y))
    detour = Dataset.from_generator(lambda: zip(X, Y, strict=True))
    assert batches(direct) == batches(detour)


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_cache_reads_once(tmp_path: Any, kind: str) -> None:
    read: list[int] = []

    def source() -> Iterator[Any]:
        for i in range(5):
            read.append(i)
            yield {"x": np.full((2, 2), i, np.float32), "y": (i, "text")}

    path = tmp_path / "kept"
    dataset = Dataset.from_generator(source).cache(path if kind == "file" else "")
    next(iter(dataset))  # a part of a pass keeps nothing
    read.clear()
    passes = [list(dataset) for _ in range(3)]
    assert read == list(range(5))
    for elements in passes:
        assert [e["x"].numpy()[0, 1] for e in elements] == list(range(5))
        assert [e["y"][0].item() for e in elements] == list(range(5))
        assert {e["y"][1] for e in elements} == {"text"}
        assert elements[0]["x"].dtype == np.float32
    assert [file.name for file in tmp_path.iterdir()] == (["kept"] if kind == "file" else [])


def test_a_cache_file_serves_another_program(tmp_path: Any) -> None:
    path = str(tmp_path / "kept")
    assert numbers(counted(4).map(lambda i: i * i).cache(path)) == [0, 1, 4, 9]
    assert numbers(counted(4).cache(path)) == [0, 1, 4, 9]
    assert numbers(generated(1).cache(path)) == [0, 1, 4, 9]


@pytest.mark.parametrize(("count", "found"), [(3, "more"), (5, "4")])
def test_a_cache_file_of_another_number_of_elements_is_refused(
    tmp_path: Any, count: int, found: str
) -> None:
    path = tmp_path / "kept"
    list(counted(4).cache(path))
    text = rf"kept: holds {found} elements, the dataset {count}; it was written for another"
    with pytest.raises(ValueError, match=text):
        list(counted(count).cache(path))
    assert numbers(counted(4).cache(path)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "header",
    [
        "'descr': '|V0', 'fortran_order': False, 'shape': (1152921504606846976,)",
        "'descr': '<U0', 'fortran_order': False, 'shape': (1152921504606846976,)",
        "'descr': '<f4', 'fortran_order': False, 'shape': (-1,)",
        "'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)",
    ],
)
def test_a_cache_file_with_a_hostile_header_is_refused_at_once(tmp_path: Any, header: str) -> None:
    path = tmp_path / "kept"
    text = ("{" + header + "}").encode().ljust(117) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    path.write_bytes(b"pyconv dataset cache 1\nnull\n" + array + bytes(8) + b"end\n")
    with pytest.raises(ValueError, match=r"Dataset\.cache: .*kept: an array .* of .*; remove it"):
        list(generated(1).cache(path))


def test_texts_and_numbers_do_not_mix_and_keep_their_last_byte(tmp_path: Any) -> None:
    with pytest.raises(TypeError, match="a list of str with 1 in it"):
        Dataset.from_tensor_slices(["a", 1])
    mixed = Dataset.from_generator(lambda: iter([1.0, "a"])).batch(2)
    with pytest.raises(TypeError, match="must be all numbers, all str or all bytes"):
        list(mixed)
    with pytest.raises(ValueError, match="must not end in a zero byte"):
        Dataset.from_tensor_slices([b"a\0"])
    ends = Dataset.from_generator(lambda: iter([b"a\0", b"b"]))
    assert list(ends) == [b"a\0", b"b"]
    for dataset in (ends.batch(2), ends.cache(tmp_path / "kept")):
        with pytest.raises(ValueError, match=r"b'a\\x00'; must not end in a zero byte"):
            list(dataset)


def test_what_functions_answer_is_told_by_the_step_s_name() -> None:
    with pytest.raises(ValueError, match=r"filter: predicate returned shape \(2,\); must be one"):
        list(Dataset.from_tensor_slices(X).filter(lambda x: x > 0))
    with pytest.raises(RuntimeError, match=r"Dataset: .* raised StopIteration"):
        list(counted(2).map(lambda i: next(iter(()))).prefetch(1))


def test_a_signature_whose_shape_is_no_shape_and_too_many_threads_are_refused() -> None:
    spec = type("Spec", (), {"shape": 3, "dtype": "float32"})()
    with pytest.raises(TypeError, match=r"output_signature's shape=3; must be shapes"):
        Dataset.from_generator(list, output_signature=spec)
    with pytest.raises(ValueError, match=r"num_parallel_calls=2147483647; must be <= 1024"):
        counted(2).map(abs, num_parallel_calls=2**31 - 1)


def test_a_damaged_cache_file_is_named(tmp_path: Any) -> None:
    path = tmp_path / "kept"
    list(Dataset.from_tensor_slices((X, Y)).cache(path))
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"Dataset\.cache: .*kept: "):
            list(counted(1).cache(path))
    path.write_bytes(whole + b"x")
    with pytest.raises(ValueError, match="something stands behind its end"):
        list(Dataset.from_tensor_slices((X, Y)).cache(path))
    path.write_bytes(whole.replace(b"(2,), }          ", b"(2000000000,), } "))
    with pytest.raises(ValueError, match="larger than the file"):
        list(counted(1).cache(path))


def test_an_error_while_caching_leaves_no_file_and_keeps_its_text(tmp_path: Any) -> None:
    def broken(i: Any) -> Any:
        raise FileNotFoundError(2, "No such file", "picture.jpg")

    with pytest.raises(FileNotFoundError, match=r"picture\.jpg"):
        list(counted(2).map(broken).cache(tmp_path / "kept"))
    assert not list(tmp_path.iterdir())


def test_elements_are_the_users_own() -> None:
    dataset = Dataset.from_tensor_slices(X).batch(5).cache()
    for batch in dataset:
        array = batch.numpy()
        array *= 0  # in place, as programs scale
        np.asarray(batch)[:] = -1
    for number, batch in enumerate(dataset):
        np.testing.assert_array_equal(batch.numpy(), X[number * 5 : number * 5 + 5])
    for array in dataset.as_numpy_iterator():
        array *= 0
    np.testing.assert_array_equal(np.concatenate(list(dataset)), X)


def test_programs_use_batches_as_keras_programs_do() -> None:
    dataset = Dataset.from_tensor_slices((X.reshape(10, 2, 1) * 9.6, Y)).batch(4)
    for images, labels in dataset.take(1):
        assert images.shape == (4, 2, 1)
        assert images[0].numpy().astype("uint8").tolist() == [[0], [9]]
        assert labels.numpy().tolist() == [0, 1, 2, 3]
    all_labels = [labels for _, labels in dataset]
    np.testing.assert_array_equal(np.concatenate(all_labels), Y)


def test_a_generator_that_refills_one_array_does_not_change_what_it_gave() -> None:
    def source() -> Iterator[Any]:
        array = np.zeros(2)
        for i in range(4):
            array[:] = i
            yield array

    values = numbers(Dataset.from_generator(source).shuffle(4, seed=1))
    assert sorted(values) == [[i, i] for i in range(4)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dataset.from_generator(range, args=3), "args=3; must be a tuple of arguments"),
        (lambda: Dataset.from_generator(range, args="ab"), "args='ab'; must be a tuple"),
        (lambda: Dataset.from_generator(range, "float3"), "output_types='float3'; must be a dtype"),
        (lambda: Dataset.from_generator(range, ("f4", 2)), r"output_types=2; must be a dtype"),
        (lambda: Dataset.from_generator(range, "object"), "output_types='object'; must be a dtype"),
        (lambda: Dataset.from_generator(range, "f4", (-1,)), "output_shapes=-1; must be shapes"),
        (
            lambda: Dataset.from_generator(range, output_signature=3),
            "output_signature=3; must be objects with a shape and a dtype",
        ),
        (lambda: list(Dataset.from_generator(lambda: 3)), "generator returned 3; must return an"),
        (
            lambda: list(Dataset.from_generator(lambda: None)),
            "generator returned None; must return an iterable",
        ),
        (lambda: counted(3).batch(2, num_parallel_calls="2"), "num_parallel_calls='2'"),
        (lambda: counted(3).batch(2, deterministic=1), "batch: deterministic=1; must be True or"),
        (
            lambda: Dataset.from_tensor_slices([[1, 2], [3]]),
            "from_tensor_slices: a part of an element is a list, but no array",
        ),
        (lambda: Dataset.from_tensor_slices((X, Y[:3])), r"\[10, 3\] items; must be equal"),
        (lambda: Dataset.from_tensor_slices(3.0), "has no axes"),
        (lambda: Dataset.from_tensor_slices(()), "must hold an array"),
        (lambda: Dataset.from_tensor_slices({"a": None}), "from_tensor_slices: a part of an"),
        (lambda: Dataset.from_tensor_slices(np.ma.masked_array(Y)), "masked"),
        (lambda: Dataset.from_generator(iter([1])), "must be a function"),
        (lambda: Dataset.zip(3), "must be a Dataset"),
        (lambda: Dataset.zip(), "no Datasets"),
        (lambda: counted(3).batch(0), "Dataset.batch: batch_size=0; must be >= 1"),
        (lambda: counted(3).batch(2.0), "batch_size=2.0; must be an int"),
        (lambda: counted(3).batch(2, drop_remainder=1), "drop_remainder=1; must be True or False"),
        (lambda: counted(3).shuffle(0), "buffer_size=0"),
        (lambda: counted(3).shuffle(3, seed=-1), "seed=-1"),
        (lambda: counted(3).repeat(-2), "count=-2"),
        (lambda: counted(3).prefetch(-2), "buffer_size=-2"),
        (lambda: counted(3).map(3), "map_func=3; must be a function"),
        (lambda: counted(3).map(len, num_parallel_calls="two"), "num_parallel_calls='two'"),
        (lambda: list(generated(3).map(lambda i: object()).batch(2)), "Dataset.map: a part of an"),
        (lambda: Dataset(3), "use Dataset.from_tensor_slices"),
    ],
)
def test_arguments_out_of_range_are_named(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_elements_that_do_not_stack_are_named() -> None:
    ragged = Dataset.from_generator(lambda: (np.zeros(i) for i in (2, 2, 3)))
    with pytest.raises(ValueError, match=r"element 0 .* shape \(2,\) and element 2 \(3,\)"):
        list(ragged.batch(3))
    mixed = Dataset.from_generator(lambda: iter([(1, 2), 3]))
    with pytest.raises(ValueError, match=r"element 0 .* is \(array, array\) and element 1 array"):
        list(mixed.batch(2))


def test_dictionaries_belong_together_by_name_whatever_their_order() -> None:
    def items() -> Iterator[dict[str, float]]:
        yield {"a": 1.0, "b": 2.0}
        yield {"b": 20.0, "a": 10.0}

    (batch,) = Dataset.from_generator(items).batch(2)
    assert {key: value.numpy().tolist() for key, value in batch.items()} == {
        "a": [1, 10],
        "b": [2, 20],
    }
    cast = Dataset.from_generator(items, output_types={"b": "int32", "a": "float64"})
    for element, a in zip(cast, (1, 10), strict=True):
        assert (element["a"].numpy(), element["b"].dtype) == (a, np.int32)


@pytest.mark.parametrize(
    ("first", "second"), [({"a": 1}, {"b": 1}), (((1, 2), 3), (1, (2, 3))), (({"a": 1},), (1,))]
)
def test_elements_of_as_many_parts_in_another_form_do_not_mix(first: Any, second: Any) -> None:
    with pytest.raises(ValueError, match=r"element 0 of a batch is .*element 1 .*must be of one"):
        list(Dataset.from_generator(lambda: iter([first, second])).batch(2))


def test_autotune_is_keras_spelling() -> None:
    assert pyconv.data.AUTOTUNE is AUTOTUNE
    dataset = counted(3).map(lambda i: i, num_parallel_calls=AUTOTUNE).prefetch(AUTOTUNE)
    assert numbers(dataset) == [0, 1, 2]
