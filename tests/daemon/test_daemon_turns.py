"""Nobody waits for another's job: keys and kinds are served beside each other, and each as if it were alone."""

import os
import signal
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from serving import LONG, Daemon, endless, flat, last, order, painted, photo, put, tells_children, until, wait_for

from impasto.engine.painter.events import Finished
from impasto.engine.painter.painter import Painter
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import changed_style

SLOW = changed_style(LONG, ["finish=500", "passes.2.iterations=500"])
MANY = {"style": SLOW.model_dump(mode="json"), "strokes": 300, "working_size": 96}


def state(client: Any, job: str) -> str:
    return next(told["state"] for told in client.ask("list")["jobs"] if told["job"] == job)


def done(client: Any, job: str) -> None:
    until(lambda: state(client, job) == "done", "it is done")


def test_a_short_job_is_done_beside_anothers_long_one_which_ends_the_same(daemon: Daemon) -> None:
    with daemon.client("guest") as guest, daemon.client() as owner:
        unending = endless(guest)
        wait_for(guest, unending, "started")
        first = order(owner, flat((1, 2, 3)), strokes=4)
        done(owner, first)
        guest.ask("cancel", job=unending)
        last(guest, unending)
        long = order(guest, photo(), seed=3, **MANY)
        wait_for(guest, long, "started")
        second = order(owner, flat((1, 2, 3)), strokes=4)
        done(owner, second)
        assert state(guest, long) == "running"
        pixels = painted(guest, long)
        for client, job in ((guest, unending), (guest, long), (owner, first), (owner, second)):
            client.ask("forget", job=job)
    painter = Painter(Picture(photo(), None), SLOW, strokes=MANY["strokes"], seed=3, working_size=96)
    (here,) = [event for event in painter.paint() if isinstance(event, Finished)]
    assert np.array_equal(pixels, here.painting.render(*photo().shape[:2]))


@pytest.mark.slow
def test_regions_are_found_beside_ones_own_painting(daemon: Daemon) -> None:
    with daemon.client() as client:
        long = endless(client)
        wait_for(client, long, "started")
        found = client.start("segment", picture=put(client, photo(64, 64)), size=48)
        done(client, found)
        assert state(client, long) == "running"
        client.ask("cancel", job=long)
        last(client, long)
        for job in (long, found):
            client.ask("forget", job=job)


@tells_children
@pytest.mark.slow
def test_ones_own_short_jobs_are_done_one_after_the_other(daemon: Daemon) -> None:
    """So that other workers are there for others; also while nobody else wants anything."""
    with daemon.client("guest") as guest, daemon.client() as owner:
        brief, long = endless(guest), endless(owner)
        beside = guest.start("segment", picture=put(guest, photo(64, 64)), size=48)
        done(guest, beside)  # there are three workers
        guest.ask("cancel", job=brief)
        last(guest, brief)
        workers = daemon.tasks()
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        short = [owner.start("segment", picture=put(owner, photo(64, 64)), size=48) for _ in range(3)]
        until(lambda: state(owner, short[0]) == "running", "the first is begun")
        for _ in range(5):
            assert [state(owner, job) for job in short] == ["running", "waiting", "waiting"]
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        for job in short:
            done(owner, job)
        owner.ask("cancel", job=long)
        last(owner, long)
        for client, job in ((guest, brief), (guest, beside), *((owner, each) for each in (long, *short))):
            client.ask("forget", job=job)


@pytest.mark.slow
def test_a_fifth_key_waits_for_the_first_of_four_and_no_longer(daemon: Daemon) -> None:
    """All of them paint without an end, and four have more waiting since before the fifth came."""
    names = ("one", "two", "three", "four")
    with ExitStack() as stack:
        four = [stack.enter_context(daemon.client(name)) for name in names]
        fifth = stack.enter_context(daemon.client("five"))
        running = [endless(client) for client in four]
        for client, job in zip(four, running, strict=True):
            until(lambda c=client, j=job: state(c, j) == "running", "four keys' paintings are painted")
        waiting = [endless(client) for client in four]
        job = endless(fifth)
        assert [state(client, each) for client, each in zip(four, waiting, strict=True)] == ["waiting"] * 4
        assert state(fifth, job) == "waiting"
        four[2].ask("cancel", job=running[2])  # the first of them to end
        until(lambda: state(fifth, job) == "running", "it is the fifth's turn")
        assert [state(client, each) for client, each in zip(four, waiting, strict=True)] == ["waiting"] * 4
        assert [state(four[k], running[k]) for k in (0, 1, 3)] == ["running"] * 3
        for client, each in [*zip(four, running, strict=True), *zip(four, waiting, strict=True), (fifth, job)]:
            if state(client, each) in ("waiting", "running"):
                client.ask("cancel", job=each)
            until(lambda c=client, j=each: state(c, j) not in ("waiting", "running"), "all have ended")
            client.ask("forget", job=each)


@pytest.mark.slow
def test_an_unending_line_of_short_jobs_does_not_keep_others_waiting(daemon: Daemon) -> None:
    """Of two guests, whose paintings do not end either."""
    with daemon.client("guest") as guest, daemon.client("other") as other, daemon.client() as owner:
        long = [endless(guest), endless(other)]
        short: list[tuple[Any, str]] = []

        def more() -> None:
            for client in (guest, other):
                waiting = [j for c, j in short if c is client and state(c, j) in ("waiting", "running")]
                for _ in range(4 - len(waiting)):
                    short.append((client, client.start("segment", picture=put(client, photo(64, 64)), size=48)))

        more()
        until(lambda: state(other, long[1]) == "running", "both paint")
        job = order(owner, flat((1, 2, 3)), strokes=4)

        def served() -> bool:
            more()
            return state(owner, job) == "done"

        until(served, "the owner's is done")
        owner.ask("forget", job=job)
        for client, each in [*zip((guest, other), long, strict=True), *short]:
            client.ask("cancel", job=each)
        for client, each in [*zip((guest, other), long, strict=True), *short]:
            until(lambda c=client, j=each: state(c, j) not in ("waiting", "running"), "all have ended")
            client.ask("forget", job=each)
