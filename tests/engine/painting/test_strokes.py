"""Strokes: building, joining, choosing and refusing them."""

from dataclasses import fields, replace

import numpy as np
import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.painting import strokes as strokes_module
from impasto.engine.painting.strokes import BLUE, COLUMNS, MAX_ID, R0, RED, T2, X0, Y2, Strokes


def random_table(count, seed=0):
    return np.random.default_rng(seed).random((count, 13), np.float32)


def same(one, other):
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Strokes))


def test_the_constants_name_the_columns():
    assert len(COLUMNS) == 13
    for position, name in enumerate(COLUMNS):
        assert getattr(strokes_module, name.upper()) == position


def test_of_copies_casts_and_numbers():
    table = random_table(4).astype(np.float64)
    strokes = Strokes.of(table, region=[3, 1, 1, 0], pass_index=2, first_id=100)
    table[:] = 0
    assert strokes.table.any() and strokes.table.dtype == np.float32
    assert strokes.region.tolist() == [3, 1, 1, 0] and strokes.region.dtype == np.int16
    assert strokes.pass_index.tolist() == [2] * 4 and strokes.pass_index.dtype == np.int16
    assert strokes.id.tolist() == [100, 101, 102, 103] and strokes.id.dtype == np.int64
    assert len(strokes) == 4 and strokes.next_id == 104


def test_a_number_too_large_for_float32_is_refused_like_infinity():
    with pytest.raises(ImpastoError, match="position of stroke 0 is inf"):
        Strokes.of([[1e300] * 13]).validated()


def test_empty_is_valid_and_starts_counting_at_zero():
    empty = Strokes.empty().validated()
    assert len(empty) == 0 and empty.table.shape == (0, 13) and empty.next_id == 0
    assert same(empty, Strokes.of([[0.5] * 13]).take([]))
    assert same(empty, Strokes.of(np.empty((0, 13)), region=[]))


def test_concatenate_keeps_order_and_ids():
    first = Strokes.of(random_table(3), region=1)
    second = Strokes.of(random_table(2, seed=1), pass_index=1, first_id=first.next_id)
    joined = Strokes.concatenate([second, first])
    assert joined.id.tolist() == [3, 4, 0, 1, 2]
    assert same(joined.take(slice(0, 2)), second) and same(joined.take(slice(2, 5)), first)
    assert same(Strokes.concatenate([]), Strokes.empty())


def test_concatenate_refuses_two_strokes_with_one_id():
    with pytest.raises(ImpastoError, match="id 1 occurs twice"):
        Strokes.concatenate([Strokes.of(random_table(2)), Strokes.of(random_table(1), first_id=1)])


@pytest.mark.parametrize(
    ("which", "expected"),
    [([2, 0], [2, 0]), ([-1], [2]), (1, [1]), ([True, False, True], [0, 2]), (slice(1, None), [1, 2])],
)
def test_take_by_index_mask_or_slice(which, expected):
    strokes = Strokes.of(random_table(3), region=[0, 1, 2])
    taken = strokes.take(which)
    assert taken.id.tolist() == expected and taken.region.tolist() == expected
    assert np.array_equal(taken.table, strokes.table[expected])
    assert not np.shares_memory(taken.table, strokes.table)
    taken.validated()


@pytest.mark.parametrize("which", [[3], [-4], [True], [0.5], ["0"], np.ones(4, bool), np.zeros((0,), bool)])
def test_take_refuses_what_is_not_there(which):
    with pytest.raises(ImpastoError, match="among 3 strokes"):
        Strokes.of(random_table(3)).take(which)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"table": np.zeros((2, 12))}, r"shape \(2, 12\)"),
        ({"table": np.zeros(13)}, r"shape \(13,\)"),
        ({"table": "strokes"}, "not numeric"),
        ({"table": [[None] * 13, [1, 2]]}, "not numeric"),
        ({"region": [0, 1, 2]}, "give one whole number or 2"),
        ({"region": 0.5}, "'region' is float64"),
        ({"region": 32768}, "outside 0 to 32767"),
        ({"pass_index": -1}, "'pass_index' holds"),
        ({"first_id": -1}, "leaves no room"),
        ({"first_id": MAX_ID}, "leaves no room"),
        ({"first_id": 0.5}, "whole number"),
    ],
)
def test_of_refuses(arguments, message):
    with pytest.raises(ImpastoError, match=message):
        Strokes.of(**({"table": random_table(2)} | arguments))


@pytest.mark.parametrize(
    ("column", "low", "high"), [(X0, -4, 5), (Y2, -4, 5), (R0, 0, 2), (T2, 0, 4), (RED, 0, 1), (BLUE, 0, 1)]
)
def test_validated_knows_the_range_of_every_column(column, low, high):
    def holding(value):
        table = random_table(5)
        table[3, column] = value
        return Strokes.of(table)

    for value in (low, high):
        assert holding(value).validated().table[3, column] == value
    for value in (low - 0.01, high + 0.01, np.nan, np.inf, -np.inf):
        with pytest.raises(ImpastoError, match=r"a\.impasto: the .* of stroke 3 is"):
            holding(value).validated("a.impasto")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"table": np.zeros((2, 13))}, "'table' must be float32"),
        ({"table": np.zeros((2, 13), ">f4")}, "'table' must be float32"),
        ({"table": np.zeros((2, 14), np.float32)}, r"must be float32 \(2, 13\)"),
        ({"table": np.float32(0)}, "'table' must be"),
        ({"table": [[0.0] * 13] * 2}, "'table' must be"),
        ({"region": np.zeros(3, np.int16)}, "'region' must be"),
        ({"region": np.array([0, -1], np.int16)}, "the region of stroke 1 is -1"),
        ({"pass_index": np.array([-5, 0], np.int16)}, "the pass of stroke 0 is -5"),
        ({"pass_index": None}, "'pass_index' must be"),
        ({"id": np.array([0, 1], np.int32)}, "'id' must be int64"),
        ({"id": np.array([7, 7])}, "id 7 occurs twice"),
        ({"id": np.array([7, -7])}, "id -7 is negative"),
    ],
)
def test_validated_refuses(changed, message):
    with pytest.raises(ImpastoError, match=message):
        replace(Strokes.of(random_table(2)), **changed).validated()


def test_validated_limits_the_number_of_strokes(monkeypatch):
    monkeypatch.setattr(strokes_module, "MOST_STROKES", 3)
    Strokes.of(random_table(3)).validated()
    with pytest.raises(ImpastoError, match="4 strokes are too many"):
        Strokes.of(random_table(4)).validated()


def test_validated_makes_arrays_contiguous():
    scattered = replace(Strokes.of(random_table(3)), table=np.asfortranarray(random_table(3)))
    strokes = scattered.validated()
    assert strokes.table.flags.c_contiguous and np.array_equal(strokes.table, scattered.table)
