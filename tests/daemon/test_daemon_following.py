"""An animation's frames over the protocol: the same strokes as a film's here, cuts told, and nothing believed."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from serving import QUICK, Daemon, last, put

from impasto.engine.daemon.remote import fetched
from impasto.engine.motion.films import carried_on
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style, changed_style
from impasto.protocol.client import Client

OIL = changed_style(QUICK, ["medium.kind=oil", "light.weave=0"])
SIZE: dict[str, Any] = {"working_size": 96, "seed": 3}


def frame(k: int, seed: int = 1) -> NDArray[np.uint8]:
    """Soft stripes and spots that move to the left by three pixels a frame."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:64, :96]
    waves = [128 + 90 * np.sin((x + 3 * k) / rng.uniform(4, 9) + y / rng.uniform(5, 12)) for _ in range(3)]
    return np.stack(waves, -1).astype(np.uint8)


def first(client: Client, picture: NDArray[np.uint8], style: Style = OIL) -> bytes:
    """The painting of a scene's first picture."""
    job = client.start("paint", picture=put(client, picture), style=style.model_dump(mode="json"), strokes=60, **SIZE)
    return bytes(client.fetch(job, "result.impasto", last(client, job)["painting"]))


def followed(client: Client, painting: bytes, memory: bytes, before: int | NDArray[np.uint8], now: Any) -> Any:
    """What is said at the end of a frame, and its job."""
    pictures = [put(client, frame(each) if isinstance(each, int) else each) for each in (before, now)]
    sent = {"memory": client.put(memory)} if memory else {}
    job = client.start(
        "follow", painting=client.put(painting), before=pictures[0], picture=pictures[1], **sent, **SIZE
    )  # fmt: skip
    return last(client, job), job


def test_frames_by_the_daemon_are_those_of_a_film_here(daemon: Daemon) -> None:
    here = list(carried_on([Picture(frame(k)) for k in range(3)], OIL, strokes=60, **SIZE))
    with daemon.client() as client:
        painting, memory = first(client, frame(0)), b""
        for k in (1, 2):
            said, job = followed(client, painting, memory, k - 1, k)
            assert said["event"] == "done" and said["cut"] is False
            found: Painting = fetched(client, job, said["painting"])
            assert np.array_equal(found.strokes.table, here[k].strokes.table)
            assert np.array_equal(found.strokes.id, here[k].strokes.id)
            pixels = np.frombuffer(client.fetch(job, "pixels.rgba", 64 * 96 * 4), np.uint8).reshape(64, 96, 4)
            assert np.array_equal(pixels, here[k].render(64, 96))
            painting = bytes(client.fetch(job, "result.impasto", said["painting"]))
            memory = bytes(client.fetch(job, "memory.npz", said["memory"]))


def test_a_cut_is_told(daemon: Daemon) -> None:
    noise = np.random.default_rng(9).integers(0, 256, (8, 12, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    with daemon.client() as client:
        said, _ = followed(client, first(client, frame(0)), b"", 0, noise)
    assert said["event"] == "done" and said["cut"] is True and "painting" not in said


@pytest.mark.parametrize("what", ["size", "painting", "memory", "other memory", "absorbs"])
def test_what_no_frame_follows_from_is_one_sentence(daemon: Daemon, what: str) -> None:
    with daemon.client() as client:
        painting, memory, before, now = first(client, frame(0)), b"", frame(0), frame(1)
        if what == "size":
            before = before[:, :90].copy()
        elif what == "painting":
            before, now = before[:60].copy(), now[:60].copy()
        elif what == "memory":
            memory = b"PK no memory"
        elif what == "other memory":
            said, job = followed(client, painting, b"", 0, 1)
            memory = bytes(client.fetch(job, "memory.npz", said["memory"]))
            painting = first(client, frame(5))
        else:
            painting = first(
                client, frame(0), changed_style(OIL, ["medium.kind=watercolour", "cover=false", "background=#ffffff"])
            )
        said, _ = followed(client, painting, memory, before, now)
    sentence = {
        "size": "of one size", "painting": "another size", "memory": "memory that was sent is damaged",
        "other memory": "memory that was sent is damaged", "absorbs": "choose a style that covers",
    }[what]  # fmt: skip
    assert said["event"] == "failed" and sentence in said["sentence"] + said["remedy"], said
