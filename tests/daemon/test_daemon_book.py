"""What the daemon remembers of jobs, by value: their order, their events, and what of a preview is sent."""

import time

import numpy as np

from impasto.engine.daemon.jobs import Canvas, Job, Queue
from impasto.engine.daemon.records import Record


def job(id: str, client: str = "a", kind: str = "paint", urgent: bool = False) -> Job:
    return Job(id, Record(client, kind, urgent=urgent, accepted=time.time()))


def order(queue: Queue) -> list[str]:
    found = []
    while (next_one := queue.next()) is not None:
        found.append(next_one.id)
    return found


def test_clients_take_turns_and_what_somebody_waits_for_goes_first() -> None:
    queue = Queue()
    for each in (
        job("a1"), job("a2"), job("a3"), job("b1", "b"), job("b2", "b"),
        job("a4", kind="segment"), job("a5", urgent=True),
    ):  # fmt: skip
        queue.add(each)
    assert queue.count() == 7 and queue.count("b") == 2 and queue.clients == {"a", "b"}
    assert order(queue) == ["a4", "b1", "a5", "b2", "a1", "a2", "a3"]


def test_what_was_taken_before_goes_to_the_front_and_a_wish_is_heard() -> None:
    queue, jobs = Queue(), [job(name) for name in ("1", "2", "3")]
    for each in jobs[1:]:
        queue.add(each)
    queue.add(jobs[0], front=True)
    assert [queue.position(each) for each in jobs] == [0, 1, 2]
    queue.arrange([jobs[2], jobs[0]])
    assert order(queue) == ["3", "2", "1"]


def test_of_progress_only_the_last_is_kept() -> None:
    its = job("1")
    told = [its.told({"event": name}) for name in ("pass", "progress", "progress", "preview", "progress", "pass")]
    assert [event["seq"] for event in told] == [1, 2, 3, 4, 5, 6] and {event["job"] for event in told} == {"1"}
    assert [(event["event"], event["seq"]) for event in its.events] == [("pass", 1), ("progress", 5), ("pass", 6)]


def test_of_a_preview_all_that_changed_is_sent_and_no_more() -> None:
    canvas, pixels = Canvas(), np.zeros((20, 30, 4), np.uint8)
    first = canvas.changed(pixels)
    assert first is not None and first[:2] == (0, 0) and first[2].shape == (20, 30, 4)
    assert canvas.changed(pixels.copy()) is None
    other = pixels.copy()
    other[5, 7, 3] = other[11, 19, 0] = 1
    top, left, part = canvas.changed(other) or (0, 0, pixels)
    assert (top, left) == (5, 7) and np.array_equal(part, other[5:12, 7:20])
