"""Work for all cores: every part once, and what goes wrong is told."""

import threading
import time

import pytest

from impasto.engine.parallel import default_threads, each, in_parts, on_all


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


def test_work_may_hand_out_work():
    """To the same threads, more often than there are any: nobody waits for those that have not begun."""

    def sums(n: int) -> int:
        return sum(each(lambda k: n * k, 20, 3))

    found = []
    worker = threading.Thread(target=lambda: found.extend(each(lambda n: sum(each(sums, n, 3)), 12, 3)), daemon=True)
    worker.start()
    worker.join(60)
    assert found == [sum(190 * k for k in range(n)) for n in range(12)]


def test_after_a_failure_nobody_begins_another_part():
    begun = []

    def work(k: int) -> None:
        begun.append(k)
        if k == 3:
            raise KeyError
        time.sleep(0.001)

    with pytest.raises(KeyError):
        each(work, 1000, 3)
    assert len(begun) < 1000


def test_there_is_a_core():
    assert default_threads() >= 1
