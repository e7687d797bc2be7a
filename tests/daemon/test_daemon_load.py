"""Eight clients at once: nothing is lost, nothing is mixed up, and nothing stays behind."""

import itertools
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving import ENDLESS, Daemon, endless, flat, last, order, painted, photo, put, tells_children, until

from impasto.protocol import ProtocolError
from impasto.protocol.codec import pack, unpack

CLIENTS, JOBS = 8, 25
SMALL = {"strokes": 4, "working_size": 48}
# 216 colours, each at least 50 apart from the others
LEVELS = range(2, 256, 50)
COLOURS = list(itertools.product(LEVELS, LEVELS, LEVELS))[: CLIENTS * JOBS]


def work(daemon: Daemon, number: int, told: list[Any]) -> None:
    """Have 25 pictures painted, asked for all at once, and look at each."""
    mine = COLOURS[number * JOBS : (number + 1) * JOBS]
    with daemon.client(f"client {number}") as client:
        jobs = {order(client, flat(colour, 16), label=f"{colour}", **SMALL): colour for colour in mine}
        assert {job["label"] for job in client.ask("list")["jobs"]} == {f"{colour}" for colour in mine}
        for job, colour in jobs.items():
            pixels = painted(client, job)
            assert pixels.shape == (16, 16, 4)
            told.append((colour, np.abs(pixels[..., :3] - np.array(colour, float)).max(), pixels[..., 3].min()))
        for job in jobs:
            client.ask("forget", job=job)
        assert client.ask("list")["jobs"] == []


def memories(daemon: Daemon) -> list[int]:
    """Bytes of daemon and first worker, once all they load has come to rest; nothing without /proc."""
    if not Path("/proc/self/status").exists():
        return []
    worker = daemon.tasks()[0]
    found: list[list[int]] = []

    def at_rest() -> bool:
        time.sleep(0.3)
        found.append([daemon.memory(), daemon.memory(worker)])
        return len(found) > 4 and all(max(f) - min(f) < 1 << 20 for f in zip(*found[-5:], strict=True))

    until(at_rest, "memory has come to rest")
    return found[-1]


def test_eight_clients(start_daemon: Any) -> None:
    daemon = start_daemon()
    daemon.client("client 0").close()
    for number in range(CLIENTS):
        daemon.let_in(f"client {number}")
    told: list[Any] = []
    work(daemon, 0, told)  # everything is loaded now
    before = memories(daemon)
    told.clear()
    threads = [threading.Thread(target=work, args=(daemon, number, told)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(colour for colour, _, _ in told) == sorted(COLOURS)
    assert max(difference for _, difference, _ in told) < 20
    assert min(alpha for _, _, alpha in told) == 255
    until(lambda: daemon.spooled() == set(), "the disk is free")
    assert daemon.uploaded() == []
    assert "a turn went wrong" not in daemon.log()
    for now, then in zip(memories(daemon), before, strict=True):
        assert now < then * 1.1 + (8 << 20)


def test_clients_take_turns(daemon: Daemon) -> None:
    """Who asks for one thing does not wait until somebody else's many are done; previews go before the rest."""
    with daemon.client("many") as many, daemon.client("one") as one, daemon.client("urgent") as urgent:
        first = endless(many)  # until all the others wait
        rest = [order(many, flat((1, 2, 3)), **SMALL) for _ in range(12)]
        alone = order(one, flat((1, 2, 3)), **SMALL)
        quick = order(urgent, flat((1, 2, 3)), priority="preview", **SMALL)
        many.ask("cancel", job=first)
        assert last(urgent, quick)["event"] == "done"
        assert last(one, alone)["event"] == "done"
        states = [job["state"] for job in many.ask("list")["jobs"] if job["job"] in rest]
        assert states.count("done") < len(rest)
        for client, jobs in ((many, [first, *rest]), (one, [alone]), (urgent, [quick])):
            for job in jobs:
                assert job in {j["job"] for j in client.ask("list")["jobs"]}
                if client is many:
                    assert last(client, job)["event"] == ("cancelled" if job == first else "done")
                client.ask("forget", job=job)


@tells_children
def test_a_worker_that_dies_takes_nothing_along(daemon: Daemon) -> None:
    with daemon.client("patient") as client:
        jobs = [order(client, flat(colour), **SMALL) for colour in COLOURS[:4]]
        for worker in until(daemon.tasks, "there is a worker"):
            os.kill(worker, signal.SIGKILL)
        for job, colour in zip(jobs, COLOURS, strict=False):
            assert np.abs(painted(client, job)[..., :3] - np.array(colour, float)).max() < 20
            client.ask("forget", job=job)


def test_cancelled_at_once(daemon: Daemon) -> None:
    """Before it is begun, while it is begun, or just after: it ends as cancelled, once."""
    with daemon.client("hasty") as client, daemon.dealer("hasty") as socket:
        for k in range(12):
            socket.send_multipart(pack("paint", k, {**ENDLESS, "preview": False, "picture": put(client, photo())}))
            assert socket.poll(120_000)
            job = unpack(socket.recv_multipart())[0]["job"]
            if k % 3:
                socket.poll(k)
            socket.send_multipart(pack("cancel", k + 100, {"job": job}))
            said = []
            while "cancelled" not in said:
                assert socket.poll(120_000)
                header, _ = unpack(socket.recv_multipart())
                assert header["kind"] != "error"
                said.append(header.get("event"))
            if None not in said:  # the answer to `cancel`, which may be the last word
                assert socket.poll(120_000)
                socket.recv_multipart()
            assert said.count("cancelled") == 1
            with pytest.raises(ProtocolError):
                client.fetch(job, "pixels.rgba", 4)
            client.ask("forget", job=job)
