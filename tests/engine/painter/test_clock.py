"""The clock, by a time that the tests turn themselves."""

import pytest

from impasto.engine.painter import clock as clock_module
from impasto.engine.painter.clock import REMEMBERED, Clock


@pytest.fixture
def time(monkeypatch):
    class Time:
        now = 1000.0

        def monotonic(self):
            return self.now

    fake = Time()
    monkeypatch.setattr(clock_module, "time", fake)
    return fake


def test_seconds_count_on_from_the_sittings_before(time):
    clock = Clock(12.5, {})
    assert clock.seconds == 12.5
    time.now += 3
    assert clock.seconds == 15.5


def test_what_is_due_comes_once_per_period_and_each_on_its_own(time):
    clock = Clock(500.0, {"often": 1.0, "seldom": 10.0})
    heard = {"often": [], "seldom": []}
    for tick in range(1, 101):
        time.now = 1000 + tick / 4
        for what, ticks in heard.items():
            if clock.due(what):
                ticks.append(tick / 4)
    assert heard == {"often": list(range(1, 26)), "seldom": [10, 20]}


def test_a_late_look_is_answered_once_and_the_period_begins_anew(time):
    clock = Clock(0, {"preview": 1.0})
    time.now += 7.5
    assert [clock.due("preview") for _ in range(3)] == [True, False, False]
    time.now += 0.75
    assert not clock.due("preview")
    time.now += 0.25
    assert clock.due("preview")


def test_what_takes_long_comes_seldom(time):
    """So that previews, however slow, leave most of the time to the painting."""
    clock = Clock(0, {"preview": 1.0, "always": 0.0})
    time.now += 1
    assert clock.due("preview")
    time.now += 0.1
    clock.done("preview")
    time.now += 0.9
    assert clock.due("preview")  # that was a tenth of the time
    time.now += 2
    clock.done("preview")
    time.now += 7.9
    assert not clock.due("preview")
    time.now += 0.2
    assert clock.due("preview")
    assert clock.due("always")
    time.now += 5
    clock.done("always")
    assert clock.due("always")


def test_what_took_long_the_first_time_need_not_again(time):
    """Much is loaded then: the next preview comes soon all the same."""
    clock = Clock(0, {"preview": 1.0})
    time.now += 1
    assert clock.due("preview")
    time.now += 5
    clock.done("preview")
    assert clock.due("preview")


def test_never_is_never_due_and_no_period_always(time):
    clock = Clock(0, {"never": None, "always": 0.0})
    time.now += 1e9
    assert not clock.due("never")
    assert clock.due("always") and clock.due("always")


def test_time_left_is_unknown_until_something_was_done(time):
    clock = Clock(0, {})
    assert clock.left(0, 10) is None
    time.now += 5
    assert clock.left(0.005, 10) is None  # at this pace it would take for ever, but things are still being loaded
    time.now += 5
    assert clock.left(1, 10) == pytest.approx(90)


def test_time_left_does_not_count_what_was_done_in_sittings_before(time):
    clock = Clock(1e6, {})
    clock.left(50, 100)
    time.now += 2
    assert clock.left(51, 100) == pytest.approx(98)


def test_time_left_at_a_steady_pace_and_at_the_end(time):
    clock = Clock(0, {})
    for done in range(1, 201):
        time.now += 0.5
        left = clock.left(done, 200)
        assert done == 1 or left == pytest.approx((200 - done) * 0.5)


def test_time_left_forgets_the_old_pace(time):
    clock = Clock(0, {})
    done, left = 0.0, None
    for pace in (10.0, 1.0):
        for _ in range(REMEMBERED):
            time.now += 1 / pace
            done += 1
            left = clock.left(done, 1000)
    assert left == pytest.approx(1000 - done)
