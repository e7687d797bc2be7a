"""Films: every frame is there, each shows more of the painting than the one before, and the last one is it."""

import struct
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from handmade import made
from numpy.typing import NDArray
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.export import check_result, write_result
from impasto.engine.export.film import _parts
from impasto.engine.export.writer import Film
from impasto.engine.painting.painting import Painting

SIZE = (65, 97)  # odd, as codecs do not like it


def on_white(painting: Painting) -> NDArray[np.float64]:
    pixels = painting.render(*SIZE) / 255
    return pixels[..., :3] * pixels[..., 3:] + 1 - pixels[..., 3:]


def in_rgb(frame: av.VideoFrame) -> NDArray[np.float64]:
    """By BT.709, or BT.601 where the frame says so; FFmpeg's own is cut off to whole numbers, and darker."""
    planes = [np.frombuffer(each, np.uint8).reshape(each.height, -1)[:, : each.width] for each in frame.planes]  # type: ignore[arg-type]
    of_red, of_blue = (0.299, 0.114) if frame.colorspace == 5 else (0.2126, 0.0722)
    light = (planes[0] - 16.0) / 219
    blue, red = (np.repeat(np.repeat((plane - 128.0) / 224, 2, 0), 2, 1) for plane in planes[1:])
    red, blue = light + 2 * (1 - of_red) * red, light + 2 * (1 - of_blue) * blue
    return np.stack([red, (light - of_red * red - of_blue * blue) / (1 - of_red - of_blue), blue], -1).clip(0, 1)


def calm(regions: int = 0) -> Painting:
    """A painting in colours that codecs keep, which halve them: greys, hardly tinted."""
    painting = made(regions=regions, opacity=1.0)
    table = painting.strokes.table.copy()
    table[:, 10:] = table[:, 10:11] * 0.9 + table[:, 10:] * 0.1
    return replace(painting, strokes=replace(painting.strokes, table=table))


def decoded(path: Path) -> tuple[list[NDArray[np.float64]], float]:
    """All frames of a video, 0..1, and how long it takes in seconds."""
    with av.open(str(path)) as container:
        frames = []
        for frame in container.decode(video=0):
            frames.append(in_rgb(frame)[: SIZE[0], : SIZE[1]])
        stream = container.streams.video[0]
        assert (
            stream.codec_context.colorspace == {"h264": 1, "vp8": 5}[stream.codec_context.name]
            and stream.average_rate == 25
        )
        return frames, float(container.duration or 0) / 1e6


def animated(path: Path) -> tuple[list[NDArray[np.float64]], float]:
    """The same of a GIF; a frame that changes nothing is none."""
    with Image.open(path) as image:
        frames, seconds = [], 0.0
        for number in range(image.n_frames):  # type: ignore[attr-defined]
            image.seek(number)
            seconds += image.info["duration"] / 1000
            frames.append(np.asarray(image.convert("RGB")) / 255)
        return frames, seconds


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_hundred_frames(suffix: str, tmp_path: Path) -> None:
    painting, heard = calm(regions=2), []
    film = Film(duration=3, hold=1)
    write_result(painting, tmp_path / f"a{suffix}", *SIZE, film=film, told=lambda done, of: heard.append((done, of)))
    frames, seconds = decoded(tmp_path / f"a{suffix}")
    assert len(frames) == 100 and seconds == pytest.approx(4, abs=0.05)
    last = on_white(painting)
    off = np.array([np.abs(frame - last).mean() for frame in frames])
    assert off[-1] < 0.01 and off[74:].max() < 0.02 and off[0] > 0.1
    assert off[10] > off[40] > off[70] and np.abs(frames[0] - painting.background[:3]).mean() < 0.02
    assert heard == [(k + 1, 75) for k in range(75)]


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_colours_are_those_of_the_painting(suffix: str, tmp_path: Path) -> None:
    painting = replace(calm(), background=(0.8, 0.2, 0.1, 1.0))
    write_result(painting, tmp_path / f"a{suffix}", *SIZE, film=Film(duration=0.2, hold=0))
    frames, _ = decoded(tmp_path / f"a{suffix}")
    np.testing.assert_allclose(frames[0].mean((0, 1)), painting.background[:3], atol=0.01)


def test_a_gif_is_always_a_film(tmp_path: Path) -> None:
    painting = replace(calm(), background=(0.0, 0.0, 0.0, 0.0))
    write_result(painting, tmp_path / "a.GIF", *SIZE, film=Film(duration=2, hold=700))
    frames, seconds = animated(tmp_path / "a.GIF")
    assert 20 <= len(frames) <= 27 and seconds == pytest.approx(702, abs=0.01)  # longer than one frame can stay
    assert np.abs(frames[-1] - on_white(painting)).mean() < 0.0052  # .0057 with colours that are not chosen twice
    assert (frames[0] == 1).all()


@pytest.mark.parametrize("by", ["passes", "regions"])
def test_step_by_step(by: str, tmp_path: Path) -> None:
    """Each is seen equally long, and what is there is what the painting has of it."""
    painting = made(regions=3, passes=3, edges=("strict", "loose"))
    write_result(painting, tmp_path / "a.gif", *SIZE, film=Film(by=by, duration=4, hold=0))  # type: ignore[arg-type]
    frames, seconds = animated(tmp_path / "a.gif")
    assert len(frames) == 4 and seconds == pytest.approx(4, abs=0.05)
    labels = painting.strokes.pass_index if by == "passes" else painting.strokes.region
    for number, frame in enumerate(frames):
        part = replace(painting, strokes=painting.strokes.take(labels < number))
        assert np.abs(frame - on_white(part)).mean() < 0.04  # its colours are chosen for the last one


MEDIA: dict[str, Callable[[], Painting]] = {
    "oil": lambda: made(passes=2, strokes=8, opacity=1.0),
    "watercolour": lambda: replace(made(passes=2, strokes=8), background=(1.0, 1.0, 1.0, 1.0), softness=0.004),
}


@pytest.mark.parametrize("medium", MEDIA)
def test_in_its_medium(medium: str, tmp_path: Path) -> None:
    painting = Painting(**{**vars(MEDIA[medium]()), "style": {"name": "a", "medium": {"kind": medium}}})
    write_result(painting, tmp_path / "a.gif", *SIZE, film=Film(by="passes", duration=1, hold=0))
    frames, _ = animated(tmp_path / "a.gif")
    assert len(frames) == 3 and np.abs(frames[-1] - on_white(painting)).mean() < 0.02


def test_nothing_is_left_of_what_does_not_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(sentence: str, name: str = "a.gif", size: tuple[int, int] = (96, 64), **film: object) -> None:
        with pytest.raises(ImpastoError, match=sentence):
            check_result(tmp_path / name, size=size)
            write_result(made(strokes=1), tmp_path / name, *size[::-1], film=Film(**film))  # type: ignore[arg-type]

    refused("no regions to be filmed one by one; film it by strokes", by="regions")
    refused("more than 100000 frames cannot be; make its --duration shorter", duration=9000.0)
    refused("films end at 4096 pixels; choose a smaller --size", size=(4097, 100))
    refused("films end at 8192 pixels", name="a.mp4", size=(100, 8193))
    monkeypatch.setitem(sys.modules, "av", None)
    refused(r"a\.webm takes more than is installed; run .*\[film\]", name="a.webm")
    assert not list(tmp_path.iterdir())


def test_the_head_of_a_gif_is_plain(tmp_path: Path) -> None:
    write_result(made(strokes=2), tmp_path / "a.gif", 64, 96, film=Film(duration=0.5, hold=0))
    data = (tmp_path / "a.gif").read_bytes()
    assert data[:6] == b"GIF89a" and struct.unpack("<HH", data[6:10]) == (96, 64) and data[-1:] == b";"


def test_all_regions_grow_side_by_side_pass_after_pass() -> None:
    """Whatever the order in which the strokes lie."""
    painting = made(regions=3, passes=3, strokes=20)
    order = np.argsort(painting.strokes.region, kind="stable")
    painting = replace(painting, strokes=painting.strokes.take(order))
    parts = _parts(painting, Film(by="strokes"), 13)
    assert [which.sum() for which, _ in parts] == [5 * k for k in range(13)]
    for which, _ in parts[1:-1]:
        there, missing = painting.strokes.pass_index[which], painting.strokes.pass_index[~which]
        assert there.max() <= missing.min()


def test_what_changes_nothing_is_seen_for_as_long(tmp_path: Path) -> None:
    painting = made(passes=3, strokes=10)
    table = painting.strokes.table.copy()
    table[painting.strokes.pass_index == 1, 8:10] = 0
    painting = replace(painting, strokes=replace(painting.strokes, table=table))
    write_result(painting, tmp_path / "a.gif", *SIZE, film=Film(by="passes", duration=4, hold=0))
    with Image.open(tmp_path / "a.gif") as image:
        times = []
        for number in range(image.n_frames):  # type: ignore[attr-defined]
            image.seek(number)
            times.append(image.info["duration"])
    assert len(times) == 3 and sum(times) == pytest.approx(4000, abs=30)
    assert times[1] == pytest.approx(2 * times[0], abs=150)
