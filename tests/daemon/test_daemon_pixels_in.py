"""Planes as they travel, memory before a job, and whose turn it is."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from impasto.engine.daemon import following
from impasto.engine.daemon.jobs import Canvas, Job, Queue
from impasto.engine.daemon.memory import fitted, needed
from impasto.engine.daemon.pixels_in import masks_of, picture_of, plane_bytes
from impasto.engine.daemon.records import Record
from impasto.engine.daemon.tasks import render_painting
from impasto.engine.errors import ImpastoError
from impasto.engine.imports import redrawing
from impasto.engine.motion import memory
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.protocol.messages import REQUESTS, checked_fields

# --- planes


def plane(height=5, width=7, channels=4, depth="u8", space="srgb", padding=0):
    size = {"u8": 1, "u16": 2, "f32": 4}[depth]
    return {"plane": "p", "width": width, "height": height, "channels": channels, "depth": depth, "space": space,
            "stride": width * channels * size + padding}  # fmt: skip


def written(folder: Path, values: np.ndarray, described: dict) -> Path:
    """Values (h, w, c) as rows of `stride` bytes; the last one ends with its last pixel."""
    rows = [row.tobytes().ljust(described["stride"], b"\x99") for row in values]
    rows[-1] = values[-1].tobytes()
    (folder / "p.raw").write_bytes(b"".join(rows))
    return folder / "p.raw"


@pytest.mark.parametrize("padding", [0, 3])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(("depth", "kind", "white"), [("u8", "<u1", 255), ("u16", "<u2", 65535), ("f32", "<f4", 1.0)])
def test_every_kind_of_plane_becomes_eight_bits(depth, kind, white, channels, padding, tmp_path):
    expected = np.random.default_rng(channels).integers(0, 256, (5, 7, channels))
    values = (expected / 255 * white).astype(kind) if depth == "f32" else (expected * (white // 255)).astype(kind)
    described = plane(channels=channels, depth=depth, padding=padding)
    picture = picture_of(described, written(tmp_path, values, described))
    colours = expected[..., : 3 if channels > 2 else 1]
    assert np.array_equal(picture.rgb, np.broadcast_to(colours, (5, 7, 3)))
    if channels in (2, 4):
        assert picture.alpha is not None and np.array_equal(picture.alpha, expected[..., -1])
    else:
        assert picture.alpha is None


def test_linear_light_becomes_srgb_and_alpha_stays(tmp_path):
    """16 bits of half the light are 188, not 128 (the plan's own example)."""
    values = np.full((5, 7, 4), 32768, "<u2")
    described = plane(depth="u16", space="linear")
    picture = picture_of(described, written(tmp_path, values, described))
    assert (picture.rgb == 188).all() and picture.alpha is not None and (picture.alpha == 128).all()


def test_floats_that_are_no_colours_are_cut(tmp_path):
    values = np.full((5, 7, 3), 0.5, "<f4")
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -3
    described = plane(channels=3, depth="f32")
    rgb = picture_of(described, written(tmp_path, values, described)).rgb
    assert rgb[0, :3, 0].tolist() == [0, 255, 0] and (rgb[1:] == 128).all()


def test_planes_that_contradict_themselves_are_refused(tmp_path):
    short = plane() | {"stride": 27}
    with pytest.raises(ImpastoError, match="correct the stride"):
        plane_bytes(short)
    with pytest.raises(ImpastoError, match="at most 268435456 pixels"):
        plane_bytes(plane(height=60000, width=60000))
    (tmp_path / "p.raw").write_bytes(b"123")
    with pytest.raises(ImpastoError, match="3 bytes instead of 140"):
        picture_of(plane(), tmp_path / "p.raw")
    with pytest.raises(ImpastoError, match="3 bytes instead of 24"):
        masks_of({"count": 2, "height": 3, "width": 4}, tmp_path / "p.raw")


# --- memory


def test_what_is_read_whole_is_not_read_if_it_is_larger_than_any(tmp_path):
    """A client may send 5 GB as the shapes of a painting, or as what the frame before has left."""
    painting = Painting(Strokes.empty(), 8, 8, style={}, seed=0, background=(0, 0, 0, 1), softness=0.01, edge=0)
    painting.save(tmp_path / "painting.impasto")
    (tmp_path / "painting.impasto").rename(tmp_path / "painting.raw")
    for name, most in (("drawn.raw", redrawing.MOST_BYTES), ("memory.raw", memory.MOST_BYTES)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(most + 1)  # takes no room on the disk
    fields = checked_fields({"painting": "p", "drawn": "d", "width": 8, "height": 8}, REQUESTS["render"][0])
    tracemalloc.start()
    try:
        with pytest.raises(ImpastoError, match="the shapes have more than 256 MB; leave out"):
            render_painting(tmp_path, fields, 1, lambda *_, **__: None)
        with pytest.raises(ImpastoError, match="the memory that was sent is larger than any; send that"):
            following._present(tmp_path, {"memory": "m"}, painting)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_a_job_is_made_to_fit_or_refused_with_the_number():
    plenty = needed(2000, 1000, 1024)
    assert fitted(2000, 1000, 1024, shrink=True, free=plenty) == (1024, [])
    size, told = fitted(2000, 1000, 1024, shrink=True, free=plenty - 1)
    assert size == 768 and told == ["painted at 768 instead of 1024 pixels, since memory is short"]
    less = needed(2000, 1000, 432)
    assert fitted(2000, 1000, 1024, shrink=True, free=less)[0] == 432 and needed(2000, 1000, 576) > less
    with pytest.raises(ImpastoError, match=rf"about {plenty >> 20} MB and 100 MB are free"):
        fitted(2000, 1000, 1024, shrink=False, free=100 << 20)
    with pytest.raises(ImpastoError, match="close other programs"):
        fitted(2000, 1000, 1024, shrink=True, free=100 << 20)


def test_more_pixels_need_more_memory():
    sizes = [needed(side, side, 1024) for side in (256, 1024, 4096, 16384)]
    assert sizes == sorted(sizes) and sizes[-1] < 8 << 30


# --- turns


def job(client: str, number: int, priority="normal", kind="paint") -> Job:
    return Job(f"{client}{number}", Record(client, kind, urgent=priority == "preview"))


def order(queue: Queue) -> list[str]:
    found = []
    while (following := queue.next()) is not None:
        found.append(following.id)
    return found


def test_clients_take_turns_however_many_jobs_each_has():
    queue = Queue()
    for number in range(4):
        queue.add(job("a", number))
    for number in range(2):
        queue.add(job("b", number))
    queue.add(job("c", 0))
    assert order(queue) == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]


def test_it_is_the_turn_of_who_was_served_longest_ago():
    """Though who was served last had more waiting before the other came."""
    queue = Queue()
    queue.add(job("a", 0))
    assert queue.next() is not None
    queue.add(job("a", 1))
    queue.add(job("b", 0))
    queue.add(job("b", 1))
    assert order(queue) == ["b0", "a1", "b1"]


def test_previews_and_segments_go_first_and_what_was_begun_goes_before_its_like():
    queue = Queue()
    again = job("a", 9)
    queue.add(job("a", 0))
    queue.add(job("b", 0))
    queue.add(job("b", 1, priority="preview"))
    queue.add(job("a", 1, kind="segment"))
    queue.add(again, front=True)
    found = order(queue)
    assert set(found[:2]) == {"b1", "a1"} and found.index("a9") < found.index("a0")


def test_positions_and_removal():
    queue, mine, theirs = Queue(), [job("a", k) for k in range(3)], job("b", 0)
    for each in (*mine, theirs):
        queue.add(each)
    assert [queue.position(each) for each in mine] == [0, 2, 3] and queue.position(theirs) == 1
    assert queue.count("a") == 3 and queue.count() == 4
    assert queue.remove(mine[1]) and not queue.remove(mine[1])
    assert order(queue) == ["a0", "b0", "a2"]


def test_of_a_jobs_progress_only_the_last_is_kept():
    told = job("a", 0)
    for number in range(5):
        told.told({"event": "progress", "fraction": number})
    told.told({"event": "preview"})
    told.told({"event": "pass"})
    assert [(e["event"], e["seq"]) for e in told.events] == [("progress", 5), ("pass", 7)]


def test_only_what_changed_of_a_preview_is_sent():
    canvas, pixels = Canvas(), np.zeros((20, 30, 4), np.uint8)
    top, left, part = canvas.changed(pixels) or (None, None, None)
    assert (top, left) == (0, 0) and part is pixels
    assert canvas.changed(pixels.copy()) is None
    later = pixels.copy()
    later[5:9, 7:21, 1] = 3
    assert canvas.changed(later) is not None
    again = later.copy()
    again[6, 8] = again[12, 20] = 9
    top, left, part = canvas.changed(again) or (None, None, None)
    assert (top, left) == (6, 8) and part is not None and np.array_equal(part, again[6:13, 8:21])
    larger = np.zeros((40, 30, 4), np.uint8)
    assert (canvas.changed(larger) or (None,) * 3)[2] is larger
