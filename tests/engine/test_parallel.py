"""Work for all cores: every part once, and what goes wrong is told."""

import pytest

from impasto.engine.parallel import default_threads, in_parts, on_all


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 1000])
def test_every_part_is_worked_on_once(count):
    done = [0] * count

    def work(part: slice) -> None:
        assert len(done[part]) <= 8
        for k in range(*part.indices(count)):
            done[k] += 1

    in_parts(count, 8, work)
    assert done == [1] * count


@pytest.mark.parametrize("threads", [None, 1, 3])
def test_results_come_in_the_order_of_the_things(threads):
    assert on_all(lambda k: k * k, range(100), threads) == [k * k for k in range(100)]
    assert on_all(str, [], threads) == []


def test_what_goes_wrong_is_told():
    with pytest.raises(ZeroDivisionError):
        in_parts(100, 10, lambda part: 1 // (part.start - 50))


def test_there_is_a_core():
    assert default_threads() >= 1
