"""`impasto video` on the command line: a film in, a film or pictures out, strokes kept and shown again."""

import json
import os
import re
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import av
import numpy as np
import pytest
from desk import PROGRAM, QUICK, Desk, hear_signals
from PIL import Image

from impasto.commands.video_options import RateOption, TimeOption, VideoRegions, regions_for
from impasto.engine.pictures.io import Picture


def film(path: Path, count: int = 6, sound: bool = False) -> Path:
    """Stripes that move to the left by two pixels a frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        y, x = np.mgrid[:48, :64]
        for k in range(count):
            waves = [128 + 90 * np.sin((x + 2 * k) / 7 + y / 9), 128 + 80 * np.sin((x + 2 * k) / 11), y * 5.0]
            frame = av.VideoFrame.from_ndarray(np.stack(waves, -1).astype(np.uint8), format="rgb24")
            frame.pts = k
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def reel(desk: Desk) -> Desk:
    """A film that was painted, and its strokes."""
    film(desk.folder / "in.mp4")
    result = desk.run("video", "in.mp4", "-o", "out.mp4", "--save", "a.impastofilm", *QUICK, "--set", "medium.kind=oil")
    assert (result.exit_code, result.stderr) == (0, "painted in.mp4: 6 frames -> out.mp4, a.impastofilm\n")
    return desk


def test_a_film_is_painted_and_its_strokes_are_shown_again(reel: Desk) -> None:
    with av.open("out.mp4") as made:
        assert made.streams.video[0].frames == 6 and made.streams.video[0].average_rate == 10
    again = reel.run(
        "video", "a.impastofilm", "-o", "big.mp4", "--medium", "knife", "--size", "160", "--background", "black"
    )
    assert again.exit_code == 0, again.stderr
    with av.open("big.mp4") as made:
        stream = made.streams.video[0]
        assert (stream.width, stream.height, stream.frames, stream.average_rate) == (160, 120, 6, 10)
    assert reel.names() >= {"out.mp4", "a.impastofilm", "big.mp4"} and not list(reel.folder.glob("*.parts"))
    refused = reel.run("video", "a.impastofilm", "-o", "c.mp4", "--strokes", "9")
    assert refused.exit_code == 2 and "is painted already" in refused.stderr
    assert "leave out --from" in reel.run("video", "a.impastofilm", "-o", "c.mp4", "--to", "1").stderr


def test_numbered_pictures_with_masks_and_alpha(desk: Desk) -> None:
    (desk.folder / "in").mkdir(), (desk.folder / "m").mkdir(), (desk.folder / "out").mkdir()
    for k in range(1, 4):
        pixels = np.dstack([np.asarray(Image.open(desk.photo("p.png", 3 * k))), np.full((48, 64), 255, np.uint8)])
        pixels[:10, :, 3] = 0
        Image.fromarray(pixels).save(f"in/{k:03d}.png")
        mask = np.zeros((48, 64), np.uint8)
        mask[20:40, 10 + 3 * k : 30 + 3 * k] = 255
        Image.fromarray(mask).save(f"m/{k:03d}.png")
    words = ("video", "in/%03d.png", "-o", "out/%02d.png", "--mask", "thing=m/%03d.png", *QUICK)
    result = desk.run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["number"] for event in told] == [1, 2, 3] and told[-1]["seconds_left"] == 0
    picture = np.asarray(Image.open("out/03.png"))
    assert picture.shape == (48, 64, 4) and (picture[:8, :, 3] == 0).all() and (picture[14:, :, 3] == 255).all()
    assert "already exists" in desk.run(*words).stderr
    Path("m/003.png").unlink()
    assert "the masks of thing end at m/002.png" in desk.run(*words, "--force").stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("in.mp4", "-o", "in.mp4"), "IN and -o at once"), (("in.mp4", "-o", "out.gif"), "name a .mp4"),
        (("in.mp4", "-o", "o.mp4", "--from", "2", "--to", "1"), "is not after"),
        (("in.mp4", "-o", "o.mp4", "--from", "1:00", "--to", "60"), "--to 60 is not after --from 60"),
        (("in.mp4", "-o", "o.mp4", "--from", "99"), "has no pictures from 99 s on"),
        (("in.mp4", "-o", "o.mp4", "--style", "pen"), "a style that covers"),
        (("in.mp4", "-o", "o.mp4", "--style", "watercolour"), "a style that covers"),
        (("photo.png", "-o", "o.mp4"), "is not a film|no picture"), (("none.mp4", "-o", "o.mp4"), "there is no file"),
        (("in.mp4", "-o", "o.mp4", "--save", "a.zip"), "give it the extension .impastofilm"),
        (("in.mp4", "-o", "o.mp4", "--rate", "0"), "not a rate"),
        (("in.mp4", "-o", "o.mp4", "--to", "x"), "not a time"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(desk: Desk, words: tuple[str, ...], sentence: str) -> None:
    film(desk.folder / "in.mp4", 2)
    result = desk.run("video", *words)
    assert result.exit_code == 2
    assert re.search(sentence, result.stderr), result.stderr
    assert not list(desk.folder.glob("o.mp4*"))


def test_times_and_rates() -> None:
    times = {"12.5": Fraction(25, 2), "1:30": Fraction(90), "1:02:03": Fraction(3723)}
    assert {text: TimeOption().convert(text, None, None) for text in times} == times
    rates = {"25": Fraction(25), "23.976": Fraction(24000, 1001), "29.97": Fraction(30000, 1001)}
    rates |= {"12.5": Fraction(25, 2), "24000/1001": Fraction(24000, 1001)}
    assert {text: RateOption().convert(text, None, None) for text in rates} == rates


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_painted_and_the_same_command_goes_on(desk: Desk) -> None:
    film(desk.folder / "in.mp4", 12)
    (desk.folder / "out").mkdir(), (desk.folder / "whole").mkdir()
    words = [sys.executable, str(PROGRAM), "video", "in.mp4", "--json", *QUICK, "-o"]
    process = subprocess.Popen(
        [*words, "out/%02d.png"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear_signals
    )
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130 and "say the same again to go on" in said
    before = len(list((desk.folder / "out").glob("*.png")))
    assert 3 <= before < 12
    for out in ("out", "whole"):
        assert subprocess.run([*words, f"{out}/%02d.png"], capture_output=True).returncode == 0
    found = [[path.read_bytes() for path in sorted((desk.folder / out).glob("*.png"))] for out in ("out", "whole")]
    assert len(found[0]) == 12 and found[0] == found[1]


def test_each_frame_has_its_own_masks_or_all_have_one(desk: Desk) -> None:
    for name, left in (("m1", 8), ("m2", 24), ("all", 40)):
        mask = np.zeros((48, 64), np.uint8)
        mask[:, left : left + 8] = 255
        Image.fromarray(mask).save(f"{name}.png")
    regions = VideoRegions(mask=(("thing", Path("m%d.png")), ("sky", Path("all.png"))))
    wish = cast(Any, SimpleNamespace(regions=regions, working_size=512, max_pixels=10_000))
    _, given = regions_for(wish)
    assert given is not None
    for number, left in ((0, 8), (1, 24)):
        found = given(Picture(np.zeros((48, 64, 3), np.uint8)), number)
        masks = dict(zip(found.names, found.masks, strict=True))
        assert masks["thing"][24, [left + 4, 32 - left + 4]].tolist() == [1, 0] and masks["sky"][24, 44] == 1
    assert (VideoRegions().method, regions.method, VideoRegions("unsupervised").method) == (
        "none", "masks", "unsupervised",
    )  # fmt: skip
